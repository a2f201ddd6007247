/** An output that shows a workflow: first as the kernel drew it, then live when the server can be reached. */

import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Panel, Widget } from '@lumino/widgets';
import { createRoot } from 'react-dom/client';
import '../core/views/torc.css';
import './output.css';
import type { LabSettings } from '../transports/lab';
import { MIME_TYPE, viewData } from './data';
import { LiveArea } from './LiveArea';

const SNAPSHOTS = ['text/html', 'text/plain'];

export class LiveOutput extends Panel implements IRenderMime.IRenderer {
  private readonly area = new Widget();
  private readonly root = createRoot(this.area.node);
  private snapshot: IRenderMime.IRenderer | null = null;
  private isLive = false;

  constructor(
    private readonly rendermime: IRenderMimeRegistry,
    private readonly settings: LabSettings,
  ) {
    super();
    this.addClass('jp-TorcOutput');
    this.addWidget(this.area);
  }

  /** Draw the bundle; called again when the kernel updates it. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    await this.renderSnapshot(model);
    if (this.isDisposed) return;
    const data = viewData(model.data[MIME_TYPE]);
    this.root.render(
      data && <LiveArea key={JSON.stringify(data)} data={data} settings={this.settings} onLive={this.onLive} />,
    );
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.root.unmount();
    super.dispose();
  }

  private async renderSnapshot(model: IRenderMime.IMimeModel): Promise<void> {
    const type = SNAPSHOTS.find((known) => known in model.data);
    if (!type) return;
    this.snapshot?.dispose();
    // Lab's own renderer, which sanitizes what is not trusted.
    this.snapshot = this.rendermime.createRenderer(type);
    this.snapshot.setHidden(this.isLive);
    this.insertWidget(0, this.snapshot);
    await this.snapshot.renderModel(model);
  }

  private readonly onLive = (isLive: boolean): void => {
    this.isLive = isLive;
    if (!this.isDisposed) this.snapshot?.setHidden(isLive);
  };
}
