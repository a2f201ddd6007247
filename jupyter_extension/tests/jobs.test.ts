import { expect, test } from 'vitest';
import { changes, jobOf } from '../src/core/jobs';
import { Pace } from '../src/core/pace';
import { countsOfGroup, loudest, picture } from '../src/core/picture';
import { chosen, NO_FILTER, type Sorting } from '../src/core/selection';
import { event, jobModel } from './fake';

const BY_ID: Sorting = { key: 'id', descending: false };
const jobs = [
  jobOf(jobModel(1, 'train_10', 'running')),
  jobOf(jobModel(2, 'train_9', 'failed')),
  { ...jobOf(jobModel(3, 'collect', 'completed')), seconds: 5 },
];
const names = (found: readonly { name: string }[]): string[] => found.map((job) => job.name);

test('every word of a filter must fit, in name, command or id', () => {
  expect(names(chosen(jobs, { ...NO_FILTER, text: 'TRAIN 9' }, BY_ID))).toEqual(['train_9']);
  expect(names(chosen(jobs, { ...NO_FILTER, text: 'run coll' }, BY_ID))).toEqual(['collect']);
  expect(names(chosen(jobs, { ...NO_FILTER, text: '1' }, BY_ID))).toEqual(['train_10']);
  expect(names(chosen(jobs, { ...NO_FILTER, statuses: new Set(['failed']) }, BY_ID))).toEqual(['train_9']);
  const group = { label: 'g', ids: new Set([3]) };
  expect(names(chosen(jobs, { ...NO_FILTER, group }, BY_ID))).toEqual(['collect']);
});

test('names are ordered as people count, and what has no value stands last', () => {
  expect(names(chosen(jobs, NO_FILTER, { key: 'name', descending: false }))).toEqual(['collect', 'train_9', 'train_10']);
  expect(names(chosen(jobs, NO_FILTER, { key: 'seconds', descending: true }))[0]).toBe('collect');
  expect(names(chosen(jobs, NO_FILTER, { key: 'seconds', descending: false }))[0]).toBe('collect');
  expect(names(jobs)).toEqual(['train_10', 'train_9', 'collect']);
});

test('an event says which jobs it changes, and how', () => {
  expect(changes(event(1, 'job_started', { job_id: 5, attempt_id: 2 }))).toEqual([
    [5, { status: 'running', attempt: 2, started: 1_700_000_001_000, cpu: null, memory: null }],
  ]);
  const end = { job_id: 5, attempt_id: 1, return_code: 3, exec_time_minutes: 0.5, reason: 'no memory' };
  expect(changes(event(2, 'job_failed', end))[0]![1]).toMatchObject({
    status: 'failed',
    started: null,
    returnCode: 3,
    seconds: 30,
    reason: 'no memory',
  });
  expect(changes(event(3, 'jobs_ready', { job_ids: [1, 2] })).map(([id, change]) => [id, change.status])).toEqual([
    [1, 'ready'],
    [2, 'ready'],
  ]);
  expect(changes(event(4, 'something_else', { job_id: 5 }))).toEqual([]);
  expect(changes({ id: 5, type: 'job_started', data: 'no record' })).toEqual([]);
});

test('a rate needs a few ends, and forgets what is long ago', () => {
  const pace = new Pace();
  pace.note(0);
  pace.note(1000);
  expect(pace.perSecond(1000)).toBeNull();
  for (let second = 2; second <= 10; second += 1) pace.note(second * 1000);
  expect(pace.perSecond(10_000)).toBeCloseTo(1);
  for (let end = 0; end <= 100; end += 1) pace.note(200_000 + end * 100);
  expect(pace.perSecond(210_000)).toBeCloseTo(10);
});

test('a layout becomes boxes and lines that begin and end at them', () => {
  const drawn = picture({
    workflow_id: 1,
    total_jobs: 3,
    nodes: [
      { label: 'a', job_ids: [1], layer: 0, row: 0 },
      { label: 'b*', job_ids: [2, 3], layer: 2, row: 0 },
      { label: '', job_ids: [], layer: 1, row: 1 },
    ],
    edges: [
      { source: 0, target: 1, rows: [2] },
      { source: 2, target: 1, rows: [] },
    ],
  });
  expect(drawn.boxes.map((box) => box.label)).toEqual(['a', 'b*']);
  expect(drawn.joins).toHaveLength(1);
  expect(drawn.lines[0]!.path).toMatch(/^M176 37C.*L.*C.* 416 37$/);
  expect(drawn.width).toBeGreaterThan(drawn.boxes[1]!.x);
});

test('a group is called by what asks for attention first', () => {
  const statuses = ['completed', 'running', 'failed'] as const;
  const counts = countsOfGroup([0, 1, 2, 9], (job) => statuses[job]);
  expect([counts.completed, counts.running, counts.failed, loudest(counts)]).toEqual([1, 1, 1, 'failed']);
});
