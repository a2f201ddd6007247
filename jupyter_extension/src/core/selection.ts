/** Which jobs a table shows, and in what order. */

import type { Job } from './jobs';
import { STATUSES, type JobStatus } from './status';

export type SortKey = 'id' | 'name' | 'status' | 'seconds' | 'returnCode' | 'cpu' | 'memory';

export interface Filter {
  text: string;
  statuses: ReadonlySet<JobStatus>;
  /** Jobs of a group that was chosen in the graph. */
  group: { label: string; ids: ReadonlySet<number> } | null;
}

export interface Sorting {
  key: SortKey;
  descending: boolean;
}

export const NO_FILTER: Filter = { text: '', statuses: new Set(), group: null };

/** Return the jobs that pass; every word of the text must stand in a job's name, command or id. */
export function chosen(jobs: readonly Job[], filter: Filter, sorting: Sorting): readonly Job[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const passing = jobs.filter(
    (job) =>
      (filter.statuses.size === 0 || filter.statuses.has(job.status)) &&
      (filter.group === null || filter.group.ids.has(job.id)) &&
      words.every((word) => contains(job, word)),
  );
  return passing.sort(order(sorting));
}

function contains(job: Job, word: string): boolean {
  return (
    job.name.toLowerCase().includes(word) || job.command.toLowerCase().includes(word) || String(job.id) === word
  );
}

const collator = new Intl.Collator('en', { numeric: true });
const rank = new Map(STATUSES.map((status, position) => [status, position]));

function order({ key, descending }: Sorting): (one: Job, other: Job) => number {
  const sign = descending ? -1 : 1;
  if (key === 'name') return (one, other) => sign * collator.compare(one.name, other.name) || one.id - other.id;
  const value = (job: Job): number | null => (key === 'status' ? (rank.get(job.status) ?? 0) : job[key]);
  return (one, other) => {
    const [first, second] = [value(one), value(other)];
    // What has no value stands last either way.
    if (first === null || second === null) return Number(first === null) - Number(second === null) || one.id - other.id;
    return sign * (first - second) || one.id - other.id;
  };
}
