import type { JSX } from 'react';
import { LOOKS, type JobStatus } from '../status';

/** The mark of a status: its shape says it without its colour. */
export function StatusIcon({ status }: { status: JobStatus }): JSX.Element {
  const look = LOOKS[status];
  return (
    <svg className={`jp-Torc-icon jp-Torc-${status}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d={look.shape} className={look.stroke ? 'jp-Torc-stroked' : 'jp-Torc-filled'} />
    </svg>
  );
}

export function StatusLabel({ status }: { status: JobStatus }): JSX.Element {
  return (
    <span className="jp-Torc-status">
      <StatusIcon status={status} />
      {LOOKS[status].label}
    </span>
  );
}
