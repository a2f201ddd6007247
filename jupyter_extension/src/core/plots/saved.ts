/** Plots that an output brings along: what BokehJS draws is in the output, and BokehJS comes from the server. */

import type { Transport } from '../transport';
import { loadBokeh } from './bokeh';

export interface PlotsData {
  /** The version of BokehJS that they were made for. */
  readonly bokeh: string;
  /** What BokehJS embeds, each as JSON. */
  readonly items: readonly string[];
}

/** Return the plots of an output, or null when they are not of a kind that is known here. */
export function plotsData(value: unknown): PlotsData | null {
  if (typeof value !== 'object' || value === null) return null;
  const { version, bokeh, items } = value as Record<string, unknown>;
  if (version !== 1 || typeof bokeh !== 'string' || !Array.isArray(items)) return null;
  return { bokeh, items: items.map(String) };
}

/** Draw plots below each other into an element that is in the page; returns how to take them away. */
export async function drawPlots(
  data: PlotsData,
  transport: Pick<Transport, 'script'>,
  into: HTMLElement,
): Promise<() => void> {
  const bokeh = await loadBokeh(transport, data.bokeh);
  const drawn = await Promise.all(
    data.items.map((item) => {
      const place = into.appendChild(document.createElement('div'));
      return bokeh.embed.embed_item(JSON.parse(item), place);
    }),
  );
  return () => {
    for (const { roots } of drawn) roots[0]?.model.document.clear();
    into.replaceChildren();
  };
}
