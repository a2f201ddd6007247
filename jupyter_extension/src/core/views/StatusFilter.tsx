import type { JSX } from 'react';
import { count } from '../format';
import { LOOKS, STATUSES, type Counts, type JobStatus } from '../status';
import { StatusIcon } from './StatusIcon';

interface Props {
  counts: Counts;
  chosen: ReadonlySet<JobStatus>;
  onChange(chosen: ReadonlySet<JobStatus>): void;
}

/** The counts of each status, each a switch that narrows the table to it. */
export function StatusFilter({ counts, chosen, onChange }: Props): JSX.Element {
  const toggle = (status: JobStatus): void => {
    const next = new Set(chosen);
    if (!next.delete(status)) next.add(status);
    onChange(next);
  };
  return (
    <div className="jp-Torc-counts" role="group" aria-label="Show only jobs of a status">
      {STATUSES.filter((status) => counts[status] > 0 || chosen.has(status)).map((status) => (
        <button
          key={status}
          type="button"
          className="jp-Torc-count"
          aria-pressed={chosen.has(status)}
          onClick={() => toggle(status)}
        >
          <StatusIcon status={status} />
          {LOOKS[status].label}
          <strong>{count(counts[status])}</strong>
        </button>
      ))}
    </div>
  );
}
