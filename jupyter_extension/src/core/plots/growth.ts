/** Adds samples that come later to the data sources of a plot; sources are found by their names. */

import { duration } from '../format';
import type { JobSamples, NodeSamples, Samples } from '../wire';
import type { BokehDocument, Column, Source } from './bokeh';

/** Points that a line keeps. */
const ROLLOVER = 10_000;
const OF_JOBS = [
  ['cpu', 'cpu_percent'],
  ['memory', 'memory_bytes'],
  ['processes', 'num_processes'],
] as const;
const OF_NODES = [
  ['node_cpu', 'cpu_percent'],
  ['node_memory', 'memory_bytes'],
] as const;

export class Growth {
  /** The latest sample of each job or node, in milliseconds, and of which attempt it was. */
  private readonly newest = new Map<string, number>();
  private readonly attempts = new Map<number, number>();

  constructor(private readonly plot: BokehDocument) {}

  /** Add samples; returns whether some have no place in the plot. */
  take(samples: Samples): boolean {
    const homeless = samples.jobs.filter((job) => !this.takeJob(job));
    for (const node of samples.nodes) this.takeNode(node);
    return homeless.length > 0;
  }

  /** Let the bars of jobs that run reach to the present moment, in milliseconds. */
  tick(now: number): void {
    const running = this.source('gantt:running');
    if (!running) return;
    const { left = [], right = [] } = running.data;
    const starts = Array.from(left, Number);
    running.data.right = starts.map((start) => Math.max(start, now));
    running.data.took = starts.map((start) => duration((now - start) / 1000));
    if (right.length) running.change.emit();
  }

  private takeJob(job: JobSamples): boolean {
    const first = this.fresh(`job ${job.job_id}`, job.timestamp);
    if (first === job.timestamp.length) return true;
    const times = job.timestamp.slice(first).map((seconds) => seconds * 1000);
    const begins = this.begins(job.job_id, job.attempt_id[first]!);
    let placed = false;
    for (const [name, column] of OF_JOBS) {
      const values = job[column].slice(first);
      const source = this.source(`${name}:${job.job_id}`);
      if (source) append(source, times, values, begins);
      const others = this.source(`${name}:others`);
      const bars = this.source(`bars:${name}`);
      placed = [
        source !== null,
        others !== null && appendAmong(others, job.job_id, times, values),
        bars !== null && raise(bars, job.job_id, values),
        placed,
      ].some(Boolean);
    }
    return placed;
  }

  private takeNode(node: NodeSamples): void {
    const first = this.fresh(`node ${node.compute_node_id}`, node.timestamp);
    const times = node.timestamp.slice(first).map((seconds) => seconds * 1000);
    for (const [name, column] of OF_NODES) {
      const source = this.source(`${name}:${node.compute_node_id}`);
      if (source && times.length) append(source, times, node[column].slice(first), false);
    }
  }

  /** Return from where on samples are new. */
  private fresh(of: string, timestamps: readonly number[]): number {
    const newest = this.newest.get(of) ?? 0;
    const first = timestamps.findIndex((moment) => moment > newest);
    this.newest.set(of, Math.max(newest, timestamps[timestamps.length - 1] ?? 0));
    return first < 0 ? timestamps.length : first;
  }

  private begins(jobId: number, attempt: number): boolean {
    const before = this.attempts.get(jobId) ?? attempt;
    this.attempts.set(jobId, attempt);
    return before !== attempt;
  }

  private source(name: string): Source | null {
    return this.plot.get_model_by_name(name) as Source | null;
  }
}

/** Add points to a line, behind a gap when another attempt begins. */
function append(source: Source, times: number[], values: number[], begins: boolean): void {
  const known = source.data.x ?? [];
  const last = Number(known[known.length - 1] ?? 0);
  const first = times.findIndex((time) => time > last);
  if (first < 0) return;
  const gap = begins ? [NaN] : [];
  const x = [...gap.map(() => times[first]!), ...times.slice(first)];
  const y = [...gap, ...values.slice(first)];
  const { job } = source.data;
  source.stream(job ? { x, y, job: x.map(() => job[0]) } : { x, y }, ROLLOVER);
}

function appendAmong(source: Source, jobId: number, times: number[], values: number[]): boolean {
  const { id = [], xs = [], ys = [] } = source.data;
  const at = Array.from(id).indexOf(jobId);
  if (at < 0) return false;
  source.data.xs = replaced(xs, at, [...Array.from(xs[at] as Column), ...times]);
  source.data.ys = replaced(ys, at, [...Array.from(ys[at] as Column), ...values]);
  source.change.emit();
  return true;
}

function raise(source: Source, jobId: number, values: number[]): boolean {
  const { id = [], peak = [], average = [], samples = [] } = source.data;
  const at = Array.from(id).indexOf(jobId);
  if (at < 0) return false;
  const count = Number(samples[at]);
  const sum = values.reduce((one, other) => one + other, Number(average[at]) * count);
  source.data.peak = replaced(peak, at, Math.max(Number(peak[at]), ...values));
  source.data.average = replaced(average, at, sum / (count + values.length));
  source.data.samples = replaced(samples, at, count + values.length);
  source.change.emit();
  return true;
}

function replaced(column: Column, at: number, value: unknown): unknown[] {
  const values = Array.from(column);
  values[at] = value;
  return values;
}
