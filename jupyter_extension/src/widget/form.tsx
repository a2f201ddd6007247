/** A form that builds a workflow, in a notebook's output. */

import { useEffect, useState, type JSX } from 'react';
import '../core/views/torc.css';
import '../core/forms/forms.css';
import type { Draft } from '../core/forms/draft';
import { FormStore, type Created, type FormHost } from '../core/forms/form';
import { WorkflowForm } from '../core/forms/WorkflowForm';
import type { WorkflowStore } from '../core/store';
import { borrow } from '../core/stores';
import type { Transport } from '../core/transport';
import { WorkflowView } from '../core/views/WorkflowView';
import { commOf, type ServerModel } from './connect';
import { mount } from './mount';

interface Model extends ServerModel {
  get(name: 'server' | 'directory' | 'user'): string;
  get(name: 'specification'): Draft;
  get(name: 'created'): Created | null;
  set(name: 'specification', draft: Draft): void;
  set(name: 'created', created: Created): void;
  save_changes(): void;
  on(name: 'msg:custom', callback: (content: unknown) => void): void;
  on(name: 'change:specification', callback: () => void): void;
  off(name: 'change:specification', callback: () => void): void;
}

/** After so long without a key the kernel learns what the form says. */
const PAUSE_MILLISECONDS = 100;

/** Draw the form into the element; returns how to take it away. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  return mount(model, el, (place, transport) => {
    const [store, close] = open(model, transport());
    const view = (id: number): JSX.Element => <View key={id} {...{ place, transport }} workflowId={id} />;
    return [<WorkflowForm store={store} view={view} />, close];
  });
}

function open(model: Model, transport: Transport): [store: FormStore, close: () => void] {
  const kernel = commOf(model);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    clearTimeout(timer);
    model.set('specification', store.getState().draft);
    model.save_changes();
  };
  const host: FormHost = {
    directory: model.get('directory') || null,
    user: model.get('user') || null,
    onDraft: () => {
      clearTimeout(timer);
      timer = setTimeout(tell, PAUSE_MILLISECONDS);
    },
    created: model.get('created'),
    onCreated: (created) => {
      model.set('created', created);
      tell();
      if (!created.started) model.send({ kind: 'created', id: 0, workflow_id: created.id });
    },
    run: (workflowId) => kernel.ask({ kind: 'run', workflow_id: workflowId }),
  };
  const store = new FormStore(transport, host, model.get('specification'));
  const onChange = (): void => store.replace(model.get('specification'));
  model.on('change:specification', onChange);
  const close = (): void => {
    clearTimeout(timer);
    model.off('change:specification', onChange);
    store.close();
  };
  return [store, close];
}

interface ViewProps {
  place: string;
  transport: () => Transport;
  workflowId: number;
}

/** The workflow that the form has created, live. */
function View({ place, transport, workflowId }: ViewProps): JSX.Element | null {
  const [store, setStore] = useState<WorkflowStore | null>(null);
  useEffect(() => {
    const [borrowed, release] = borrow(place, workflowId, transport);
    setStore(borrowed);
    return release;
  }, [place, transport, workflowId]);
  return store && <WorkflowView store={store} />;
}

export default { render };
