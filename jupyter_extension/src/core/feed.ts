/** Brings a workflow's events: from a stream that resumes, or by asking now and then where none can be had. */

import { asRecord } from './jobs';
import { TransportError, type Closable, type StreamedEvent, type Transport } from './transport';
import { list_events } from './wire';

/** Tells that there are new samples of what jobs use. */
export const SAMPLES = 'samples';

export type FeedState = 'connecting' | 'live' | 'polling' | 'lost';

const POLL_MILLISECONDS = 2_000;
const PAGE = 500;

export interface FeedListener {
  onEvents(events: StreamedEvent[]): void;
  onState(state: FeedState, error: Error | null): void;
  /** Events were missed: everything has to be read again. */
  onGap(): void;
}

export class Feed implements Closable {
  private stream: Closable | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(
    private readonly transport: Transport,
    private readonly workflowId: number,
    private lastId: number,
    private readonly listener: FeedListener,
  ) {
    this.open();
  }

  close(): void {
    this.closed = true;
    this.stream?.close();
    if (this.timer) clearTimeout(this.timer);
  }

  private open(): void {
    this.stream = this.transport.events(this.workflowId, this.lastId, {
      onConnected: () => this.listener.onState('live', null),
      onEvents: (events) => this.take(events),
      onLost: (error, willRetry) => {
        this.listener.onState('lost', error);
        if (!willRetry) {
          this.stream?.close();
          this.later();
        }
      },
    });
  }

  private take(events: StreamedEvent[]): void {
    const fresh = events.filter((event) => event.id === null || event.id > this.lastId);
    for (const event of fresh) this.lastId = event.id ?? this.lastId;
    if (fresh.length) this.listener.onEvents(fresh);
  }

  private later(): void {
    if (!this.closed) this.timer = setTimeout(() => this.poll(), POLL_MILLISECONDS);
  }

  private poll(): void {
    const query = { workflow_id: this.workflowId, sort_by: 'id', reverse_sort: true, limit: PAGE } as const;
    this.transport.request(list_events, { query }).then(
      (page) => {
        if (this.closed) return;
        this.listener.onState('polling', null);
        const events = page.items.map(asStreamed).reverse();
        const oldest = events[0]?.id ?? 0;
        if (page.has_more && oldest > this.lastId + 1) this.listener.onGap();
        this.take([...events, { id: null, type: SAMPLES, data: {} }]);
        this.later();
      },
      (error: Error) => {
        if (this.closed) return;
        if (error instanceof TransportError && error.status === 404) {
          this.listener.onEvents([{ id: null, type: 'workflow_deleted', data: {} }]);
          return;
        }
        this.listener.onState('lost', error);
        this.later();
      },
    );
  }
}

/** Return an event record in the form in which the stream sends it. */
export function asStreamed(record: unknown): StreamedEvent {
  const event = asRecord(record);
  return { id: Number(event.id), type: String(event.event_type ?? 'message'), data: record };
}
