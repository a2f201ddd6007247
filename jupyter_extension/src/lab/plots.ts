/** An output of plots: their pictures as the kernel drew them, and in their place, once BokehJS is there, the plots. */

import type { IRenderMime } from '@jupyterlab/rendermime';
import type { Message } from '@lumino/messaging';
import { drawPlots, plotsData, type PlotsData } from '../core/plots/saved';
import { labTransport } from '../transports/lab';
import { SnapshotOutput } from './snapshot';

export const PLOTS_MIME_TYPE = 'application/vnd.torc.plots+json';

export class PlotsOutput extends SnapshotOutput {
  /** What is still to be drawn: plots measure the page, so they wait until they are in it. */
  private waiting: PlotsData | null = null;
  private clear = (): void => undefined;

  override dispose(): void {
    if (this.isDisposed) return;
    this.clear();
    super.dispose();
  }

  protected override renderArea(model: IRenderMime.IMimeModel): void {
    this.waiting = plotsData(model.data[PLOTS_MIME_TYPE]);
    if (this.isAttached) void this.draw();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.draw();
  }

  private async draw(): Promise<void> {
    const data = this.waiting;
    this.waiting = null;
    if (!data) return;
    this.clear();
    try {
      this.clear = await drawPlots(data, labTransport(this.settings), this.area.node);
    } catch (error) {
      // The pictures stay.
      console.warn('torc: plots could not be drawn.', error);
      this.area.node.replaceChildren();
      return this.cover(false);
    }
    if (this.isDisposed) this.clear();
    else this.cover(true);
  }
}
