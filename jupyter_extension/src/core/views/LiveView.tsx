import type { JSX } from 'react';
import type { WorkflowStore } from '../store';
import { ProgressView, WorkflowView } from './WorkflowView';

/** How much of a workflow a view shows: everything, with jobs, graph or plots first, or only bar and numbers. */
export const MODES = ['workflow', 'dag', 'resources', 'progress'] as const;
export type Mode = (typeof MODES)[number];

const FIRST = { workflow: 'jobs', dag: 'graph', resources: 'resources' } as const;

/** The view of a mode. */
export function LiveView({ store, mode }: { store: WorkflowStore; mode: Mode }): JSX.Element {
  if (mode === 'progress') return <ProgressView store={store} />;
  return <WorkflowView store={store} first={FIRST[mode]} />;
}
