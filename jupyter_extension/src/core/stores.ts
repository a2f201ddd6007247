/** One store for each workflow in the page: views of the same workflow share it and its stream. */

import { shared } from './shared';
import { WorkflowStore } from './store';
import type { Transport } from './transport';

interface Entry {
  store: WorkflowStore;
  users: number;
}

const entries = shared('torc.stores', () => new Map<string, Entry>());
/** Keeps a store for a moment, so that a view that is drawn again finds it. */
const LINGER_MILLISECONDS = 2_000;

/** Return the store of a workflow and how to let go of it; `place` tells servers apart. */
export function borrow(
  place: string,
  workflowId: number,
  transport: () => Transport,
): [store: WorkflowStore, release: () => void] {
  const key = `${place} ${workflowId}`;
  let entry = entries.get(key);
  if (!entry) {
    entry = { store: new WorkflowStore(transport(), workflowId), users: 0 };
    entries.set(key, entry);
    entry.store.open();
  }
  const held = entry;
  held.users += 1;
  const release = (): void => {
    held.users -= 1;
    setTimeout(() => {
      if (held.users > 0 || entries.get(key) !== held) return;
      entries.delete(key);
      held.store.close();
    }, LINGER_MILLISECONDS);
  };
  return [held.store, release];
}
