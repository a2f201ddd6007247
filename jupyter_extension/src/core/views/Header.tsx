import type { JSX } from 'react';
import type { FeedState } from '../feed';
import { total } from '../status';
import type { State, WorkflowStore } from '../store';
import type { WorkflowStatus } from '../wire';
import { ConfirmButton } from './ConfirmButton';
import { Failure } from './Message';
import { useAction } from './use';

const WORDS: Record<WorkflowStatus['status'], string> = {
  uninitialized: 'Not started',
  initialized: 'Waiting',
  running: 'Running',
  complete: 'Ended',
  canceled: 'Canceled',
};
const LINES: Record<FeedState, [word: string, about: string]> = {
  connecting: ['Connecting', 'Opening the event stream'],
  live: ['Live', 'Changes are shown as they happen'],
  polling: ['Every 2 s', 'The server is asked every two seconds'],
  lost: ['Reconnecting', 'The server is out of reach; what is shown may be old'],
};

/** Which workflow this is, how it stands, and what can be done with it. */
export function Header(props: { store: WorkflowStore; state: State; status: WorkflowStatus }): JSX.Element {
  const { store, state, status } = props;
  const [run, busy, error] = useAction(state.feed === 'live');
  const { counts } = state;
  const gone = state.phase === 'gone';
  const active = !gone && counts.running + counts.pending + counts.ready + counts.blocked > 0 && !status.is_canceled;
  const failed = !gone && counts.failed + counts.terminated + counts.canceled + counts.pending_failed > 0;
  const word = gone ? 'Deleted' : overall(state, status);
  return (
    <>
      <div className="jp-Torc-header">
        <h3 title={status.workflow_name}>{status.workflow_name}</h3>
        <span className="jp-Torc-facts">
          workflow {status.workflow_id} · run {status.run_id}
        </span>
        <span className={`jp-Torc-word jp-Torc-word-${word.toLowerCase().replace(' ', '-')}`}>{word}</span>
        {!gone && (
          <span className={`jp-Torc-line-${state.feed}`} title={LINES[state.feed][1]} role="status">
            {LINES[state.feed][0]}
          </span>
        )}
        <span className="jp-Torc-space" />
        {failed && !active && (
          <ConfirmButton
            label="Rerun failed"
            question="Make failed jobs, and those behind them, ready again?"
            yes="Rerun"
            disabled={busy}
            onConfirm={() => run(() => store.rerunFailed())}
          />
        )}
        {active && (
          <ConfirmButton
            label="Cancel"
            question="Cancel this workflow and end what runs?"
            yes="Yes, cancel"
            disabled={busy}
            onConfirm={() => run(() => store.cancel())}
          />
        )}
      </div>
      {error && <Failure error={error} />}
      {active && counts.ready > 0 && counts.running + counts.pending === 0 && status.active_compute_nodes === 0 && (
        <p className="jp-Torc-why">
          Nothing runs it now: start a runner with <code>torc run {status.workflow_id}</code>.
        </p>
      )}
    </>
  );
}

function overall(state: State, status: WorkflowStatus): string {
  const { counts } = state;
  if (status.is_canceled) return WORDS.canceled;
  if (total(counts) === 0) return 'Empty';
  if (counts.running + counts.pending > 0) return WORDS.running;
  if (counts.ready + counts.blocked > 0) return WORDS.initialized;
  if (counts.uninitialized > 0) return WORDS.uninitialized;
  return counts.failed + counts.terminated + counts.pending_failed > 0 ? 'Failed' : 'Completed';
}
