import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MIME_TYPE, viewData } from '../src/lab/data';
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
  answering({ '/server': { url: null } });
  const { unmount } = render(<LiveArea data={VIEW} settings={SETTINGS} onLive={onLive} />);
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(screen.getByRole('status').textContent).toContain('No torc server is running.');
  expect(onLive).not.toHaveBeenCalledWith(true);
  const none = { items: [], has_more: false, total_count: 0 };
  const counts = { completed: 0 };
  const status = { workflow_id: 5, workflow_name: 'sweep', status: 'running', run_id: 1, jobs_by_status: counts };
  answering({
    '/server': { url: 'http://h:1/v1' },
    '/workflows/5': { name: 'sweep' },
    '/status': status,
    'limit=200': none,
    'limit=10000': none,
  });
  fireEvent.click(screen.getByText('Try again'));
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(screen.getByRole('heading').textContent).toBe('sweep');
  expect(onLive).toHaveBeenLastCalledWith(true);
  unmount();
  expect(onLive).toHaveBeenLastCalledWith(false);
});
