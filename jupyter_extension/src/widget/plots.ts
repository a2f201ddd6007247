/** Plots in a notebook's output, with BokehJS through the kernel. */

import { drawPlots, plotsData } from '../core/plots/saved';
import { commOf, type ServerModel } from './connect';

interface Model extends ServerModel {
  get(name: 'server'): string;
  get(name: 'plots'): unknown;
}

/** Draw the plots into the element; returns how to take them away. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  let clear = (): void => undefined;
  let gone = false;
  const draw = async (): Promise<void> => {
    const data = plotsData(model.get('plots'));
    // Plots measure the page.
    while (!el.isConnected && !gone) await new Promise(requestAnimationFrame);
    if (gone || !data) return;
    clear = await drawPlots(data, commOf(model), el);
    if (gone) clear();
  };
  draw().catch((error: Error) => el.replaceChildren(`The plots could not be drawn: ${error.message}`));
  return () => {
    gone = true;
    clear();
  };
}

export default { render };
