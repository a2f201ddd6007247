/** Jobs as the table shows them, and how records and events of the server change them. */

import type { JobStatus } from './status';
import type { StreamedEvent } from './transport';
import type { JobModel, ResultModel, Samples } from './wire';

export interface Job {
  readonly id: number;
  readonly name: string;
  readonly command: string;
  readonly status: JobStatus;
  readonly attempt: number;
  /** Milliseconds since the epoch, while it runs. */
  readonly started: number | null;
  /** Of the latest execution that has ended. */
  readonly seconds: number | null;
  readonly returnCode: number | null;
  /** Percent of a core and bytes: now while it runs, at its peak afterwards. */
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly requested: Requested | null;
  readonly reason: string | null;
}

/** What a job asked for. */
export interface Requested {
  readonly cpu: number;
  readonly memory: number | null;
}

export function jobOf(model: JobModel, requested: Requested | null = null): Job {
  return {
    id: model.id ?? 0,
    name: model.name,
    command: model.command,
    status: model.status ?? 'uninitialized',
    attempt: model.attempt_id ?? 1,
    started: model.start_time ? Date.parse(model.start_time) : null,
    seconds: null,
    returnCode: null,
    cpu: null,
    memory: null,
    requested,
    reason: null,
  };
}

export function withResult(job: Job, result: ResultModel): Job {
  const peaks = { cpu: result.peak_cpu_percent ?? null, memory: result.peak_memory_bytes ?? null };
  return {
    ...job,
    ...(job.status === 'running' ? {} : peaks),
    seconds: (result.exec_time_minutes ?? 0) * 60,
    returnCode: result.return_code,
    reason: result.reason ?? null,
  };
}

const ENDINGS: Record<string, JobStatus> = {
  job_completed: 'completed',
  job_failed: 'failed',
  job_canceled: 'canceled',
  job_terminated: 'terminated',
  job_pending_failed: 'pending_failed',
};
const MANY: Record<string, JobStatus> = {
  jobs_pending: 'pending',
  jobs_ready: 'ready',
  jobs_canceled: 'canceled',
  workflow_canceled: 'canceled',
};
/** Events after which more may have changed than they say. */
const SWEEPING =
  /^(jobs_reset|jobs_spawned|workflow_(initialized|reinitialized|status_reset|archived|unarchived|canceled)|task_completed|warning)$/;

export function isSweeping(event: StreamedEvent): boolean {
  return SWEEPING.test(event.type);
}

export function isEnding(event: StreamedEvent): boolean {
  return event.type in ENDINGS;
}

/** Return the id of an event's job and what it makes of it, for each job that the event names. */
export function changes(event: StreamedEvent): Array<[number, Partial<Job>]> {
  const record = asRecord(event.data);
  const data = asRecord(record.data);
  const jobId = Number(data.job_id);
  const attempt = Number(data.attempt_id) || 1;
  const ending = ENDINGS[event.type];
  if (ending && jobId) {
    const ended: Partial<Job> = { status: ending, started: null };
    if (typeof data.return_code !== 'number') return [[jobId, ended]];
    const seconds = Number(data.exec_time_minutes ?? 0) * 60;
    const reason = typeof data.reason === 'string' ? data.reason : null;
    const peaks = { cpu: numberOf(data.peak_cpu_percent), memory: numberOf(data.peak_memory_bytes) };
    return [[jobId, { ...ended, ...peaks, attempt, seconds, returnCode: data.return_code, reason }]];
  }
  if (event.type === 'job_started' && jobId) {
    const begun: Partial<Job> = { status: 'running', cpu: null, memory: null };
    return [[jobId, { ...begun, attempt, started: Number(record.timestamp) || null }]];
  }
  if (event.type === 'job_retried' && jobId) return [[jobId, { status: 'ready', attempt, started: null }]];
  const status = MANY[event.type];
  if (!status || !Array.isArray(data.job_ids)) return [];
  return data.job_ids.map((id): [number, Partial<Job>] => [Number(id), { status, started: null }]);
}

/** Return what running jobs use now, of those that samples tell about. */
export function usage(samples: Samples): Array<[number, Pick<Job, 'cpu' | 'memory'>]> {
  return samples.jobs.map((job) => {
    const newest = job.timestamp.length - 1;
    return [job.job_id, { cpu: job.cpu_percent[newest] ?? null, memory: job.memory_bytes[newest] ?? null }];
  });
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
