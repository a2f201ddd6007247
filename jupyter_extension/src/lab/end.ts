/** Lets a notebook say how its workflows ended: kernels that did not wait have seen only the beginning. */

import type { IRenderMime } from '@jupyterlab/rendermime';
import { labSnapshot, type LabSettings } from '../transports/lab';
import { MIME_TYPE, viewData } from './data';

const TEXT = 'text/plain';

/**
 * Put a snapshot of now into an output that says something else.
 *
 * The text tells: unlike the HTML it has no time of day, so that a notebook is not changed by being opened.
 */
export async function keepEnd(model: IRenderMime.IMimeModel, settings: LabSettings): Promise<void> {
  const data = viewData(model.data[MIME_TYPE]);
  // Snapshots of graphs show no statuses.
  if (data?.mode !== 'workflow' && data?.mode !== 'progress') return;
  const made = await labSnapshot(settings, data.workflowId, data.mode);
  if (made && made[TEXT] !== model.data[TEXT]) model.setData({ data: { ...model.data, ...made } });
}
