/** The newest samples of what jobs use, read whenever the event stream says that there are some. */

import type { Transport } from './transport';
import { get_samples, type Samples } from './wire';

type Listener = (samples: Samples) => void;

export class SamplesFeed {
  private last: number | null = null;
  private reading = false;
  private again = false;
  private readonly listeners = new Set<Listener>();

  constructor(
    private readonly transport: Transport,
    private readonly workflowId: number,
  ) {}

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Read what is new; the first time only the newest sample of each job. */
  async read(): Promise<void> {
    this.again = this.reading;
    if (this.reading) return;
    this.reading = true;
    try {
      const query = this.last === null ? { limit: 1 } : { since: this.last };
      const samples = await this.transport.request(get_samples, { path: { id: this.workflowId }, query });
      this.last = samples.last;
      this.listeners.forEach((listener) => listener(samples));
    } catch {
      // The stream tells when the server is away.
    }
    this.reading = false;
    if (this.again) void this.read();
  }
}
