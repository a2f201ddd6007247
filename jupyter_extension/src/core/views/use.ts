/** Hooks that tie views to a store and to the clock. */

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { State, WorkflowStore } from '../store';

export function useStore(store: WorkflowStore): State {
  return useSyncExternalStore(store.subscribe, store.getState);
}

/** Render again every second while something runs; returns the server's time. */
export function useNow(store: WorkflowStore, ticking: boolean): number {
  const [now, setNow] = useState(() => store.now());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(store.now()), 1000);
    return () => clearInterval(timer);
  }, [store, ticking]);
  return Math.max(now, ticking ? store.now() : 0);
}

/**
 * Return a function that runs something on the server, whether it is under way, and how it went wrong.
 *
 * What went wrong is forgotten when the server is in reach again: it may well have been that.
 */
export function useAction(reached = true): [run: (action: () => Promise<void>) => void, busy: boolean, error: Error | null] {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    if (reached) setError(null);
  }, [reached]);
  const run = (action: () => Promise<void>): void => {
    setBusy(true);
    setError(null);
    action()
      .catch((failure: Error) => setError(failure))
      .finally(() => setBusy(false));
  };
  return [run, busy, error];
}
