/** What a cell's output says about the workflow to show. */

import { MODES, type Mode } from '../core/views/LiveView';

export const MIME_TYPE = 'application/vnd.torc.view+json';

export interface ViewData {
  readonly workflowId: number;
  readonly name: string;
  readonly mode: Mode;
  /** The address under which the kernel knew the server. */
  readonly server: string;
  /** When the workflow was created, where the kernel could say. */
  readonly created: string | null;
}

/** Return the data of an output, or null when they are not of a kind that is known here. */
export function viewData(value: unknown): ViewData | null {
  if (typeof value !== 'object' || value === null) return null;
  const { version, workflow_id, name, mode, server, created } = value as Record<string, unknown>;
  const shown = MODES.find((known) => known === mode);
  if (version !== 1 || !shown || !Number.isSafeInteger(workflow_id)) return null;
  return {
    workflowId: workflow_id as number,
    name: String(name ?? ''),
    mode: shown,
    server: String(server ?? ''),
    created: typeof created === 'string' ? created : null,
  };
}
