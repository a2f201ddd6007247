/** The state of one workflow in the page: read once, then kept up by its events, shown in batches. */

import { Feed, SAMPLES, type FeedState } from './feed';
import { asRecord, changes, isEnding, isSweeping, usage, type Job } from './jobs';
import { load } from './load';
import { Pace } from './pace';
import { SamplesFeed } from './samples';
import { frames, type Schedule } from './schedule';
import { ended, FINAL, noCounts, total, type Counts } from './status';
import { TransportError, type StreamedEvent, type Transport } from './transport';
import {
  cancel_workflow,
  get_workflow_dag,
  get_workflow_status,
  initialize_jobs,
  reset_job_status,
  reset_workflow_status,
  retry_job,
  type Dag,
  type Samples,
  type WorkflowStatus,
} from './wire';

export type Phase = 'loading' | 'ready' | 'failed' | 'gone';

export interface State {
  readonly phase: Phase;
  readonly error: Error | null;
  readonly feed: FeedState;
  readonly status: WorkflowStatus | null;
  readonly counts: Counts;
  readonly jobs: readonly Job[];
  /** Whether `jobs` holds all of them. */
  readonly complete: boolean;
  readonly events: readonly StreamedEvent[];
  readonly dag: Dag | null;
  readonly dagError: Error | null;
}

export interface Outlook {
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

const KEPT_EVENTS = 1_000;
const RETRY_MILLISECONDS = 2_000;
const MAX_ATTEMPTS = 1_000;
const STATUS_CHANGING = /^(workflow_completed|compute_node_\w+)$/;

const EMPTY: State = {
  phase: 'loading',
  error: null,
  feed: 'connecting',
  status: null,
  counts: noCounts(),
  jobs: [],
  complete: false,
  events: [],
  dag: null,
  dagError: null,
};

export class WorkflowStore {
  readonly samples: SamplesFeed;
  private state = EMPTY;
  private readonly listeners = new Set<() => void>();
  private readonly pace = new Pace();
  private position = new Map<number, number>();
  private waiting: StreamedEvent[] = [];
  private scheduled = false;
  private feed: Feed | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private reading = false;
  private readAgain = false;
  private wantsDag = false;
  private closed = false;
  /** Milliseconds by which this machine's clock is ahead of the server's. */
  private skew: number | null = null;

  constructor(
    readonly transport: Transport,
    readonly workflowId: number,
    private readonly schedule: Schedule = frames(),
  ) {
    this.samples = new SamplesFeed(transport, workflowId);
    this.samples.subscribe((samples) => this.takeUsage(samples));
  }

  /** Begin to read and to follow. */
  open(): void {
    this.closed = false;
    if (!this.reading) void this.read();
  }

  close(): void {
    this.closed = true;
    this.feed?.close();
    this.feed = null;
    if (this.timer) clearTimeout(this.timer);
  }

  readonly getState = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The server's time in milliseconds, as far as it is known here. */
  now(): number {
    return Date.now() - (this.skew ?? 0);
  }

  /** How fast jobs end, and when the rest will have ended: as it looks now, for a job that goes on delays it. */
  outlook(): Outlook {
    const left = total(this.state.counts) - ended(this.state.counts);
    const perSecond = left ? this.pace.perSecond(this.now()) : null;
    return { perSecond, secondsLeft: perSecond ? left / perSecond : null };
  }

  async cancel(): Promise<void> {
    await this.transport.request(cancel_workflow, { path: { id: this.workflowId } });
    this.reread();
  }

  /** Make everything that did not succeed ready again, with what waits for it. */
  async rerunFailed(): Promise<void> {
    const path = { id: this.workflowId };
    await this.transport.request(reset_workflow_status, { path });
    await this.transport.request(reset_job_status, { path, query: { failed_only: true } });
    await this.transport.request(initialize_jobs, { path, query: { only_uninitialized: true } });
    this.reread();
  }

  async retry(jobId: number): Promise<void> {
    const path = { id: jobId, run_id: this.state.status?.run_id ?? 0 };
    await this.transport.request(retry_job, { path, query: { max_retries: MAX_ATTEMPTS } });
  }

  /** Let the state have the graph from now on. */
  wantDag(): void {
    if (this.wantsDag && !this.state.dagError) return;
    this.wantsDag = true;
    void this.readDag();
  }

  private async read(): Promise<void> {
    this.reading = true;
    this.readAgain = false;
    const reloading = this.state.complete;
    try {
      await load(this.transport, this.workflowId, {
        onStatus: (status, events) => {
          if (this.closed) return;
          this.pace.clear();
          this.set({ phase: 'ready', error: null, status, counts: status.jobs_by_status as Counts });
          this.follow(events);
        },
        onJobs: (jobs, complete) => {
          if (reloading && !complete) return;
          this.position = new Map(jobs.map((job, index) => [job.id, index]));
          this.set({ jobs, complete, ...(complete ? { counts: countsOf(jobs) } : {}) });
        },
        onEnds: (ends) => {
          ends.forEach((end) => this.pace.note(end));
          this.set({});
        },
      });
      // Events that came meanwhile may be newer than what was read.
      if (this.waiting.length) this.applyLater();
    } catch (error) {
      this.readFailed(error as Error);
    }
    this.reading = false;
    this.readSamples();
    if (this.readAgain && !this.closed) void this.read();
  }

  private readFailed(error: Error): void {
    if (this.closed) return;
    if (error instanceof TransportError && error.status === 404) return this.set({ phase: 'gone', error });
    this.set({ error, ...(this.state.status ? { feed: 'lost' } : { phase: 'failed' }) });
    this.timer = setTimeout(() => this.open(), RETRY_MILLISECONDS);
  }

  private follow(events: StreamedEvent[]): void {
    this.set({ events });
    if (this.feed) return;
    const lastId = events[events.length - 1]?.id ?? 0;
    this.feed = new Feed(this.transport, this.workflowId, lastId, {
      onEvents: (fresh) => {
        const told = fresh.filter((event) => event.type !== SAMPLES);
        if (told.length < fresh.length) this.readSamples();
        if (!told.length) return;
        this.waiting.push(...told);
        if (!this.reading) this.applyLater();
      },
      onState: (feed, error) => this.set({ feed, error }),
      onGap: () => this.reread(),
    });
  }

  private applyLater(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      if (!this.reading && !this.closed) this.apply(this.waiting.splice(0));
    });
  }

  private apply(events: StreamedEvent[]): void {
    if (!events.length) return;
    const jobs = [...this.state.jobs];
    let unknown = false;
    for (const event of events) {
      if (event.type === 'workflow_deleted') return this.end();
      const moment = Number(asRecord(event.data).timestamp) || this.now();
      this.skew = Math.min(this.skew ?? Infinity, Date.now() - moment);
      for (const [jobId, change] of changes(event)) {
        const index = this.position.get(jobId);
        if (index === undefined) unknown = true;
        else if (event.type !== 'jobs_canceled' || !FINAL.has(jobs[index]!.status)) {
          jobs[index] = { ...jobs[index]!, ...change };
        }
      }
      if (isEnding(event)) this.pace.note(moment);
    }
    const known = [...this.state.events, ...events.filter((event) => event.id !== null)].slice(-KEPT_EVENTS);
    this.set({ jobs, events: known, ...(this.state.complete ? { counts: countsOf(jobs) } : {}) });
    if (unknown || events.some(isSweeping)) this.reread();
    else if (events.some((event) => STATUS_CHANGING.test(event.type))) void this.readStatus();
  }

  private readSamples(): void {
    if (this.state.counts.running > 0 && !this.closed) void this.samples.read();
  }

  private takeUsage(samples: Samples): void {
    const jobs = [...this.state.jobs];
    for (const [jobId, used] of usage(samples)) {
      const index = this.position.get(jobId);
      if (index !== undefined && jobs[index]!.status === 'running') jobs[index] = { ...jobs[index]!, ...used };
    }
    if (samples.jobs.length) this.set({ jobs });
  }

  private end(): void {
    this.set({ phase: 'gone' });
    this.close();
  }

  private reread(): void {
    if (this.reading) this.readAgain = true;
    else void this.read();
    if (this.wantsDag) void this.readDag();
  }

  private async readStatus(): Promise<void> {
    try {
      const status = await this.transport.request(get_workflow_status, { path: { id: this.workflowId } });
      this.set({ status });
    } catch {
      // The stream tells when the server is away.
    }
  }

  private async readDag(): Promise<void> {
    try {
      const dag = await this.transport.request(get_workflow_dag, { path: { id: this.workflowId } });
      this.set({ dag, dagError: null });
    } catch (error) {
      this.set({ dagError: error as Error });
    }
  }

  private set(change: Partial<State>): void {
    if (this.closed) return;
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}

function countsOf(jobs: readonly Job[]): Counts {
  const counts = noCounts();
  for (const job of jobs) counts[job.status] += 1;
  return counts;
}
