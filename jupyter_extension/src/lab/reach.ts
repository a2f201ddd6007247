/** Whether the server behind Jupyter's door holds the workflow of an output. */

import { get_workflow } from '../core/wire';
import { labServer, labTransport, type LabSettings } from '../transports/lab';
import type { ViewData } from './data';

/** Where the workflow is, or why it cannot be had. */
export type Reached = { place: string } | { why: string };

/**
 * Look for the workflow behind the door.
 *
 * A server that is started again may have another address: there the workflow's name has to be the same.
 */
export async function reach(data: ViewData, settings: LabSettings): Promise<Reached> {
  try {
    const place = await labServer(settings);
    if (!place) return { why: 'No torc server is running.' };
    const workflow = await labTransport(settings).request(get_workflow, { path: { id: data.workflowId } });
    if (place === data.server || workflow.name === data.name) return { place };
    return { why: `On the torc server that runs now, workflow ${data.workflowId} is another one.` };
  } catch (error) {
    return { why: (error as Error).message };
  }
}
