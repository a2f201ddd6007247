import type { JSX, ReactNode } from 'react';
import { TransportError } from '../transport';

/** What stands in the place of content that is not there: nothing yet, nothing at all, or an error. */
export function Message({ kind, children }: { kind: 'loading' | 'empty' | 'error'; children: ReactNode }): JSX.Element {
  return (
    <div className={`jp-Torc-message jp-Torc-message-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {kind === 'loading' && <span className="jp-Torc-spinner" aria-hidden="true" />}
      <span>{children}</span>
    </div>
  );
}

/** An error and what to do about it. */
export function Failure({ error }: { error: Error }): JSX.Element {
  const hint = error instanceof TransportError ? error.hint : null;
  return (
    <Message kind="error">
      {error.message}
      {hint && <span className="jp-Torc-hint"> {hint}</span>}
    </Message>
  );
}
