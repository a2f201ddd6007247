/** The server through the kernel, where the browser cannot reach it: messages of the widget's own comm. */

import {
  TransportError,
  type Arguments,
  type Closable,
  type LogPart,
  type LogQuery,
  type StreamedEvent,
  type StreamListener,
  type Transport,
} from '../core/transport';
import type { Operation } from '../core/wire';

/** What is needed of a widget model. */
export interface CommModel {
  send(content: unknown): void;
  on(name: 'msg:custom', callback: (content: unknown) => void): void;
}

interface Reply {
  id: number;
  value?: unknown;
  events?: StreamedEvent[];
  state?: 'connected' | 'lost';
  error?: { message: string; status: number; hint: string | null };
}

const PATIENCE = 60_000;

export class CommTransport implements Transport {
  private readonly waiting = new Map<number, (reply: Reply) => void>();

  /** Views of one widget share its comm: `number`, after which they count, keeps their messages apart. */
  constructor(
    private readonly model: CommModel,
    private number = 0,
  ) {
    model.on('msg:custom', (content) => {
      const reply = content as Reply;
      this.waiting.get(reply.id)?.(reply);
    });
  }

  request<Path, Query, Body, Reply>(
    operation: Operation<Path, Query, Body, Reply>,
    args: Arguments<Path, Query, Body> = {},
  ): Promise<Reply> {
    const { path = {}, query = {}, body = null } = args;
    return this.ask({ kind: 'request', operation: operation.name, path, query, body });
  }

  log(workflowId: number, jobId: number, query: LogQuery): Promise<LogPart> {
    const { kind: stream, ...range } = query;
    return this.ask({ kind: 'log', workflow_id: workflowId, job_id: jobId, stream, ...range });
  }

  script(): Promise<string> {
    return this.ask({ kind: 'script' });
  }

  events(workflowId: number, lastId: number, listener: StreamListener): Closable {
    const id = (this.number += 1);
    this.waiting.set(id, ({ events, state, error }) => {
      if (events) listener.onEvents(events);
      else if (state === 'connected') listener.onConnected();
      else if (error) listener.onLost(new TransportError(error.message, error.status, error.hint), state === 'lost');
    });
    this.model.send({ kind: 'follow', id, workflow_id: workflowId, last_id: lastId });
    return {
      close: () => {
        this.waiting.delete(id);
        this.model.send({ kind: 'unfollow', id });
      },
    };
  }

  /** Ask the kernel itself for something. */
  ask<Value>(message: Record<string, unknown>): Promise<Value> {
    const id = (this.number += 1);
    return new Promise<Value>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new TransportError('The kernel does not answer.', 0, 'It may be busy with a cell, or gone.'));
      }, PATIENCE);
      this.waiting.set(id, ({ value, error }) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (error) reject(new TransportError(error.message, error.status, error.hint));
        else resolve(value as Value);
      });
      this.model.send({ ...message, id });
    });
  }
}
