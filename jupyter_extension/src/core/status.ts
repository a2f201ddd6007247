/** The statuses of jobs as people see them: order, word, colour class and a shape of its own for each. */

import type { JobStatusCounts } from './wire';

export type JobStatus = keyof JobStatusCounts;
export type Counts = Record<JobStatus, number>;

interface Look {
  label: string;
  /** Path in a box of 12 by 12; filled unless it is a stroke. */
  shape: string;
  stroke?: boolean;
}

/** In the order in which bars and lists show them: what is done first, what has not begun last. */
export const LOOKS: Record<JobStatus, Look> = {
  completed: { label: 'Completed', shape: 'M2.2 6.4 5 9.2l4.9-6', stroke: true },
  failed: { label: 'Failed', shape: 'M3 3l6 6M9 3l-6 6', stroke: true },
  pending_failed: { label: 'Failed, undecided', shape: 'M6 2v5M6 9.2v.8', stroke: true },
  terminated: { label: 'Terminated', shape: 'M3 3h6v6H3z' },
  canceled: { label: 'Canceled', shape: 'M2.5 9.5l7-7M6 1.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6', stroke: true },
  running: { label: 'Running', shape: 'M3.5 2l6 4-6 4z' },
  pending: { label: 'Starting', shape: 'M6 1.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M6 3.4V6l2 1.4', stroke: true },
  ready: { label: 'Ready', shape: 'M6 1.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8', stroke: true },
  blocked: { label: 'Waiting', shape: 'M4 2.5v7M8 2.5v7', stroke: true },
  uninitialized: { label: 'New', shape: 'M6 5a1 1 0 1 1 0 2 1 1 0 0 1 0-2' },
  disabled: { label: 'Disabled', shape: 'M2.5 6h7', stroke: true },
};

export const STATUSES = Object.keys(LOOKS) as JobStatus[];

/** Statuses after which a job does nothing more in this run. */
export const FINAL: ReadonlySet<JobStatus> = new Set<JobStatus>([
  'completed',
  'failed',
  'pending_failed',
  'terminated',
  'canceled',
  'disabled',
]);

/** Statuses that somebody may want to run again. */
export const RETRIABLE: ReadonlySet<JobStatus> = new Set<JobStatus>(['failed', 'terminated', 'pending_failed']);

export function noCounts(): Counts {
  return Object.fromEntries(STATUSES.map((status) => [status, 0])) as Counts;
}

export function total(counts: Counts): number {
  return STATUSES.reduce((sum, status) => sum + counts[status], 0);
}

export function ended(counts: Counts): number {
  return STATUSES.reduce((sum, status) => sum + (FINAL.has(status) ? counts[status] : 0), 0);
}
