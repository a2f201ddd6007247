/** Whether the server behind Jupyter's door holds the workflow of an output. */

import { get_workflow } from '../core/wire';
import { labServer, labTransport, type LabSettings } from '../transports/lab';
import type { ViewData } from './data';

/** Where the workflow is, or why it cannot be had. */
export type Reached = { place: string } | { why: string };

/**
 * Look for the workflow behind the door.
 *
 * A server that is started again may have another address, and another database may have a workflow of this number:
 * it is the same one when it was created at the same moment, or has the same name where the output tells no moment.
 */
export async function reach(data: ViewData, settings: LabSettings): Promise<Reached> {
  try {
    const place = await labServer(settings);
    if (!place) return { why: 'No torc server is running.' };
    const workflow = await labTransport(settings).request(get_workflow, { path: { id: data.workflowId } });
    const same = data.created === null
      ? place === data.server || workflow.name === data.name
      : workflow.timestamp === data.created;
    if (same) return { place };
    return { why: `On the torc server that runs now, workflow ${data.workflowId} is another one.` };
  } catch (error) {
    return { why: (error as Error).message };
  }
}
