/** A workflow in a notebook's output. */

import '../core/views/torc.css';
import { borrow } from '../core/stores';
import { LiveView, type Mode } from '../core/views/LiveView';
import type { ServerModel } from './connect';
import { mount } from './mount';

interface Model extends ServerModel {
  get(name: 'workflow_id'): number;
  get(name: 'mode'): Mode;
  get(name: 'server'): string;
}

/** Draw the view into the element; returns how to take it away. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  return mount(model, el, (place, transport) => {
    const [store, release] = borrow(place, model.get('workflow_id'), transport);
    return [<LiveView store={store} mode={model.get('mode')} />, release];
  });
}

export default { render };
