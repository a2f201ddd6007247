/** The server over HTTP, as every page sees it: requests, the event stream, logs. */

import { EventParser } from '../core/sse';
import {
  target,
  TransportError,
  type Arguments,
  type Closable,
  type LogPart,
  type LogQuery,
  type StreamListener,
  type Transport,
} from '../core/transport';
import type { Operation } from '../core/wire';

const API = 'torc-service/v1';
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
/** The server says something at least every 15 seconds. */
const SILENCE = 45_000;

export interface HttpOptions {
  /** Address below which the interface and the logs stand, with a slash at its end. */
  root: string;
  /** Headers for each request, asked for anew because cookies change. */
  headers?: () => Record<string, string>;
  fetch?: typeof fetch;
}

export class HttpTransport implements Transport {
  private readonly root: string;
  private readonly headers: () => Record<string, string>;
  private readonly fetch: typeof fetch;

  constructor(options: HttpOptions) {
    this.root = options.root.replace(/\/*$/, '/');
    this.headers = options.headers ?? (() => ({}));
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  async request<Path, Query, Body, Reply>(
    operation: Operation<Path, Query, Body, Reply>,
    args: Arguments<Path, Query, Body> = {},
  ): Promise<Reply> {
    const init: RequestInit = { method: operation.verb, headers: this.headers() };
    if (operation.verb !== 'GET') {
      init.headers = { ...this.headers(), 'Content-Type': 'application/json' };
      init.body = JSON.stringify(args.body ?? {});
    }
    const response = await this.send(API + target(operation, args), init);
    return (await response.json()) as Reply;
  }

  events(workflowId: number, lastId: number, listener: StreamListener): Closable {
    return new Stream((seen, signal) => this.openStream(workflowId, seen, signal), lastId, listener);
  }

  async log(workflowId: number, jobId: number, query: LogQuery): Promise<LogPart> {
    const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const response = await this.send(`logs/${workflowId}/${jobId}?${asked}`, { headers: this.headers() });
    const place = (name: string): number => Number(response.headers.get(`Torc-Log-${name}`));
    return { text: await response.text(), start: place('Start'), end: place('End'), size: place('Size') };
  }

  async script(): Promise<string> {
    const response = await this.send(`${API}/static/bokeh/bokeh.min.js`, { headers: this.headers(), cache: 'default' });
    return response.text();
  }

  private openStream(workflowId: number, lastId: number, signal: AbortSignal): Promise<Response> {
    const headers = { ...this.headers(), Accept: 'text/event-stream', 'Last-Event-ID': String(lastId) };
    return this.send(`${API}/workflows/${workflowId}/events/stream?level=debug&samples=true`, { headers, signal });
  }

  private async send(address: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      const rest: RequestInit = { credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
      response = await this.fetch(this.root + address, { ...rest, ...init });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new TransportError('The server is out of reach.', 0, 'Waiting for it to come back.');
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function refusal(response: Response): Promise<TransportError> {
  const text = await response.text();
  let message = `The server answered ${response.status}.`;
  let hint: string | null = null;
  try {
    const reply = JSON.parse(text) as { error?: unknown; errorMessage?: string; message?: string };
    const error = reply.error as { message?: string; hint?: string } | string | undefined;
    if (typeof error === 'object') hint = error.hint ?? null;
    message = (typeof error === 'object' ? error.message : error) ?? reply.errorMessage ?? reply.message ?? message;
  } catch {
    // A proxy's page says nothing that helps.
  }
  return new TransportError(message, response.status, hint);
}

type Opener = (lastId: number, signal: AbortSignal) => Promise<Response>;

/** A reply that does not end, opened again after the last event whenever it does. */
class Stream implements Closable {
  private readonly ending = new AbortController();
  private delay = FIRST_DELAY;

  constructor(
    private readonly open: Opener,
    private lastId: number,
    private readonly listener: StreamListener,
  ) {
    void this.run();
  }

  close(): void {
    this.ending.abort();
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const error = await this.once();
      if (this.ending.signal.aborted) return;
      const refused = error instanceof TransportError && error.status >= 400 && error.status < 500;
      this.listener.onLost(error, !refused);
      if (refused) return;
      await new Promise((resolve) => setTimeout(resolve, this.delay * (0.5 + Math.random() / 2)));
      this.delay = Math.min(this.delay * 2, LONGEST_DELAY);
    }
  }

  private async once(): Promise<Error> {
    const attempt = new AbortController();
    const end = (): void => attempt.abort();
    this.ending.signal.addEventListener('abort', end);
    let timer = setTimeout(end, SILENCE);
    try {
      const response = await this.open(this.lastId, attempt.signal);
      this.delay = FIRST_DELAY;
      this.listener.onConnected();
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = response.body!.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return new TransportError('The event stream ended.', 0);
        clearTimeout(timer);
        timer = setTimeout(end, SILENCE);
        const events = parser.push(decoder.decode(value, { stream: true }));
        for (const event of events) this.lastId = event.id ?? this.lastId;
        if (events.length) this.listener.onEvents(events);
      }
    } catch (error) {
      return error as Error;
    } finally {
      clearTimeout(timer);
      this.ending.signal.removeEventListener('abort', end);
      attempt.abort();
    }
  }
}
