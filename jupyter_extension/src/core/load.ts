/** Reads the present state of a workflow: what can be painted first comes first. */

import { asStreamed } from './feed';
import { memoryBytes } from './format';
import { jobOf, withResult, type Job, type Requested } from './jobs';
import type { StreamedEvent, Transport } from './transport';
import {
  get_workflow_status,
  list_events,
  list_jobs,
  list_resource_requirements,
  list_results,
  type WorkflowStatus,
} from './wire';

const FIRST_PAGE = 200;
const PAGE = 10_000;
const EVENTS = 200;
/** The record of jobs that ask for nothing, unless somebody gave it values. */
const NOTHING_ASKED = { name: 'default', memory: '1m' };

export interface Loading {
  onStatus(status: WorkflowStatus, events: StreamedEvent[]): void;
  onJobs(jobs: Job[], complete: boolean): void;
  /** Ends of jobs in milliseconds since the epoch. */
  onEnds(ends: number[]): void;
}

/** Read status and events, then the jobs page by page, then what their executions took. */
export async function load(transport: Transport, workflowId: number, into: Loading): Promise<void> {
  const newest = { workflow_id: workflowId, sort_by: 'id', reverse_sort: true, limit: EVENTS } as const;
  const [status, events, needs] = await Promise.all([
    transport.request(get_workflow_status, { path: { id: workflowId } }),
    transport.request(list_events, { query: newest }),
    allNeeds(transport, workflowId),
  ]);
  into.onStatus(status, events.items.map(asStreamed).reverse());
  const jobs = await allJobs(transport, workflowId, needs, (page) => into.onJobs(page, false));
  const results = await allResults(transport, workflowId, status.run_id, jobs);
  into.onJobs(results.jobs, true);
  into.onEnds(results.ends);
}

type Needs = ReadonlyMap<number, Requested>;

async function allNeeds(transport: Transport, workflowId: number): Promise<Needs> {
  const page = await transport.request(list_resource_requirements, { query: { workflow_id: workflowId, limit: PAGE } });
  const asked = page.items.filter((need) => need.name !== NOTHING_ASKED.name || need.memory !== NOTHING_ASKED.memory);
  return new Map(
    asked.map((need) => [need.id ?? 0, { cpu: 100 * (need.num_cpus ?? 1), memory: memoryBytes(need.memory ?? '') }]),
  );
}

async function allJobs(
  transport: Transport,
  workflowId: number,
  needs: Needs,
  show: (jobs: Job[]) => void,
): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let limit = FIRST_PAGE, more = true; more; limit = PAGE) {
    const query = { workflow_id: workflowId, offset: jobs.length, limit };
    const page = await transport.request(list_jobs, { query });
    for (const model of page.items) jobs.push(jobOf(model, needs.get(model.resource_requirements_id ?? 0)));
    more = page.has_more && page.items.length > 0;
    show([...jobs]);
  }
  return jobs;
}

async function allResults(
  transport: Transport,
  workflowId: number,
  runId: number,
  jobs: Job[],
): Promise<{ jobs: Job[]; ends: number[] }> {
  const position = new Map(jobs.map((job, index) => [job.id, index]));
  const merged = [...jobs];
  const ends: number[] = [];
  for (let offset = 0, more = true; more; ) {
    const page = await transport.request(list_results, { query: { workflow_id: workflowId, offset, limit: PAGE } });
    for (const result of page.items) {
      const index = position.get(result.job_id ?? 0);
      if (index !== undefined) merged[index] = withResult(merged[index]!, result);
      if (result.run_id === runId && result.completion_time) ends.push(Date.parse(result.completion_time));
    }
    offset += page.items.length;
    more = page.has_more && page.items.length > 0;
  }
  return { jobs: merged, ends };
}
