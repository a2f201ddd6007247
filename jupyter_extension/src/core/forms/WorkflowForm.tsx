import { useId, useLayoutEffect, useRef, useSyncExternalStore, type JSX, type ReactNode } from 'react';
import { counted } from '../format';
import { Failure, Message } from '../views/Message';
import { TabBar } from '../views/TabBar';
import { entries } from './draft';
import { Actions } from './Actions';
import { EntryForm } from './EntryForm';
import { NOUNS, SECTIONS, type Noun } from './fields';
import type { FormState, FormStore } from './form';
import { ListPane } from './ListPane';
import { Preview } from './Preview';
import { dotted, isMissing, keyOf, nounOf, placeOf, type Problem } from './problems';

/** Problems that are listed at once. */
const LISTED = 8;

interface Props {
  store: FormStore;
  /** What is shown of the workflow that was created last. */
  view?(workflowId: number): ReactNode;
}

/** Builds a workflow without a file: its parts, what is wrong with them, what they become, and how to run it. */
export function WorkflowForm({ store, view }: Props): JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const base = useId();
  const root = useRef<HTMLDivElement>(null);
  const wanted = useRef<string | null>(null);
  // With the same commit: a later effect could find the field of the entry before.
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const field = root.current?.querySelector<HTMLElement>(`[id="${base}-${wanted.current}"]`);
    wanted.current = null;
    field?.focus();
  });
  const go = (problem: Problem): void => {
    wanted.current = keyOf(problem) ?? 'name';
    const noun = nounOf(problem);
    store.go(placeOf(problem) ?? (noun && { noun, index: 0 }));
  };
  const { place } = state;
  const errors = state.check?.errors ?? [];
  return (
    <>
      <div className="jp-Torc jp-Torc-form" data-lm-suppress-shortcuts="true" ref={root}>
        <div className="jp-Torc-header">
          <h3>{String(state.draft.name || 'New workflow')}</h3>
          <Verdict state={state} />
        </div>
        <TabBar
          label="Parts of the workflow"
          tabs={[
            { name: 'workflow' as const, title: title('Workflow', null, state, null) },
            ...SECTIONS.map(({ noun, title: name }) => ({
              name: noun,
              title: title(name, noun, state, entries(state.draft, noun).length),
            })),
          ]}
          tab={place?.noun ?? 'workflow'}
          onChange={(name) => store.go(isNoun(name) ? { noun: name, index: 0 } : null)}
        />
        <div className="jp-Torc-pane" role="tabpanel" aria-label={place?.noun.replace('_', ' ') ?? 'workflow'}>
          {place ? (
            <ListPane {...{ base, store, state, ...place }} onNew={() => (wanted.current = 'name')} />
          ) : (
            <EntryForm {...{ base, store, state, place }} />
          )}
        </div>
        {state.error && <Failure error={state.error} />}
        <Problems errors={errors} state={state} onGo={go} />
        <Warnings state={state} />
        <Preview {...{ store, state }} />
        <Actions store={store} state={state} onProblem={() => errors[0] && go(errors[0])} />
      </div>
      {state.created && view?.(state.created.id)}
    </>
  );
}

function isNoun(name: string): name is Noun {
  return NOUNS.some((noun) => noun === name);
}

function title(name: string, noun: Noun | null, state: FormState, count: number | null): JSX.Element {
  const wrong = (state.check?.errors ?? []).filter(
    (problem) => nounOf(problem) === noun && !isMissing(problem, state.draft),
  );
  return (
    <>
      {name}
      {count ? ` (${count})` : ''}
      {wrong.length > 0 && (
        <span className="jp-Torc-mark">
          {' '}
          ✕<span className="jp-Torc-unseen">{counted(wrong.length, 'problem')}</span>
        </span>
      )}
    </>
  );
}

function Verdict({ state }: { state: FormState }): JSX.Element {
  const { check, checking } = state;
  if (!check) return <Message kind="loading">Asking the server…</Message>;
  const missing = check.errors.filter((problem) => isMissing(problem, state.draft)).length;
  const wrong = check.errors.length - missing;
  const words: string[] = [];
  if (check.preview) words.push(`✓ ${counted(check.preview.dag.total_jobs, 'job')}, nothing wrong`);
  if (wrong) words.push(`✕ ${counted(wrong, 'problem')}`);
  if (missing) words.push(`○ ${counted(missing, 'field')} to be filled in`);
  return (
    <span className={`jp-Torc-verdict${wrong ? ' jp-Torc-problem' : ''}`} role="status" aria-busy={checking}>
      {words.join(' · ')}
      {checking && <span className="jp-Torc-unseen"> (checking)</span>}
    </span>
  );
}

interface ProblemsProps {
  errors: readonly Problem[];
  state: FormState;
  onGo(problem: Problem): void;
}

/** What is wrong, each with the way to it. */
function Problems({ errors, state, onGo }: ProblemsProps): JSX.Element | null {
  const wrong = errors.filter((problem) => !isMissing(problem, state.draft));
  if (!wrong.length) return null;
  return (
    <ul className="jp-Torc-problems" aria-label="Problems">
      {wrong.slice(0, LISTED).map((problem) => (
        <li key={`${dotted(problem)} ${problem.message}`}>
          <span aria-hidden="true">✕ </span>
          <button type="button" className="jp-Torc-link" onClick={() => onGo(problem)}>
            {dotted(problem) || 'workflow'}
          </button>{' '}
          {problem.message}
        </li>
      ))}
      {wrong.length > LISTED && <li>and {wrong.length - LISTED} more</li>}
    </ul>
  );
}

function Warnings({ state }: { state: FormState }): JSX.Element | null {
  const warnings = state.check?.warnings ?? [];
  if (!warnings.length) return null;
  return (
    <ul className="jp-Torc-problems jp-Torc-warnings" aria-label="Warnings">
      {warnings.slice(0, LISTED).map((warning) => (
        <li key={warning.message}>
          <span aria-hidden="true">! </span>
          {warning.message}
        </li>
      ))}
    </ul>
  );
}
