/** A workflow in a notebook's output. */

import { createRoot } from 'react-dom/client';
import '../core/views/torc.css';
import { borrow } from '../core/stores';
import type { Transport } from '../core/transport';
import { Failure, Message } from '../core/views/Message';
import { ProgressView, WorkflowView } from '../core/views/WorkflowView';
import { CommTransport, type CommModel } from '../transports/comm';
import { labHeaders, labRoot, labTransport, settingsOfPage } from '../transports/lab';

interface Model extends CommModel {
  get(name: 'workflow_id'): number;
  get(name: 'mode'): 'workflow' | 'progress' | 'dag';
  get(name: 'server'): string;
}

/** Draw the view into the element; returns how to take it away. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const root = createRoot(el);
  let release: () => void = () => undefined;
  let gone = false;
  root.render(
    <div className="jp-Torc">
      <Message kind="loading">Asking the server…</Message>
    </div>,
  );
  connect(model).then(
    ([place, transport]) => {
      if (gone) return;
      const [store, done] = borrow(place, model.get('workflow_id'), transport);
      release = done;
      const mode = model.get('mode');
      root.render(
        mode === 'progress' ? (
          <ProgressView store={store} />
        ) : (
          <WorkflowView store={store} first={mode === 'dag' ? 'graph' : 'jobs'} />
        ),
      );
    },
    (error: Error) => root.render(<Failure error={error} />),
  );
  return () => {
    gone = true;
    root.unmount();
    release();
  };
}

/** Return the way to the server: straight from the browser where Jupyter forwards to the same one, else the kernel. */
async function connect(model: Model): Promise<[place: string, transport: () => Transport]> {
  const settings = settingsOfPage();
  const wanted = model.get('server');
  if (settings && wanted) {
    try {
      const response = await fetch(`${labRoot(settings)}server`, {
        credentials: 'same-origin',
        headers: labHeaders(settings, document.cookie),
      });
      const found = response.ok ? ((await response.json()) as { url: string | null }) : { url: null };
      if (found.url === wanted) return [wanted, () => labTransport(settings)];
    } catch {
      // A Jupyter server without the extension.
    }
  }
  // A comm ends with its widget: nobody else can use it.
  return [`comm ${Math.random()}`, () => new CommTransport(model)];
}

export default { render };
