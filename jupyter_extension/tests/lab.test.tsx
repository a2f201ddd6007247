import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noCounts } from '../src/core/status';
import { MIME_TYPE, viewData } from '../src/lab/data';
import { keepEnd } from '../src/lab/end';
import { LiveArea } from '../src/lab/LiveArea';
import { reach } from '../src/lab/reach';

const DATA = { version: 1, workflow_id: 5, name: 'sweep', mode: 'workflow', server: 'http://h:1/v1' };
const VIEW = viewData(DATA)!;
const SETTINGS = { baseUrl: '/base/' };

/** Answers by the end of the address; what is not named is not there. */
function answering(replies: Record<string, unknown>) {
  const fetch = vi.fn((address: RequestInfo | URL) => {
    const known = Object.keys(replies).find((end) => String(address).endsWith(end));
    if (known === undefined) return Promise.resolve(new Response('{"message": "not found"}', { status: 404 }));
    return Promise.resolve(new Response(JSON.stringify(replies[known])));
  });
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.runOnlyPendingTimers();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('what an output says is read with care', () => {
  expect(MIME_TYPE).toBe('application/vnd.torc.view+json');
  expect(VIEW).toEqual({ workflowId: 5, name: 'sweep', mode: 'workflow', server: 'http://h:1/v1', created: null });
  for (const wrong of [null, 'x', [], { ...DATA, version: 2 }, { ...DATA, mode: 'other' }, { ...DATA, workflow_id: '5' }]) {
    expect(viewData(wrong)).toBeNull();
  }
});

test('the same server may have renamed the workflow, another one has to know it by the same name', async () => {
  answering({ '/server': { url: 'http://h:1/v1' }, '/workflows/5': { name: 'renamed' } });
  expect(await reach(VIEW, SETTINGS)).toEqual({ place: 'http://h:1/v1' });
  answering({ '/server': { url: 'http://h:2/v1' }, '/workflows/5': { name: 'sweep' } });
  expect(await reach(VIEW, SETTINGS)).toEqual({ place: 'http://h:2/v1' });
  answering({ '/server': { url: 'http://h:2/v1' }, '/workflows/5': { name: 'another' } });
  expect(await reach(VIEW, SETTINGS)).toEqual({ why: expect.stringContaining('workflow 5 is another one') });
});

test('a workflow that was created at another moment is another one, whatever its name and server', async () => {
  const created = '2026-11-21T10:00:00.000Z';
  const view = viewData({ ...DATA, created })!;
  answering({ '/server': { url: 'http://h:2/v1' }, '/workflows/5': { name: 'renamed', timestamp: created } });
  expect(await reach(view, SETTINGS)).toEqual({ place: 'http://h:2/v1' });
  const later = '2026-11-21T11:00:00.000Z';
  answering({ '/server': { url: 'http://h:1/v1' }, '/workflows/5': { name: 'sweep', timestamp: later } });
  expect(await reach(view, SETTINGS)).toEqual({ why: expect.stringContaining('workflow 5 is another one') });
});

test('why there is nothing live is told', async () => {
  answering({ '/server': { url: null } });
  expect(await reach(VIEW, SETTINGS)).toEqual({ why: 'No torc server is running.' });
  answering({ '/server': { url: 'http://h:1/v1' } });
  expect(await reach(VIEW, SETTINGS)).toEqual({ why: 'not found' });
  answering({});
  expect(await reach(VIEW, SETTINGS)).toEqual({ why: "Jupyter's server does not know torc." });
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
  expect(await reach(VIEW, SETTINGS)).toEqual({ why: "Jupyter's server is out of reach." });
});

test('the snapshot makes room when the view stands there, and "try again" looks anew', async () => {
  const onLive = vi.fn();
  const onEnd = vi.fn();
  answering({ '/server': { url: null } });
  const { unmount } = render(<LiveArea data={VIEW} settings={SETTINGS} {...{ onLive, onEnd }} />);
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(screen.getByRole('status').textContent).toContain('No torc server is running.');
  expect(onLive).not.toHaveBeenCalledWith(true);
  const none = { items: [], has_more: false, total_count: 0 };
  const job = { id: 1, workflow_id: 5, name: 'only', command: 'true', status: 'completed' };
  const status = { workflow_id: 5, workflow_name: 'sweep', status: 'complete', run_id: 1, jobs_by_status: noCounts() };
  answering({
    '/server': { url: 'http://h:1/v1' },
    '/workflows/5': { name: 'sweep' },
    '/status': status,
    'offset=0&limit=200': { items: [job], has_more: false, total_count: 1 },
    'limit=200': none,
    'limit=10000': none,
  });
  fireEvent.click(screen.getByText('Try again'));
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(screen.getByRole('heading').textContent).toBe('sweep');
  expect(onLive).toHaveBeenLastCalledWith(true);
  expect(onEnd).toHaveBeenCalledTimes(1);
  unmount();
  expect(onLive).toHaveBeenLastCalledWith(false);
});

/** An output as JupyterLab keeps it. */
function output(text: string, mode = 'workflow') {
  const model = { data: { [MIME_TYPE]: { ...DATA, mode }, 'text/plain': text, 'text/html': `<b>${text}</b>` } };
  const setData = vi.fn(({ data }) => Object.assign(model, { data }));
  return Object.assign(model, { trusted: false, metadata: {}, setData });
}

test('the end of a workflow comes into the output once, and nothing else is lost there', async () => {
  answering({ '/snapshots/5?mode=workflow': { 'text/plain': '2 of 2', 'text/html': '<b>2 of 2</b> at noon' } });
  const model = output('0 of 2');
  await keepEnd(model, SETTINGS);
  expect(model.data).toEqual({ ...output('0 of 2').data, 'text/plain': '2 of 2', 'text/html': '<b>2 of 2</b> at noon' });
  answering({ '/snapshots/5?mode=workflow': { 'text/plain': '2 of 2', 'text/html': '<b>2 of 2</b> at one' } });
  await keepEnd(model, SETTINGS);
  expect(model.setData).toHaveBeenCalledTimes(1);
});

test('an output stays as it is where there is no snapshot to be had', async () => {
  answering({});
  const [lost, graph] = [output('0 of 2'), output('a graph', 'dag')];
  await keepEnd(lost, SETTINGS);
  const fetch = answering({ 'mode=dag': { 'text/plain': 'another' } });
  await keepEnd(graph, SETTINGS);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
  await keepEnd(lost, SETTINGS);
  expect([lost.setData, graph.setData, fetch].map((mock) => mock.mock.calls.length)).toEqual([0, 0, 0]);
});
