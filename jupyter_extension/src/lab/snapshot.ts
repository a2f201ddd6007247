/** What torc's outputs have in common: the snapshot of the kernel, and an area that may take its place. */

import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel, Widget } from '@lumino/widgets';
import type { LabSettings } from '../transports/lab';

const SNAPSHOTS = ['text/html', 'text/plain'];

export abstract class SnapshotOutput extends Panel implements IRenderMime.IRenderer {
  protected readonly area = new Widget();
  private snapshot: IRenderMime.IRenderer | null = null;
  private isCovered = false;

  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    protected readonly settings: LabSettings,
  ) {
    super();
    this.addClass('jp-TorcOutput');
    this.addWidget(this.area);
  }

  /** Draw the bundle; called again when it changes. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    await this.renderSnapshot(model);
    if (!this.isDisposed) this.renderArea(model);
  }

  /** Draw what belongs into the area. */
  protected abstract renderArea(model: IRenderMime.IMimeModel): void;

  /** Say whether the area stands in the snapshot's place. */
  protected cover(isCovered: boolean): void {
    this.isCovered = isCovered;
    if (!this.isDisposed) this.snapshot?.setHidden(isCovered);
  }

  private async renderSnapshot(model: IRenderMime.IMimeModel): Promise<void> {
    const type = SNAPSHOTS.find((known) => known in model.data);
    if (!type) return;
    this.snapshot?.dispose();
    // Lab's own renderer, which sanitizes what is not trusted.
    this.snapshot = this.rendermime.createRenderer(type);
    this.snapshot.setHidden(this.isCovered);
    this.insertWidget(0, this.snapshot);
    await this.snapshot.renderModel(model);
  }
}
