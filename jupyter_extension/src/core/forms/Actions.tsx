import type { JSX } from 'react';
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
  const { created } = state;
  const canRun = store.host.run !== undefined;
  const create = (andRun: boolean): void => {
    if (state.check?.errors.length) return onProblem();
    act(async () => {
      const made = await store.create();
      if (andRun) await store.start(made);
    });
  };
  return (
    <>
      <div className="jp-Torc-actions">
        <button type="button" className="jp-Torc-button" disabled={busy} onClick={() => create(false)}>
          Create
        </button>
        {canRun && (
          <button type="button" className="jp-Torc-button jp-Torc-main" disabled={busy} onClick={() => create(true)}>
            Create &amp; run
          </button>
        )}
        <span role="status" className="jp-Torc-about">
          {busy && 'One moment…'}
          {!busy && created && `Created workflow ${created.id} (${created.name}, ${counted(created.num_jobs, 'job')})`}
          {!busy && created?.started && ', and started it'}
        </span>
        {canRun && created && !created.started && !busy && (
          <button type="button" className="jp-Torc-button" onClick={() => act(() => store.start(created))}>
            Run workflow {created.id}
          </button>
        )}
      </div>
      {error && <Failure error={error} />}
    </>
  );
}
