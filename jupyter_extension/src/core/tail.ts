/** The end of a log that may still grow. */

import { TransportError, type LogKind, type LogPart, type Transport } from './transport';

const TAIL_BYTES = 65_536;
const MOST_CHARACTERS = 1_048_576;
const FOLLOW_MILLISECONDS = 1_000;

export interface Tail extends LogPart {
  /** Whether anything has been read yet, and why not. */
  state: 'loading' | 'ready' | 'missing' | 'failed';
  error: Error | null;
}

export const NOTHING: Tail = { text: '', start: 0, end: 0, size: 0, state: 'loading', error: null };

/** Follows one log; `show` gets every new state. */
export class LogTail {
  private tail = NOTHING;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;
  private following = false;

  constructor(
    private readonly transport: Transport,
    private readonly workflowId: number,
    private readonly jobId: number,
    private readonly kind: LogKind,
    private readonly show: (tail: Tail) => void,
  ) {
    void this.read();
  }

  /** Read on while the file grows, or stop after one more look. */
  follow(following: boolean): void {
    const ends = this.following && !following;
    this.following = following;
    if (following || ends) this.later(0);
  }

  async earlier(): Promise<void> {
    const { start } = this.tail;
    const offset = Math.max(0, start - TAIL_BYTES);
    const part = await this.ask({ offset, limit: start - offset });
    if (part) this.set({ text: part.text + this.tail.text, start: part.start });
  }

  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private async read(): Promise<void> {
    const isNew = this.tail.state !== 'ready';
    const part = await this.ask(isNew ? { tail: TAIL_BYTES } : { offset: this.tail.end });
    if (part) this.take(part, isNew);
    if (this.following) this.later(FOLLOW_MILLISECONDS);
  }

  private take(part: LogPart, isNew: boolean): void {
    // A file that is shorter than before was written anew.
    if (!isNew && part.size < this.tail.end) return this.set({ ...NOTHING });
    const all = isNew ? part.text : this.tail.text + part.text;
    const cut = Math.max(0, all.length - MOST_CHARACTERS);
    const start = (isNew ? part.start : this.tail.start) + cut;
    this.set({ text: all.slice(cut), start, end: part.end, size: part.size, state: 'ready', error: null });
  }

  private async ask(range: { tail?: number; offset?: number; limit?: number }): Promise<LogPart | null> {
    try {
      return await this.transport.log(this.workflowId, this.jobId, { kind: this.kind, ...range });
    } catch (error) {
      const missing = error instanceof TransportError && error.status === 404;
      this.set({ state: missing ? 'missing' : 'failed', error: error as Error });
      return null;
    }
  }

  private later(milliseconds: number): void {
    if (this.timer) clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.read(), milliseconds);
  }

  private set(change: Partial<Tail>): void {
    if (this.closed) return;
    this.tail = { ...this.tail, ...change };
    this.show(this.tail);
  }
}
