/** The server over HTTP, as every page sees it: requests, the one event stream, logs. */

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
import { streamBelow } from './stream';

const API = 'torc-service/v1';

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
    const open = (query: string, signal: AbortSignal): Promise<Response> => this.openStream(query, signal);
    return streamBelow(this.root, open).follow(workflowId, lastId, listener);
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

  private openStream(query: string, signal: AbortSignal): Promise<Response> {
    const headers = { ...this.headers(), Accept: 'text/event-stream' };
    return this.send(`${API}/events/stream?level=debug&samples=true&${query}`, { headers, signal });
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
