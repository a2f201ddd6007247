import { afterEach, expect, test, vi } from 'vitest';
import { TransportError } from '../src/core/transport';
import { get_job, list_jobs, update_job } from '../src/core/wire';
import { CommTransport } from '../src/transports/comm';
import { HttpTransport } from '../src/transports/http';
import { labTransport, settingsOfPage } from '../src/transports/lab';

afterEach(() => vi.useRealTimers());

function answering(body: string, init: ResponseInit = {}) {
  return vi.fn((_url: RequestInfo | URL, _init?: RequestInit) => Promise.resolve(new Response(body, init)));
}

test('an operation becomes a request with path, query and body in their places', async () => {
  const fetch = answering('{"items": []}');
  const http = new HttpTransport({ root: 'http://h/', headers: () => ({ Authorization: 'Bearer t' }), fetch });
  await http.request(list_jobs, { query: { workflow_id: 3, name: 'a b&c' } });
  await http.request(update_job, { path: { id: 7 }, body: { priority: 2 } });
  expect(fetch.mock.calls[0]![0]).toBe('http://h/torc-service/v1/jobs?workflow_id=3&name=a+b%26c');
  const [url, init] = fetch.mock.calls[1]!;
  expect([url, init!.method, init!.body]).toEqual(['http://h/torc-service/v1/jobs/7', 'PUT', '{"priority":2}']);
  expect(init!.headers).toMatchObject({ Authorization: 'Bearer t', 'Content-Type': 'application/json' });
  expect(init!.redirect).toBe('error');
});

test('a refusal carries what the server said, and a proxy that says nothing its number', async () => {
  const said = '{"error": {"message": "no job 7", "hint": "list them"}, "code": 404}';
  const refused = new HttpTransport({ root: '/', fetch: answering(said, { status: 404 }) });
  const error = await refused.request(get_job, { path: { id: 7 } }).catch((failure: TransportError) => failure);
  expect(error).toMatchObject({ message: 'no job 7', status: 404, hint: 'list them' });
  const proxy = new HttpTransport({ root: '/', fetch: answering('<html>', { status: 502 }) });
  await expect(proxy.request(get_job, { path: { id: 7 } })).rejects.toThrow('The server answered 502.');
});

test('a log comes with its place in the file', async () => {
  const headers = { 'Torc-Log-Start': '10', 'Torc-Log-End': '13', 'Torc-Log-Size': '99' };
  const fetch = answering('abc', { headers });
  const part = await new HttpTransport({ root: '/torc', fetch }).log(1, 2, { kind: 'stderr', tail: 5 });
  expect(fetch.mock.calls[0]![0]).toBe('/torc/logs/1/2?kind=stderr&tail=5');
  expect(part).toEqual({ text: 'abc', start: 10, end: 13, size: 99 });
});

test("in Jupyter the page's own cookie and token go along, below the base URL", async () => {
  const fetch = answering('{}');
  vi.stubGlobal('fetch', fetch);
  const settings = { baseUrl: '/node/cn1/8888/', token: 'secret' };
  await labTransport(settings, () => 'a=b; _xsrf=2%7Cabc; c=d').request(get_job, { path: { id: 1 } });
  expect(fetch.mock.calls[0]![0]).toBe('/node/cn1/8888/torc/torc-service/v1/jobs/1');
  expect(fetch.mock.calls[0]![1]!.headers).toEqual({ 'X-XSRFToken': '2|abc', Authorization: 'token secret' });
  vi.unstubAllGlobals();
});

test('the page says where its Jupyter server is', () => {
  expect(settingsOfPage()).toBeNull();
  const script = document.createElement('script');
  script.id = 'jupyter-config-data';
  script.type = 'application/json';
  script.textContent = '{"baseUrl": "/x/", "token": ""}';
  document.body.append(script);
  expect(settingsOfPage()).toEqual({ baseUrl: '/x/' });
  script.remove();
});

class Kernel {
  sent: Array<Record<string, unknown>> = [];
  private answer: (content: unknown) => void = () => undefined;
  send(content: unknown): void {
    this.sent.push(content as Record<string, unknown>);
  }
  on(_name: 'msg:custom', callback: (content: unknown) => void): void {
    this.answer = callback;
  }
  say(content: Record<string, unknown>): void {
    this.answer(content);
  }
}

test('through the kernel each answer finds its question', async () => {
  const kernel = new Kernel();
  const comm = new CommTransport(kernel);
  const first = comm.request(get_job, { path: { id: 1 } });
  const second = comm.log(1, 2, { kind: 'stdout', tail: 9 });
  expect(kernel.sent).toMatchObject([
    { kind: 'request', operation: 'get_job', path: { id: 1 }, id: 1 },
    { kind: 'log', workflow_id: 1, job_id: 2, stream: 'stdout', tail: 9, id: 2 },
  ]);
  kernel.say({ id: 2, error: { message: 'no log', status: 404, hint: null } });
  kernel.say({ id: 1, value: { name: 'a' } });
  await expect(second).rejects.toMatchObject({ message: 'no log', status: 404 });
  await expect(first).resolves.toEqual({ name: 'a' });
});

test('through the kernel events come until they are no longer wanted', () => {
  const kernel = new Kernel();
  const listener = { onEvents: vi.fn(), onLost: vi.fn(), onConnected: vi.fn() };
  const following = new CommTransport(kernel).events(4, 9, listener);
  expect(kernel.sent[0]).toEqual({ kind: 'follow', id: 1, workflow_id: 4, last_id: 9 });
  kernel.say({ id: 1, state: 'connected' });
  kernel.say({ id: 1, events: [{ id: 10, type: 'x', data: {} }] });
  kernel.say({ id: 1, state: 'lost', error: { message: 'away', status: 0, hint: null } });
  expect(listener.onConnected).toHaveBeenCalledOnce();
  expect(listener.onEvents).toHaveBeenCalledWith([{ id: 10, type: 'x', data: {} }]);
  expect(listener.onLost).toHaveBeenCalledWith(expect.any(TransportError), true);
  following.close();
  expect(kernel.sent[1]).toEqual({ kind: 'unfollow', id: 1 });
});
