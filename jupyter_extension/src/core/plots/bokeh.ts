/** BokehJS, loaded from our own server when the first plot is shown. */

import { shared } from '../shared';
import type { Transport } from '../transport';

/** Columns of a data source: arrays of numbers may be typed. */
export type Column = ArrayLike<unknown>;

export interface Source {
  data: Record<string, Column>;
  stream(columns: Record<string, unknown[]>, rollover?: number): void;
  change: { emit(): void };
}

export interface BokehDocument {
  roots(): readonly unknown[];
  get_model_by_name(name: string): unknown;
  clear(): void;
}

export interface Bokeh {
  version: string;
  embed: { embed_item(item: unknown, into: HTMLElement): Promise<{ roots: Array<{ model: { document: BokehDocument } }> }> };
}

type Page = { Bokeh?: Bokeh & Record<string, Bokeh | undefined> };

const loading = shared('torc.bokeh', () => new Map<string, Promise<Bokeh>>());

/** Return the BokehJS of a version, which notebooks may have loaded already. */
export function loadBokeh(transport: Pick<Transport, 'script'>, version: string): Promise<Bokeh> {
  const there = found(version);
  if (there) return Promise.resolve(there);
  let pending = loading.get(version);
  if (!pending) {
    pending = load(transport, version);
    loading.set(version, pending);
    pending.catch(() => loading.delete(version));
  }
  return pending;
}

async function load(transport: Pick<Transport, 'script'>, version: string): Promise<Bokeh> {
  const address = URL.createObjectURL(new Blob([await transport.script()], { type: 'text/javascript' }));
  try {
    await run(address);
  } finally {
    URL.revokeObjectURL(address);
  }
  const loaded = found(version) ?? (globalThis as Page).Bokeh;
  if (!loaded) throw new Error('BokehJS could not be loaded.');
  return loaded;
}

function run(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error('BokehJS could not be loaded.'));
    document.head.append(script);
    script.remove();
  });
}

function found(version: string): Bokeh | undefined {
  const bokeh = (globalThis as Page).Bokeh;
  return bokeh?.version === version ? bokeh : bokeh?.[version];
}
