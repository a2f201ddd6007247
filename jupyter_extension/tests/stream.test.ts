import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TransportError, type Closable, type StreamedEvent } from '../src/core/transport';
import { SharedStream } from '../src/transports/stream';

/** Long enough for views that come and go to settle. */
const SETTLED = 300;

/** A server that streams to whoever has opened last. */
class Streaming {
  readonly asked: string[] = [];
  open = 0;
  refusal: TransportError | null = null;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  readonly opener = (query: string, signal: AbortSignal): Promise<Response> => {
    this.asked.push(query);
    if (this.refusal) return Promise.reject(this.refusal);
    this.open += 1;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.controller = controller) });
    const mine = this.controller!;
    signal.addEventListener('abort', () => {
      this.open -= 1;
      mine.error(new Error('aborted'));
    });
    return Promise.resolve(new Response(body));
  };

  async say(id: number | null, workflowId: number, type = 'x'): Promise<void> {
    const data = JSON.stringify({ id, workflow_id: workflowId });
    const text = `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`;
    this.controller!.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(0);
  }

  async end(): Promise<void> {
    this.controller!.close();
    await vi.advanceTimersByTimeAsync(0);
  }
}

class Following {
  readonly seen: StreamedEvent[] = [];
  readonly lost: boolean[] = [];
  connected = 0;
  private readonly closable: Closable;

  constructor(stream: SharedStream, workflowId: number, lastId: number) {
    this.closable = stream.follow(workflowId, lastId, {
      onConnected: () => (this.connected += 1),
      onEvents: (events) => this.seen.push(...events),
      onLost: (_, willRetry) => this.lost.push(willRetry),
    });
  }

  ids(): Array<number | null> {
    return this.seen.map((event) => event.id);
  }

  leave(): void {
    this.closable.close();
  }
}

let server: Streaming;
let stream: SharedStream;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Streaming();
  stream = new SharedStream(server.opener);
});

afterEach(() => vi.useRealTimers());

test('ten workflows that are shown together share one stream, opened once', async () => {
  const following = Array.from({ length: 10 }, (_, index) => new Following(stream, index + 1, 0));
  await vi.advanceTimersByTimeAsync(SETTLED);
  await server.say(1, 3);
  await server.say(2, 9);
  expect([server.asked.length, server.open]).toEqual([1, 1]);
  expect(following.map((one) => one.connected)).toEqual(Array(10).fill(1));
  expect([following[2]!.ids(), following[8]!.ids(), following[0]!.ids()]).toEqual([[1], [2], []]);
});

test('a workflow that joins or leaves makes the stream go on where each was, with nothing twice', async () => {
  const first = new Following(stream, 5, 100);
  await vi.advanceTimersByTimeAsync(SETTLED);
  await server.say(101, 5);
  const second = new Following(stream, 7, 90);
  await server.say(102, 5);
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(server.asked).toEqual(['workflow_id=5&after=100', 'workflow_id=5&after=102&workflow_id=7&after=90']);
  await server.say(95, 7);
  await server.say(102, 5);
  await server.say(103, 5);
  expect([first.ids(), second.ids()]).toEqual([[101, 102, 103], [95]]);
  first.leave();
  await server.say(104, 5);
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(server.asked[2]).toBe('workflow_id=7&after=95');
  expect([first.ids().length, server.open]).toEqual([3, 1]);
  second.leave();
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect([server.asked.length, server.open]).toEqual([3, 0]);
});

test('one that follows the same workflow from further back misses nothing of what the other has', async () => {
  const ahead = new Following(stream, 5, 20);
  await vi.advanceTimersByTimeAsync(SETTLED);
  const behind = new Following(stream, 5, 10);
  await server.say(21, 5);
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(server.asked[1]).toBe('workflow_id=5&after=10');
  for (const id of [11, 21, 22]) await server.say(id, 5);
  expect([ahead.ids(), behind.ids()]).toEqual([
    [21, 22],
    [11, 21, 22],
  ]);
});

test('what has no id, such as news of samples and of an end, goes to the workflow that it is about', async () => {
  const [one, other] = [new Following(stream, 1, 0), new Following(stream, 2, 0)];
  await vi.advanceTimersByTimeAsync(SETTLED);
  await server.say(null, 2, 'samples');
  await server.say(null, 1, 'workflow_deleted');
  expect(other.seen.map((event) => event.type)).toEqual(['samples']);
  expect(one.seen.map((event) => event.type)).toEqual(['workflow_deleted']);
});

test('a stream that ends is opened again behind the last event', async () => {
  const one = new Following(stream, 1, 5);
  await vi.advanceTimersByTimeAsync(SETTLED);
  await server.say(6, 1);
  await server.end();
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(server.asked).toEqual(['workflow_id=1&after=5', 'workflow_id=1&after=6']);
  expect([one.lost, one.connected]).toEqual([[true], 2]);
});

test('a stream that is refused is not asked for again until others follow', async () => {
  server.refusal = new TransportError('no', 403);
  const one = new Following(stream, 1, 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([one.lost, server.asked.length]).toEqual([[false], 1]);
  server.refusal = null;
  const other = new Following(stream, 2, 0);
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect([other.connected, server.asked[1]]).toEqual([1, 'workflow_id=2&after=0']);
});

test('of more workflows than a stream takes the last ones are told that there is none for them', async () => {
  const following = Array.from({ length: 102 }, (_, index) => new Following(stream, index + 1, 0));
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(following.filter((one) => one.connected).length).toBe(100);
  expect(following.slice(100).map((one) => one.lost)).toEqual([[false], [false]]);
});
