import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WorkflowStore } from '../src/core/store';
import { TransportError } from '../src/core/transport';
import { atOnce, event, FakeTransport, jobModel } from './fake';

let server: FakeTransport;
let store: WorkflowStore;
const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(1).then(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeTransport();
  server.jobs = [jobModel(1, 'a', 'running'), jobModel(2, 'b', 'blocked')];
  server.newest = 10;
  store = new WorkflowStore(server, 1, atOnce);
});

afterEach(() => {
  store.close();
  vi.useRealTimers();
});

test('the state is read once and then follows the stream from where it was read', async () => {
  store.open();
  await settle();
  expect(store.getState()).toMatchObject({ phase: 'ready', feed: 'live', complete: true });
  expect(server.streamedFrom).toEqual([10]);
  const asked = server.asked.length;
  const end = { job_id: 1, attempt_id: 1, return_code: 0, exec_time_minutes: 1, peak_memory_bytes: 7 };
  server.listener!.onEvents([
    event(11, 'job_completed', end),
    event(12, 'jobs_ready', { job_ids: [2] }, 'debug'),
    event(13, 'job_started', { job_id: 2, attempt_id: 1 }),
  ]);
  await settle();
  const { jobs, counts } = store.getState();
  expect(jobs.map((job) => job.status)).toEqual(['completed', 'running']);
  expect(jobs[0]).toMatchObject({ returnCode: 0, seconds: 60, memory: 7 });
  expect([counts.completed, counts.running]).toEqual([1, 1]);
  expect(server.asked).toHaveLength(asked);
});

test('many events are one change for the views, and an event that was seen is not taken again', async () => {
  store.open();
  await settle();
  const seen = vi.fn();
  store.subscribe(seen);
  const started = event(11, 'job_started', { job_id: 2, attempt_id: 1 });
  for (let times = 0; times < 50; times += 1) server.listener!.onEvents([started]);
  await settle();
  expect(seen.mock.calls.length).toBeLessThan(4);
  expect(store.getState().events.filter((one) => one.id === 11)).toHaveLength(1);
});

test('what may have changed everything is read again', async () => {
  store.open();
  await settle();
  server.jobs = [jobModel(1, 'a', 'uninitialized'), jobModel(2, 'b', 'uninitialized'), jobModel(3, 'c', 'ready')];
  server.listener!.onEvents([event(11, 'jobs_reset', { count: 2 })]);
  await settle();
  expect(store.getState().jobs.map((job) => job.status)).toEqual(['uninitialized', 'uninitialized', 'ready']);
});

test('events that come while the jobs are read are put on top of them', async () => {
  store.open();
  await vi.waitFor(() => expect(server.listener).not.toBeNull());
  server.listener!.onEvents([event(11, 'job_started', { job_id: 2, attempt_id: 1 })]);
  await settle();
  expect(store.getState().jobs[1]!.status).toBe('running');
});

test('rate and time left follow from the ends', async () => {
  server.jobs = Array.from({ length: 20 }, (_, id) => jobModel(id + 1, `j${id}`, 'running'));
  store.open();
  await settle();
  vi.setSystemTime(1_700_000_020_000);
  const end = (id: number) => event(10 + id, 'job_completed', { job_id: id, attempt_id: 1, return_code: 0 });
  server.listener!.onEvents(Array.from({ length: 10 }, (_, id) => end(id + 1)));
  await settle();
  const { perSecond, secondsLeft } = store.outlook();
  expect(perSecond).toBeCloseTo(1, 0);
  expect(secondsLeft).toBeCloseTo(10, -1);
  vi.setSystemTime(1_700_000_040_000);
  expect(store.outlook().secondsLeft).toBeGreaterThan(2 * secondsLeft!);
});

test('a server that is away is asked again, and the state stays', async () => {
  server.failure = new TransportError('away', 0);
  store.open();
  await settle();
  expect(store.getState()).toMatchObject({ phase: 'failed', error: { message: 'away' } });
  server.failure = null;
  await vi.advanceTimersByTimeAsync(2_100);
  expect(store.getState().phase).toBe('ready');
  server.listener!.onLost(new TransportError('gone for a moment', 0), true);
  expect(store.getState()).toMatchObject({ feed: 'lost', phase: 'ready' });
  expect(store.getState().jobs).toHaveLength(2);
});

test('without a stream the events are asked for', async () => {
  store.open();
  await settle();
  server.listener!.onLost(new TransportError('not here', 404), false);
  await vi.advanceTimersByTimeAsync(10_100);
  expect(store.getState().feed).toBe('polling');
  expect(server.streamedFrom).toEqual([10]);
});

test('a workflow that is gone is said to be gone', async () => {
  server.failure = new TransportError('no workflow', 404);
  store.open();
  await settle();
  expect(store.getState().phase).toBe('gone');
});

test('a workflow that is deleted meanwhile is not asked for any more', async () => {
  store.open();
  await settle();
  server.listener!.onEvents([{ id: null, type: 'workflow_deleted', data: {} }]);
  await settle();
  expect(store.getState().phase).toBe('gone');
  const asked = server.asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([server.listener, server.asked.length]).toEqual([null, asked]);
});

test('running failed jobs again takes the three steps in order', async () => {
  store.open();
  await settle();
  server.asked.length = 0;
  await store.rerunFailed();
  expect(server.names().slice(0, 3)).toEqual(['reset_workflow_status', 'reset_job_status', 'initialize_jobs']);
  await store.retry(2);
  expect(server.asked.find(([name]) => name === 'retry_job')![1].path).toEqual({ id: 2, run_id: 1 });
});
