/** What widgets draw into a notebook's output, once the server is reached. */

import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Transport } from '../core/transport';
import { Failure, Message } from '../core/views/Message';
import { connect, type ServerModel } from './connect';

/** Returns what to draw, and how to let go of what it uses. */
type Begin = (place: string, transport: () => Transport) => [view: ReactNode, release: () => void];

/** Draw into the element; returns how to take it away. */
export function mount(model: ServerModel, el: HTMLElement, begin: Begin): () => void {
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
      const [view, letGo] = begin(place, transport);
      release = letGo;
      root.render(view);
    },
    (error: Error) => root.render(<Failure error={error} />),
  );
  return () => {
    gone = true;
    root.unmount();
    release();
  };
}
