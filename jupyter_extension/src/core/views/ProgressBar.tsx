import type { JSX } from 'react';
import { count, duration, rate } from '../format';
import { ended, LOOKS, STATUSES, total, type Counts } from '../status';
import type { Outlook } from '../store';

/** How many jobs stand where, as parts of one bar. */
export function ProgressBar({ counts, label }: { counts: Counts; label: string }): JSX.Element {
  const all = total(counts);
  const done = ended(counts);
  return (
    <div
      className="jp-Torc-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={done}
      aria-valuetext={`${count(done)} of ${count(all)} jobs have ended`}
    >
      {STATUSES.filter((status) => counts[status] > 0).map((status) => (
        <span
          key={status}
          className={`jp-Torc-part jp-Torc-${status}`}
          style={{ flexGrow: counts[status] }}
          title={`${LOOKS[status].label}: ${count(counts[status])}`}
        />
      ))}
    </div>
  );
}

/** The same in words: done of all, rate, time left. */
export function OutlookLine({ counts, outlook }: { counts: Counts; outlook: Outlook }): JSX.Element {
  const words = [`${count(ended(counts))} of ${count(total(counts))} done`];
  if (outlook.perSecond !== null) words.push(rate(outlook.perSecond));
  if (outlook.secondsLeft !== null) words.push(`about ${duration(outlook.secondsLeft)} left`);
  return <span className="jp-Torc-outlook">{words.join(' · ')}</span>;
}
