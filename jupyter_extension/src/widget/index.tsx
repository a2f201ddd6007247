/** A workflow in a notebook's output. */

import { createRoot } from 'react-dom/client';
import '../core/views/torc.css';
import { borrow } from '../core/stores';
import { LiveView, type Mode } from '../core/views/LiveView';
import { Failure, Message } from '../core/views/Message';
import { connect, type ServerModel } from './connect';

interface Model extends ServerModel {
  get(name: 'workflow_id'): number;
  get(name: 'mode'): Mode;
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
      root.render(<LiveView store={store} mode={model.get('mode')} />);
    },
    (error: Error) => root.render(<Failure error={error} />),
  );
  return () => {
    gone = true;
    root.unmount();
    release();
  };
}

export default { render };
