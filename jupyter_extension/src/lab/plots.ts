/** An output of plots: their pictures as the kernel drew them, and in their place, once BokehJS is there, the plots. */

import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { drawPlots, plotsData, type PlotsData } from '../core/plots/saved';
import { labTransport, type LabSettings } from '../transports/lab';

export const PLOTS_MIME_TYPE = 'application/vnd.torc.plots+json';
const SNAPSHOTS = ['text/html', 'text/plain'];

export class PlotsOutput extends Panel implements IRenderMime.IRenderer {
  private readonly area = new Widget();
  private snapshot: IRenderMime.IRenderer | null = null;
  /** What is still to be drawn: plots measure the page, so they wait until they are in it. */
  private waiting: PlotsData | null = null;
  private clear = (): void => undefined;

  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    private readonly settings: LabSettings,
  ) {
    super();
    this.addClass('jp-TorcOutput');
    this.addWidget(this.area);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    await this.renderSnapshot(model);
    this.waiting = plotsData(model.data[PLOTS_MIME_TYPE]);
    if (this.isAttached) void this.draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.clear();
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.draw();
  }

  private async renderSnapshot(model: IRenderMime.IMimeModel): Promise<void> {
    const type = SNAPSHOTS.find((known) => known in model.data);
    if (!type) return;
    this.snapshot?.dispose();
    this.snapshot = this.rendermime.createRenderer(type);
    this.insertWidget(0, this.snapshot);
    await this.snapshot.renderModel(model);
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
      return this.area.node.replaceChildren();
    }
    if (this.isDisposed) this.clear();
    else this.snapshot?.hide();
  }
}
