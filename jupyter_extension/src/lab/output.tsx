/** An output that shows a workflow: first as the kernel drew it, then live when the server can be reached. */

import type { IRenderMime } from '@jupyterlab/rendermime';
import { createRoot } from 'react-dom/client';
import '../core/views/torc.css';
import './output.css';
import { MIME_TYPE, viewData } from './data';
import { keepEnd } from './end';
import { LiveArea } from './LiveArea';
import { SnapshotOutput } from './snapshot';

export class LiveOutput extends SnapshotOutput {
  private readonly root = createRoot(this.area.node);
  private model: IRenderMime.IMimeModel | null = null;

  override dispose(): void {
    if (this.isDisposed) return;
    this.root.unmount();
    super.dispose();
  }

  protected override renderArea(model: IRenderMime.IMimeModel): void {
    this.model = model;
    const data = viewData(model.data[MIME_TYPE]);
    const { settings, onLive, onEnd } = this;
    this.root.render(data && <LiveArea key={JSON.stringify(data)} {...{ data, settings, onLive, onEnd }} />);
  }

  private readonly onLive = (isLive: boolean): void => this.cover(isLive);

  private readonly onEnd = (): void => {
    if (this.model) void keepEnd(this.model, this.settings);
  };
}
