/** A server in memory: replies by operation, and a stream that the test pushes events into. */

import { vi } from 'vitest';
import {
  TransportError,
  type Arguments,
  type Closable,
  type LogPart,
  type LogQuery,
  type StreamedEvent,
  type StreamListener,
  type Transport,
} from '../src/core/transport';
import type {
  Dag,
  JobModel,
  Operation,
  ResourceRequirementsModel,
  ResultModel,
  Samples,
  WorkflowStatus,
} from '../src/core/wire';
import { noCounts, type JobStatus } from '../src/core/status';

export function jobModel(id: number, name: string, status: JobStatus = 'ready'): JobModel {
  return { id, workflow_id: 1, name, command: `run ${name}`, status, attempt_id: 1 };
}

export function event(id: number, type: string, data: Record<string, unknown>, severity = 'info'): StreamedEvent {
  const timestamp = 1_700_000_000_000 + id * 1000;
  return { id, type, data: { id, workflow_id: 1, event_type: type, timestamp, severity, data } };
}

export class FakeTransport implements Transport {
  jobs: JobModel[] = [];
  results: ResultModel[] = [];
  needs: ResourceRequirementsModel[] = [];
  samples: Samples = { last: 0, jobs: [], nodes: [] };
  log_: LogPart = { text: '', start: 0, end: 0, size: 0 };
  dag: Dag = { workflow_id: 1, total_jobs: 0, nodes: [], edges: [] };
  newest = 0;
  failure: Error | null = null;
  listener: StreamListener | null = null;
  streamedFrom: number[] = [];
  readonly asked: Array<[name: string, args: Arguments<unknown, unknown, unknown>]> = [];

  request<Path, Query, Body, Reply>(
    operation: Operation<Path, Query, Body, Reply>,
    args: Arguments<Path, Query, Body> = {},
  ): Promise<Reply> {
    this.asked.push([operation.name, args]);
    if (this.failure) return Promise.reject(this.failure);
    const reply = this.reply(operation.name, (args.query ?? {}) as { offset?: number; limit?: number });
    return Promise.resolve(reply as Reply);
  }

  events(_workflowId: number, lastId: number, listener: StreamListener): Closable {
    this.streamedFrom.push(lastId);
    this.listener = listener;
    listener.onConnected();
    return { close: () => (this.listener = null) };
  }

  log = vi.fn((_workflowId: number, _jobId: number, _query: LogQuery) => Promise.resolve(this.log_));

  script = vi.fn(() => Promise.resolve(''));

  names(): string[] {
    return this.asked.map(([name]) => name);
  }

  protected reply(name: string, query: { offset?: number; limit?: number }): unknown {
    if (name === 'get_workflow_status') return this.status();
    if (name === 'list_jobs') return page(this.jobs, query);
    if (name === 'list_results') return page(this.results, query);
    if (name === 'list_events') {
      const known = this.newest ? [event(this.newest, 'workflow_created', { name: 'w' }).data] : [];
      return page(known, query);
    }
    if (name === 'get_workflow_dag') return this.dag;
    if (name === 'list_resource_requirements') return page(this.needs, query);
    if (name === 'get_samples') return this.samples;
    if (name === 'diagnose_workflow') return page([{ message: 'it waits for 2 jobs' }], query);
    if (/^(cancel|reset|retry|initialize)_/.test(name)) return {};
    throw new TransportError(`no ${name} here`, 404);
  }

  private status(): WorkflowStatus {
    const counts = noCounts();
    for (const job of this.jobs) counts[job.status ?? 'uninitialized'] += 1;
    return {
      id: 1,
      workflow_id: 1,
      workflow_name: 'sweep',
      workflow_user: 'me',
      status: 'running',
      run_id: 1,
      is_canceled: false,
      is_archived: false,
      is_complete: false,
      jobs_by_status: counts,
      total_jobs: this.jobs.length,
      total_exec_time_minutes: 0,
      active_compute_nodes: 1,
      active_scheduled_nodes: 0,
      pending_scheduled_nodes: 0,
    };
  }
}

function page(all: unknown[], { offset = 0, limit = 10_000 }: { offset?: number; limit?: number }): unknown {
  const items = all.slice(offset, offset + limit);
  const has_more = offset + items.length < all.length;
  return { items, offset, max_limit: 10_000, count: items.length, total_count: all.length, has_more };
}

/** Shows batches at once, so that tests need not wait for frames. */
export const atOnce = (run: () => void): void => queueMicrotask(run);
