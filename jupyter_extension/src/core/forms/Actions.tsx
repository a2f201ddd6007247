import { useState, type JSX } from 'react';
import { counted } from '../format';
import { Failure } from '../views/Message';
import { useAction } from '../views/use';
import type { FormState, FormStore } from './form';

interface Props {
  store: FormStore;
  state: FormState;
  /** Something is wrong: lead to it. */
  onProblem(): void;
}

/** Create the workflow, and run it where there is something to run it with. */
export function Actions({ store, state, onProblem }: Props): JSX.Element {
  const [act, busy, error] = useAction();
  const [started, setStarted] = useState<number | null>(null);
  const { created } = state;
  const run = store.host.run;
  const start = async (workflowId: number): Promise<void> => {
    await run?.(workflowId);
    setStarted(workflowId);
  };
  const create = (andRun: boolean): void => {
    if (state.check?.errors.length) return onProblem();
    act(async () => {
      const workflowId = await store.create();
      if (andRun) await start(workflowId);
    });
  };
  return (
    <>
      <div className="jp-Torc-actions">
        <button type="button" className="jp-Torc-button" disabled={busy} onClick={() => create(false)}>
          Create
        </button>
        {run && (
          <button type="button" className="jp-Torc-button jp-Torc-main" disabled={busy} onClick={() => create(true)}>
            Create &amp; run
          </button>
        )}
        <span role="status" className="jp-Torc-about">
          {busy && 'One moment…'}
          {!busy && created && `Created workflow ${created.id} (${created.name}, ${counted(created.num_jobs, 'job')})`}
          {!busy && created && started === created.id && ', and started it'}
        </span>
        {run && created && started !== created.id && !busy && (
          <button type="button" className="jp-Torc-button" onClick={() => act(() => start(created.id))}>
            Run workflow {created.id}
          </button>
        )}
      </div>
      {error && <Failure error={error} />}
    </>
  );
}
