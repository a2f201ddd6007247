/** One event stream for all workflows that a page shows: browsers open only six connections to a server. */

import { asRecord } from '../core/jobs';
import { shared } from '../core/shared';
import { EventParser } from '../core/sse';
import { TransportError, type Closable, type StreamedEvent, type StreamListener } from '../core/transport';

const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
/** The server says something at least every 15 seconds. */
const SILENCE = 45_000;
/** Views come and go together: the stream is opened anew once for all of them. */
const SETTLING = 200;
/** Workflows that the server takes in one stream. */
const MAX_WORKFLOWS = 100;

/** Opens the stream of the workflows that a query names. */
export type Opener = (query: string, signal: AbortSignal) => Promise<Response>;

/** The streams of this page by address, over all copies of this module that notebook outputs brought. */
const streams = shared('torc.streams', () => new Map<string, SharedStream>());

/** Return the stream from the server below an address. */
export function streamBelow(root: string, open: Opener): SharedStream {
  let stream = streams.get(root);
  if (!stream) {
    stream = new SharedStream(open);
    streams.set(root, stream);
  }
  return stream;
}

interface Follower {
  workflowId: number;
  lastId: number;
  listener: StreamListener;
}

export class SharedStream implements StreamListener {
  private readonly followers = new Set<Follower>();
  /** Those for whom the connection was opened; others get nothing before it is opened for them. */
  private served: Follower[] = [];
  private connection: Connection | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly opener: Opener) {}

  /** Follow a workflow from behind an event. */
  follow(workflowId: number, lastId: number, listener: StreamListener): Closable {
    const follower = { workflowId, lastId, listener };
    this.followers.add(follower);
    this.changeSoon();
    return {
      close: () => {
        if (this.followers.delete(follower)) this.changeSoon();
      },
    };
  }

  private changeSoon(): void {
    this.timer ??= setTimeout(() => this.change(), SETTLING);
  }

  /** Open the stream anew for those who follow now; each goes on behind the last event that it has seen. */
  private change(): void {
    this.timer = null;
    this.connection?.close();
    this.connection = null;
    this.refuse(new TransportError('Too many workflows are followed in this page.', 0), this.beyondLimit());
    this.served = [...this.followers];
    if (this.followers.size) this.connection = new Connection((signal) => this.opener(this.query(), signal), this);
  }

  /** The workflows that are followed, and behind which event. */
  private places(): Map<number, number> {
    const places = new Map<number, number>();
    for (const { workflowId, lastId } of this.followers) {
      places.set(workflowId, Math.min(lastId, places.get(workflowId) ?? Infinity));
    }
    return places;
  }

  private query(): string {
    return [...this.places()].map(([id, lastId]) => `workflow_id=${id}&after=${lastId}`).join('&');
  }

  private beyondLimit(): Follower[] {
    const within = new Set([...this.places().keys()].slice(0, MAX_WORKFLOWS));
    return [...this.followers].filter((follower) => !within.has(follower.workflowId));
  }

  /** Take what came; each follower gets what is new of its workflow. */
  onEvents(events: StreamedEvent[]): void {
    for (const follower of this.present()) {
      const fresh = events.filter(
        ({ id, data }) => asRecord(data).workflow_id === follower.workflowId && (id === null || id > follower.lastId),
      );
      for (const event of fresh) follower.lastId = event.id ?? follower.lastId;
      if (fresh.length) follower.listener.onEvents(fresh);
    }
  }

  onConnected(): void {
    for (const follower of this.present()) follower.listener.onConnected();
  }

  onLost(error: Error, willRetry: boolean): void {
    if (!willRetry) {
      this.connection = null;
      this.refuse(error, this.present());
      return;
    }
    for (const follower of this.present()) follower.listener.onLost(error, true);
  }

  private present(): Follower[] {
    return this.served.filter((follower) => this.followers.has(follower));
  }

  private refuse(error: Error, followers: Follower[]): void {
    for (const follower of followers) {
      this.followers.delete(follower);
      follower.listener.onLost(error, false);
    }
  }
}

/** A reply that does not end, asked for again whenever it does. */
class Connection implements Closable {
  private readonly ending = new AbortController();
  private delay = FIRST_DELAY;

  constructor(
    private readonly open: (signal: AbortSignal) => Promise<Response>,
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
      const response = await this.open(attempt.signal);
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
        if (events.length && !attempt.signal.aborted) this.listener.onEvents(events);
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
