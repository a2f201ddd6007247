/** What a reader has made of a plot: where it is zoomed to, and which lines are hidden. A plot made anew keeps it. */

import type { BokehDocument } from './bokeh';

interface Range {
  start: number;
  end: number;
  /** Set by BokehJS where somebody has zoomed or moved; such a range does not follow its data. */
  have_updated_interactively: boolean;
  /** Of an axis of names. */
  factors?: readonly unknown[];
  setv(values: { start: number; end: number }): void;
}

interface Renderer {
  visible: boolean;
  data_source: { name: string | null };
}

interface Figure {
  x_range: Range;
  y_range: Range;
  renderers: Renderer[];
}

/** Return the figures of a plot, which is one or a column of some. */
function figures(plot: BokehDocument): Figure[] {
  const parts = plot.roots().flatMap((root) => (root as { children?: unknown[] }).children ?? [root]);
  return parts.filter((part): part is Figure => typeof part === 'object' && part !== null && 'x_range' in part);
}

/** Let a plot look as the one before that it replaces. */
export function keepSight(before: BokehDocument, after: BokehDocument): void {
  const old = figures(before);
  figures(after).forEach((figure, at) => {
    const known = old[at];
    if (!known) return;
    keepRange(known.x_range, figure.x_range);
    keepRange(known.y_range, figure.y_range);
    const named = byName(figure.renderers);
    for (const [name, one] of byName(known.renderers)) {
      const same = named.get(name);
      if (same && !one.visible) same.visible = false;
    }
  });
}

/** Return what is drawn by the name of its data and its place among all that is drawn from that. */
function byName(renderers: readonly Renderer[]): Map<string, Renderer> {
  const found = new Map<string, Renderer>();
  for (const one of renderers) {
    const name = one.data_source.name;
    for (let at = 0; name; at++) {
      if (found.has(`${name} ${at}`)) continue;
      found.set(`${name} ${at}`, one);
      break;
    }
  }
  return found;
}

function keepRange(before: Range, after: Range): void {
  if (!before.have_updated_interactively || String(before.factors) !== String(after.factors)) return;
  after.setv({ start: before.start, end: before.end });
  after.have_updated_interactively = true;
}
