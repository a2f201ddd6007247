import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WorkflowStore } from '../src/core/store';
import { TransportError } from '../src/core/transport';
import { ProgressView, WorkflowView } from '../src/core/views/WorkflowView';
import { atOnce, event, FakeTransport, jobModel } from './fake';

let server: FakeTransport;
let store: WorkflowStore;

beforeEach(() => {
  server = new FakeTransport();
  server.jobs = [jobModel(1, 'prepare', 'completed'), jobModel(2, 'train_1', 'running'), jobModel(3, 'train_2', 'failed')];
  store = new WorkflowStore(server, 1, atOnce);
});

afterEach(() => {
  cleanup();
  store.close();
});

async function show(view = <WorkflowView store={store} />): Promise<void> {
  await act(async () => {
    render(view);
    store.open();
    await Promise.resolve();
  });
  await screen.findByRole('heading', { name: 'sweep' });
  await act(async () => new Promise((resolve) => setTimeout(resolve, 5)));
}

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.jp-Torc-rows .jp-Torc-row')];

test('a workflow shows how far it is, its jobs, and each status with a shape and a word', async () => {
  await show();
  const bar = screen.getByRole('progressbar');
  expect([bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuemax')]).toEqual(['2', '3']);
  expect(rows().map((row) => row.children[1]!.textContent)).toEqual(['prepare', 'train_1', 'train_2']);
  expect(rows()[2]!.textContent).toContain('Failed');
  expect(rows()[2]!.querySelector('svg path')!.getAttribute('d')).not.toBe(rows()[0]!.querySelector('path')!.getAttribute('d'));
});

test('the filter narrows the table, and says so when nothing is left', async () => {
  await show();
  const box = screen.getByRole('searchbox');
  fireEvent.input(box, { target: { value: 'train' } });
  expect(rows()).toHaveLength(2);
  expect(screen.getByText('2 of 3 jobs')).toBeTruthy();
  fireEvent.input(box, { target: { value: 'nothing like this' } });
  fireEvent.click(screen.getByRole('button', { name: 'Show all jobs' }));
  expect(rows()).toHaveLength(3);
  fireEvent.click(screen.getByRole('button', { name: /^Failed/ }));
  expect(rows()).toHaveLength(1);
});

test('of ten thousand jobs only those in sight are in the page, and keys reach the last one', async () => {
  server.jobs = Array.from({ length: 10_000 }, (_, id) => jobModel(id + 1, `job_${id}`));
  await show();
  expect(rows().length).toBeLessThan(60);
  const grid = screen.getByRole('grid');
  expect(grid.getAttribute('aria-rowcount')).toBe('10001');
  fireEvent.keyDown(grid, { key: 'End' });
  fireEvent.scroll(grid, { target: { scrollTop: 280_000 } });
  expect(rows().at(-1)!.textContent).toContain('job_9999');
  fireEvent.keyDown(grid, { key: 'Enter' });
  expect(await screen.findByRole('region', { name: 'Job job_9999' })).toBeTruthy();
});

test('a click on a header sorts, a second one the other way round', async () => {
  await show();
  const header = screen.getByRole('columnheader', { name: /Name/ });
  fireEvent.click(within(header).getByRole('button'));
  expect(header.getAttribute('aria-sort')).toBe('ascending');
  fireEvent.click(within(header).getByRole('button'));
  expect(header.getAttribute('aria-sort')).toBe('descending');
  expect(rows()[0]!.textContent).toContain('train_2');
});

test('names, commands and logs are never markup', async () => {
  const evil = '<img src=x onerror="document.title=1">';
  server.jobs = [jobModel(1, evil, 'failed')];
  server.results = [{ job_id: 1, run_id: 1, return_code: 1 }];
  server.log_ = { text: `${evil} \x1b[31mred`, start: 0, end: 9, size: 9 };
  await show();
  fireEvent.click(rows()[0]!);
  const log = await screen.findByLabelText("The job's stderr");
  expect(log.textContent).toBe(`${evil} red`);
  expect(document.querySelector('img')).toBeNull();
  expect(screen.getByText('it waits for 2 jobs')).toBeTruthy();
});

test('a log is searched, marked and stepped through', async () => {
  server.log_ = { text: 'one\ntwo\none more\n', start: 0, end: 17, size: 17 };
  await show();
  fireEvent.click(rows()[1]!);
  await screen.findByLabelText("The job's stdout");
  const box = screen.getByRole('searchbox', { name: 'Search in the output' });
  fireEvent.input(box, { target: { value: 'ONE' } });
  expect(document.querySelectorAll('mark')).toHaveLength(2);
  fireEvent.keyDown(box, { key: 'Enter' });
  expect(screen.getByText('2 of 2')).toBeTruthy();
});

test('a log has its colours, also below what is searched for', async () => {
  server.log_ = { text: 'all \x1b[31mred one\x1b[0m here', start: 0, end: 27, size: 27 };
  await show();
  fireEvent.click(rows()[1]!);
  const log = await screen.findByLabelText("The job's stdout");
  const red = (): Array<string | null> => [...log.querySelectorAll('span[style]')].map((span) => span.textContent);
  expect(red()).toEqual(['red one']);
  fireEvent.input(screen.getByRole('searchbox', { name: 'Search in the output' }), { target: { value: 'one here' } });
  expect(log.querySelector('mark')!.textContent).toBe('one here');
  expect(red()).toEqual(['red ', 'one']);
  expect(log.textContent).toBe('all red one here');
});

test('of a long output the end is in sight, and stays where it is when earlier output is read', async () => {
  vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockReturnValue(4_000);
  server.log_ = { text: 'the last lines\n', start: 5_000_000, end: 5_000_015, size: 5_000_015 };
  server.jobs = [jobModel(1, 'long', 'completed')];
  server.results = [{ job_id: 1, run_id: 1, return_code: 0 }];
  await show();
  fireEvent.click(rows()[0]!);
  const log = await screen.findByLabelText("The job's stdout");
  expect(log.scrollTop).toBe(4_000);
  log.scrollTop = 0;
  server.log_ = { text: 'earlier\n', start: 4_000_000, end: 5_000_000, size: 5_000_015 };
  await act(async () => fireEvent.click(screen.getByRole('button', { name: /^Show earlier output/ })));
  expect(log.textContent).toBe('earlier\nthe last lines\n');
  expect(log.scrollTop).toBe(0);
  vi.restoreAllMocks();
});

test('a workflow without jobs is empty, not completed', async () => {
  server.jobs = [];
  await show();
  expect(screen.getByText('Empty')).toBeTruthy();
  expect(screen.queryByText('Completed')).toBeNull();
  expect(screen.getByText('This workflow has no jobs yet.')).toBeTruthy();
});

test('Escape closes a job and lets the keyboard go on in the table, but first empties a field', async () => {
  server.log_ = { text: 'one', start: 0, end: 3, size: 3 };
  await show();
  const grid = screen.getByRole('grid');
  fireEvent.keyDown(grid, { key: 'ArrowDown' });
  expect(grid.getAttribute('aria-activedescendant')).toBe(rows()[1]!.id);
  fireEvent.keyDown(grid, { key: 'Enter' });
  const box = await screen.findByRole('searchbox', { name: 'Search in the output' });
  fireEvent.input(box, { target: { value: 'one' } });
  fireEvent.keyDown(box, { key: 'Escape' });
  expect(screen.getByRole('region')).toBeTruthy();
  fireEvent.input(box, { target: { value: '' } });
  fireEvent.keyDown(box, { key: 'Escape' });
  expect(screen.queryByRole('region')).toBeNull();
  expect(document.activeElement).toBe(grid);
});

test('Enter on a title sorts and opens nothing', async () => {
  await show();
  const title = within(screen.getByRole('columnheader', { name: /Name/ })).getByRole('button');
  fireEvent.keyDown(title, { key: 'Enter' });
  expect(screen.queryByRole('region')).toBeNull();
});

test('what cannot be undone asks first', async () => {
  await show();
  const cancel = (): HTMLElement => screen.getByRole('button', { name: 'Cancel' });
  fireEvent.click(cancel());
  expect(document.activeElement!.textContent).toBe('No');
  fireEvent.click(screen.getByRole('button', { name: 'No' }));
  expect(document.activeElement).toBe(cancel());
  expect(server.names()).not.toContain('cancel_workflow');
  fireEvent.click(cancel());
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Yes, cancel' })));
  expect(server.names()).toContain('cancel_workflow');
});

test('of a deleted workflow nothing is live, and nothing can be done with it', async () => {
  server.jobs = [jobModel(1, 'prepare', 'failed')];
  await show();
  expect(screen.getByRole('button', { name: 'Rerun failed' })).toBeTruthy();
  act(() => server.listener!.onEvents([{ id: null, type: 'workflow_deleted', data: {} }]));
  expect(await screen.findByText('Deleted')).toBeTruthy();
  expect(screen.queryByText('Live')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Rerun failed' })).toBeNull();
});

test('what went wrong while the server was away is forgotten when it is back', async () => {
  await show();
  const away = new TransportError('no torc server is running', 0);
  server.failure = away;
  await act(async () => server.listener!.onLost(away, true));
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Yes, cancel' })));
  expect(screen.getByRole('alert').textContent).toContain('no torc server is running');
  server.failure = null;
  await act(async () => server.listener!.onConnected());
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a job that fails again says why it failed this time', async () => {
  await show();
  fireEvent.click(rows()[2]!);
  await screen.findByText('it waits for 2 jobs');
  const asked = (): number => server.names().filter((name) => name === 'diagnose_workflow').length;
  const before = asked();
  await act(async () => {
    server.listener!.onEvents([
      event(20, 'job_retried', { job_id: 3, attempt_id: 2 }),
      event(21, 'job_started', { job_id: 3, attempt_id: 2 }),
      event(22, 'job_failed', { job_id: 3, attempt_id: 2, return_code: 1 }),
    ]);
    await Promise.resolve();
  });
  expect(asked()).toBe(before + 1);
});

test('the graph shows groups with their counts, follows events, and a group narrows the table', async () => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  server.dag = {
    workflow_id: 1,
    total_jobs: 3,
    nodes: [
      { label: 'prepare', job_ids: [1], layer: 0, row: 0 },
      { label: 'train_*', job_ids: [2, 3], layer: 1, row: 0 },
    ],
    edges: [{ source: 0, target: 1, rows: [] }],
  };
  await show(<WorkflowView store={store} first="graph" />);
  const group = screen.getByRole('button', { name: /^train_\*: 2 jobs, 1 failed, 1 running/ });
  await act(async () => {
    server.listener!.onEvents([event(20, 'job_completed', { job_id: 2, attempt_id: 1, return_code: 0 })]);
    await Promise.resolve();
  });
  expect(group.getAttribute('aria-label')).toContain('1 completed, 1 failed');
  fireEvent.keyDown(group, { key: 'Enter' });
  expect(rows().map((row) => row.children[1]!.textContent)).toEqual(['train_1', 'train_2']);
  vi.unstubAllGlobals();
});

test('tabs are moved with the arrows, and events stand the newest first', async () => {
  await show();
  await act(async () => {
    const end = { job_id: 3, job_name: 'train_2', return_code: 2 };
    server.listener!.onEvents([event(20, 'jobs_canceled', { job_ids: [2] }), event(21, 'job_failed', end, 'error')]);
    await Promise.resolve();
  });
  fireEvent.keyDown(screen.getByRole('tab', { name: 'Jobs' }), { key: 'ArrowLeft' });
  expect(screen.getByRole('tab', { name: 'Events' }).getAttribute('aria-selected')).toBe('true');
  const items = screen.getAllByRole('listitem').map((item) => item.textContent);
  expect(items[0]).toContain('job failedtrain_2 · return code 2');
  expect(items[1]).toContain('jobs canceled1 job');
  fireEvent.click(screen.getByRole('checkbox'));
  expect(screen.getAllByRole('listitem')).toHaveLength(1);
});

test('while nothing is known, that is said; and so is what went wrong', async () => {
  render(<ProgressView store={store} />);
  expect(screen.getByRole('status').textContent).toContain('Asking the server');
  server.failure = new TransportError('no torc server is running', 503, 'start one');
  await act(async () => {
    store.open();
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  expect(screen.getByRole('alert').textContent).toBe('no torc server is running start one');
});
