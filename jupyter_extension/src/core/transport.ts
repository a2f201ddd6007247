/** What the views need of a server. Hosts provide it: JupyterLab, a plain page, a widget's comm. */

import type { Operation } from './wire';

/** Where and with what an operation is carried out. */
export interface Arguments<Path, Query, Body> {
  path?: Path;
  query?: Query;
  body?: Body;
}

/** One message of a workflow's event stream. */
export interface StreamedEvent {
  id: number | null;
  type: string;
  data: unknown;
}

/** Who follows a stream. */
export interface StreamListener {
  onEvents(events: StreamedEvent[]): void;
  /** The line broke; with `willRetry` it is opened again after the last event. */
  onLost(error: Error, willRetry: boolean): void;
  onConnected(): void;
}

export interface Closable {
  close(): void;
}

export type LogKind = 'stdout' | 'stderr';

/** Part of a log: `tail` bytes from its end, or at most `limit` bytes from `offset` on. */
export interface LogQuery {
  kind: LogKind;
  offset?: number;
  limit?: number;
  tail?: number;
}

export interface LogPart {
  text: string;
  /** Bytes of the file where the text begins and ends, and how many there are. */
  start: number;
  end: number;
  size: number;
}

export interface Transport {
  request<Path, Query, Body, Reply>(
    operation: Operation<Path, Query, Body, Reply>,
    args?: Arguments<Path, Query, Body>,
  ): Promise<Reply>;
  events(workflowId: number, lastId: number, listener: StreamListener): Closable;
  log(workflowId: number, jobId: number, query: LogQuery): Promise<LogPart>;
  /** Return the script that draws plots. */
  script(): Promise<string>;
}

/** A refusal of the server, or `status` 0 when it was not reached. */
export class TransportError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** Return path and query of an operation below the address of the REST interface. */
export function target<Path, Query, Body, Reply>(
  operation: Operation<Path, Query, Body, Reply>,
  args: Arguments<Path, Query, Body> = {},
): string {
  const values = (args.path ?? {}) as Record<string, string | number>;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args.query ?? {})) {
    if (value !== undefined && value !== null) query.append(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
