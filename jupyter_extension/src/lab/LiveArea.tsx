import { useEffect, useLayoutEffect, useState, type JSX } from 'react';
import { borrow } from '../core/stores';
import { ended, total } from '../core/status';
import type { WorkflowStore } from '../core/store';
import { LiveView, type Mode } from '../core/views/LiveView';
import { useStore } from '../core/views/use';
import { labTransport, type LabSettings } from '../transports/lab';
import type { ViewData } from './data';
import { reach } from './reach';

interface Props {
  data: ViewData;
  settings: LabSettings;
  /** Told whether the live view stands there, so that the snapshot may make room. */
  onLive(isLive: boolean): void;
  /** Told when nothing more is to run, and when that has changed. */
  onEnd(): void;
}

/** The live view of an output as soon as the server is reached; else why it is not. */
export function LiveArea({ data, settings, onLive, onEnd }: Props): JSX.Element | null {
  const [attempt, setAttempt] = useState(0);
  const [found, why] = useWorkflow(data, settings, attempt);
  const retry = (): void => setAttempt(attempt + 1);
  if (found) return <WhenRead store={found} mode={data.mode} onRetry={retry} {...{ onLive, onEnd }} />;
  return why ? <Note why={why} onRetry={retry} /> : null;
}

/** Return the store of the workflow, or why there is none; neither while it is looked for. */
function useWorkflow(data: ViewData, settings: LabSettings, attempt: number): [WorkflowStore | null, string | null] {
  const [outcome, setOutcome] = useState<[WorkflowStore | null, string | null]>([null, null]);
  useEffect(() => {
    let gone = false;
    let release = (): void => undefined;
    void reach(data, settings).then((reached) => {
      if (gone) return;
      if ('why' in reached) return setOutcome([null, reached.why]);
      const [store, letGo] = borrow(reached.place, data.workflowId, () => labTransport(settings));
      release = letGo;
      setOutcome([store, null]);
    });
    return () => {
      gone = true;
      release();
      setOutcome([null, null]);
    };
  }, [data, settings, attempt]);
  return outcome;
}

interface WhenReadProps {
  store: WorkflowStore;
  mode: Mode;
  onLive(isLive: boolean): void;
  onEnd(): void;
  onRetry(): void;
}

function WhenRead({ store, mode, onLive, onEnd, onRetry }: WhenReadProps): JSX.Element | null {
  const { status, error, counts } = useStore(store);
  const isRead = status !== null;
  useLayoutEffect(() => {
    onLive(isRead);
    return () => onLive(false);
  }, [isRead, onLive]);
  const hasEnded = status?.is_complete || (total(counts) > 0 && ended(counts) === total(counts));
  // Of a canceled workflow jobs may still be ending.
  const end = hasEnded ? JSON.stringify([status?.status, counts]) : null;
  useEffect(() => {
    if (end) onEnd();
  }, [end, onEnd]);
  if (isRead) return <LiveView store={store} mode={mode} />;
  return error ? <Note why={error.message} onRetry={onRetry} /> : null;
}

function Note({ why, onRetry }: { why: string; onRetry(): void }): JSX.Element {
  return (
    <p className="jp-TorcOutput-note" role="status">
      A snapshot. {why}{' '}
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}
