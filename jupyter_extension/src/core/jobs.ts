/** Jobs as the table shows them, and how records and events of the server change them. */

import type { JobStatus } from './status';
import type { StreamedEvent } from './transport';
import type { JobModel, ResultModel } from './wire';

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
  readonly peakMemory: number | null;
  readonly reason: string | null;
}

export function jobOf(model: JobModel, before?: Job): Job {
  return {
    id: model.id ?? 0,
    name: model.name,
    command: model.command,
    status: model.status ?? 'uninitialized',
    attempt: model.attempt_id ?? 1,
    started: model.start_time ? Date.parse(model.start_time) : null,
    seconds: before?.seconds ?? null,
    returnCode: before?.returnCode ?? null,
    peakMemory: before?.peakMemory ?? null,
    reason: before?.reason ?? null,
  };
}

export function withResult(job: Job, result: ResultModel): Job {
  return {
    ...job,
    seconds: (result.exec_time_minutes ?? 0) * 60,
    returnCode: result.return_code,
    peakMemory: result.peak_memory_bytes ?? null,
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
    const peakMemory = typeof data.peak_memory_bytes === 'number' ? data.peak_memory_bytes : null;
    return [[jobId, { ...ended, attempt, seconds, returnCode: data.return_code, peakMemory, reason }]];
  }
  if (event.type === 'job_started' && jobId) {
    return [[jobId, { status: 'running', attempt, started: Number(record.timestamp) || null }]];
  }
  if (event.type === 'job_retried' && jobId) return [[jobId, { status: 'ready', attempt, started: null }]];
  const status = MANY[event.type];
  if (!status || !Array.isArray(data.job_ids)) return [];
  return data.job_ids.map((id): [number, Partial<Job>] => [Number(id), { status, started: null }]);
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
