/** Reads server-sent events from the chunks of a reply. */

import type { StreamedEvent } from './transport';

export class EventParser {
  private rest = '';
  private id: number | null = null;
  private type = '';
  private data: string[] = [];

  /** Return the messages that this text completes. */
  push(text: string): StreamedEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    const found: StreamedEvent[] = [];
    for (const line of lines) {
      if (line === '') this.finish(found);
      else if (!line.startsWith(':')) this.field(line);
    }
    return found;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.type = value;
    else if (name === 'id' && /^\d+$/.test(value)) this.id = Number(value);
  }

  private finish(found: StreamedEvent[]): void {
    if (this.data.length) {
      found.push({ id: this.id, type: this.type || 'message', data: parsed(this.data.join('\n')) });
    }
    this.id = null;
    this.type = '';
    this.data = [];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
