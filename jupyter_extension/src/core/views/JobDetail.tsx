import { useEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { bytes, duration } from '../format';
import type { Job } from '../jobs';
import { RETRIABLE } from '../status';
import type { WorkflowStore } from '../store';
import { diagnose_workflow } from '../wire';
import { ConfirmButton } from './ConfirmButton';
import { LogViewer } from './LogViewer';
import { Failure, Message } from './Message';
import { StatusLabel } from './StatusIcon';
import { useAction, useStore } from './use';

/** Where jobs are chosen. */
const PLACES = ['[role="grid"]', '.jp-Torc-node.jp-Torc-selected', '.jp-Torc-dag > svg'];

/** One job: what it is, why it stands where it does, what it wrote. */
export function JobDetail({ store, job, onClose }: { store: WorkflowStore; job: Job; onClose(): void }): JSX.Element {
  const [run, busy, error] = useAction(useStore(store).feed === 'live');
  const why = useReason(store, job);
  const section = useRef<HTMLElement>(null);
  /** Close it, and let the keyboard go on where the job was chosen. */
  const leave = (): void => {
    const view = section.current?.closest('.jp-Torc');
    const place = PLACES.map((selector) => view?.querySelector<HTMLElement | SVGElement>(selector)).find(Boolean);
    onClose();
    place?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // In a field Escape takes the words away first.
    if (event.key !== 'Escape' || (event.target as HTMLInputElement).value) return;
    event.preventDefault();
    leave();
  };
  const hasRun = job.status === 'running' || job.returnCode !== null;
  return (
    <section className="jp-Torc-detail" ref={section} aria-label={`Job ${job.name}`} onKeyDown={onKeyDown}>
      <header className="jp-Torc-detailHead">
        <h4>{job.name}</h4>
        <StatusLabel status={job.status} />
        <span className="jp-Torc-facts">{facts(job).join(' · ')}</span>
        {RETRIABLE.has(job.status) && (
          <ConfirmButton
            label="Run again"
            question="Run this job again?"
            yes="Run again"
            disabled={busy}
            onConfirm={() => run(() => store.retry(job.id))}
          />
        )}
        <button type="button" className="jp-Torc-button jp-Torc-close" aria-label="Close this job" onClick={leave}>
          ×
        </button>
      </header>
      {error && <Failure error={error} />}
      {why && <p className="jp-Torc-why">{why}</p>}
      <pre className="jp-Torc-command" aria-label="Command">
        {job.command}
      </pre>
      {hasRun ? (
        <LogViewer
          transport={store.transport}
          workflowId={store.workflowId}
          jobId={job.id}
          attempt={job.attempt}
          running={job.status === 'running'}
          first={RETRIABLE.has(job.status) ? 'stderr' : 'stdout'}
        />
      ) : (
        <Message kind="empty">It has written nothing yet.</Message>
      )}
    </section>
  );
}

function facts(job: Job): string[] {
  const found = [`ID ${job.id}`];
  if (job.attempt > 1) found.push(`attempt ${job.attempt}`);
  if (job.seconds !== null && job.started === null) found.push(duration(job.seconds));
  if (job.memory !== null) found.push(`${bytes(job.memory)} ${job.started === null ? 'at most' : 'now'}`);
  if (job.returnCode !== null && job.started === null) found.push(`return code ${job.returnCode}`);
  return found;
}

/** Return the server's sentence about a job that neither runs nor has completed. */
function useReason(store: WorkflowStore, job: Job): string | null {
  const [why, setWhy] = useState<string | null>(null);
  const silent = job.status === 'running' || job.status === 'completed';
  useEffect(() => {
    setWhy(job.reason);
    if (silent) return;
    let current = true;
    const query = { job_id: job.id };
    store.transport.request(diagnose_workflow, { path: { id: store.workflowId }, query }).then(
      (page) => current && setWhy(page.items[0]?.message ?? null),
      // Without the sentence the status still says something.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [store, job.id, job.attempt, job.status, job.reason, silent]);
  return why;
}
