import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Growth } from '../src/core/plots/growth';
import type { Column, Source } from '../src/core/plots/bokeh';
import { keepSight } from '../src/core/plots/sight';
import { isDark } from '../src/core/plots/theme';
import { WorkflowStore } from '../src/core/store';
import { TransportError } from '../src/core/transport';
import { WorkflowView } from '../src/core/views/WorkflowView';
import type { JobSamples, Samples } from '../src/core/wire';
import { atOnce, event, FakeTransport, jobModel } from './fake';

class FakeSource implements Source {
  change = { emit: vi.fn() };

  constructor(public data: Record<string, Column>) {}

  stream(columns: Record<string, unknown[]>): void {
    for (const [name, values] of Object.entries(columns)) this.data[name] = [...Array.from(this.data[name]!), ...values];
  }
}

function plot(sources: Record<string, FakeSource>) {
  return { roots: () => [], get_model_by_name: (name: string) => sources[name] ?? null, clear: vi.fn() };
}

function jobSamples(jobId: number, seconds: number[], attempt = 1): JobSamples {
  return {
    job_id: jobId,
    attempt_id: seconds.map(() => attempt),
    timestamp: seconds,
    cpu_percent: seconds.map((second) => 10 * second),
    memory_bytes: seconds.map((second) => 100 * second),
    num_processes: seconds.map(() => 1),
  };
}

function samples(...jobs: JobSamples[]): Samples {
  return { last: 1, jobs, nodes: [] };
}

test('a line grows by what it does not have, with a gap before another attempt', () => {
  const line = new FakeSource({ x: new Float64Array([1000]), y: [10], job: ['5 train'] });
  const growth = new Growth(plot({ 'cpu:5': line }));
  expect(growth.take(samples(jobSamples(5, [1, 2])))).toBe(false);
  expect(growth.take(samples(jobSamples(5, [2])))).toBe(false);
  expect(growth.take(samples(jobSamples(5, [3], 2)))).toBe(false);
  expect(line.data.x).toEqual([1000, 2000, 3000, 3000]);
  expect(line.data.y).toEqual([10, 20, NaN, 30]);
  expect(line.data.job).toEqual(Array(4).fill('5 train'));
});

test('grey lines and bars grow too, and a job that is nowhere is told', () => {
  const others = new FakeSource({ id: [7, 8], xs: [[1000], [1000]], ys: [[1], [1]] });
  const bars = new FakeSource({ id: [7], peak: [100], average: [100], samples: [1] });
  const growth = new Growth(plot({ 'memory:others': others, 'bars:memory': bars }));
  expect(growth.take(samples(jobSamples(7, [2, 3])))).toBe(false);
  expect(others.data.ys).toEqual([[1, 200, 300], [1]]);
  expect(bars.data.peak).toEqual([300]);
  expect(bars.data.average).toEqual([200]);
  expect(growth.take(samples(jobSamples(9, [2])))).toBe(true);
});

test('machines grow, and bars of running jobs reach to the present', () => {
  const machine = new FakeSource({ x: [], y: [] });
  const running = new FakeSource({ left: [1000], right: [1000], took: [''] });
  const growth = new Growth(plot({ 'node_cpu:3': machine, 'gantt:running': running }));
  const node = { compute_node_id: 3, timestamp: [4], cpu_percent: [50], memory_bytes: [1], total_memory_bytes: 2 };
  growth.take({ last: 1, jobs: [], nodes: [node] });
  growth.tick(13_000);
  expect(machine.data).toEqual({ x: [4000], y: [50] });
  expect(running.data).toEqual({ left: [1000], right: [13_000], took: ['12 s'] });
});

class FakeRange {
  have_updated_interactively = false;

  constructor(
    public start: number,
    public end: number,
    readonly factors?: string[],
  ) {}

  setv(values: { start: number; end: number }): void {
    Object.assign(this, values);
  }

  zoom(start: number, end: number): this {
    this.setv({ start, end });
    this.have_updated_interactively = true;
    return this;
  }
}

function figure(x: FakeRange, y: FakeRange, drawn: Array<[string | null, boolean]>) {
  const renderers = drawn.map(([name, visible]) => ({ visible, data_source: { name } }));
  return { x_range: x, y_range: y, renderers };
}

function documentOf(...figures: unknown[]) {
  return { ...plot({}), roots: () => (figures.length > 1 ? [{ children: figures }] : figures) };
}

test('a plot that is made anew stays where the reader has zoomed to, and other ranges follow the data', () => {
  const before = figure(new FakeRange(0, 9).zoom(3, 4), new FakeRange(0, 100), []);
  const after = figure(new FakeRange(0, 20), new FakeRange(0, 200), []);
  keepSight(documentOf(before), documentOf(after));
  expect([after.x_range.start, after.x_range.end, after.x_range.have_updated_interactively]).toEqual([3, 4, true]);
  expect([after.y_range.end, after.y_range.have_updated_interactively]).toEqual([200, false]);
});

test('each figure of a column keeps its own sight, an axis with other names none', () => {
  const before = [
    figure(new FakeRange(0, 9), new FakeRange(0, 2, ['a', 'b']).zoom(0, 1), []),
    figure(new FakeRange(0, 9), new FakeRange(0, 2, ['a', 'b']).zoom(0, 1), []),
  ];
  const after = [
    figure(new FakeRange(0, 9), new FakeRange(0, 2, ['a', 'b']), []),
    figure(new FakeRange(0, 9), new FakeRange(0, 3, ['a', 'b', 'c']), []),
  ];
  keepSight(documentOf(...before), documentOf(...after));
  expect(after.map((one) => one.y_range.end)).toEqual([1, 3]);
});

test('lines that were hidden stay hidden, also one of several that are drawn from the same data', () => {
  const ranges: [FakeRange, FakeRange] = [new FakeRange(0, 1), new FakeRange(0, 1)];
  const before = figure(...ranges, [['cpu:1', false], ['bars', true], ['bars', false], [null, false]]);
  const after = figure(...ranges, [['cpu:2', true], ['cpu:1', true], ['bars', true], ['bars', true], [null, true]]);
  keepSight(documentOf(before), documentOf(after));
  expect(after.renderers.map((one) => one.visible)).toEqual([true, false, true, false, true]);
});

test('a colour is dark or light', () => {
  expect([isDark('rgb(17, 17, 17)'), isDark('rgb(255, 255, 255)')]).toEqual([true, false]);
});

let server: FakeTransport;
let store: WorkflowStore;

beforeEach(() => {
  server = new FakeTransport();
  server.needs = [{ id: 4, workflow_id: 1, name: 'small', num_cpus: 2, memory: '16m' }];
  server.jobs = [{ ...jobModel(1, 'train', 'running'), resource_requirements_id: 4 }, jobModel(2, 'idle')];
  server.samples = samples(jobSamples(1, [5]));
  store = new WorkflowStore(server, 1, atOnce);
});

afterEach(() => {
  cleanup();
  store.close();
});

async function show(): Promise<void> {
  await act(async () => {
    render(<WorkflowView store={store} />);
    store.open();
  });
  await screen.findByRole('heading', { name: 'sweep' });
  await settled();
}

const settled = (): Promise<void> => act(async () => new Promise((resolve) => setTimeout(resolve, 10)));
const cell = (name: string): string => document.querySelector(`.jp-Torc-rows .jp-Torc-column-${name}`)!.textContent!;

test('the table has what a job uses now, beside what it asked for, and its peaks when it has ended', async () => {
  await show();
  expect([cell('cpu'), cell('memory')]).toEqual(['50 % / 200 %', '500 B / 16 MiB']);
  server.samples = samples(jobSamples(1, [6]));
  await act(async () => server.listener!.onEvents([{ id: null, type: 'samples', data: { last: 2 } }]));
  await settled();
  expect(cell('cpu')).toBe('60 % / 200 %');
  const ended = { job_id: 1, return_code: 0, peak_cpu_percent: 120, peak_memory_bytes: 2 ** 25 };
  await act(async () => server.listener!.onEvents([event(9, 'job_completed', ended)]));
  await settled();
  expect([cell('cpu'), cell('memory')]).toEqual(['120 % / 200 %', '32 MiB / 16 MiB']);
  expect(document.querySelector('.jp-Torc-over')!.textContent).toBe('32 MiB');
});

test('where the server cannot make plots, the page says what to install', async () => {
  await show();
  const request = server.request.bind(server);
  server.request = ((operation, args) =>
    operation.name === 'get_plot'
      ? Promise.reject(new TransportError('plots need Bokeh', 501, "pip install 'torc[plots]'"))
      : request(operation, args)) as typeof server.request;
  fireEvent.click(screen.getByRole('tab', { name: 'Resources' }));
  await settled();
  expect(screen.getByRole('alert').textContent).toBe("plots need Bokeh pip install 'torc[plots]'");
});
