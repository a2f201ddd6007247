import { useId, useState, type JSX } from 'react';
import { useAction } from '../views/use';
import { Failure } from '../views/Message';
import type { FormStore } from './form';
import { ProblemLine } from './ProblemLine';
import type { Problem } from './problems';

/** Begin from a text that is pasted. */
export function LoadPane({ store, onLoaded }: { store: FormStore; onLoaded(): void }): JSX.Element {
  const id = useId();
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [run, busy, error] = useAction();
  const load = (): void =>
    run(async () => {
      const found = await store.load(text.replace(/^\s*%%torc\b[^\n]*\n/, ''));
      setProblems(found);
      if (!found.length) onLoaded();
    });
  return (
    <div className="jp-Torc-field">
      <label htmlFor={id}>A specification in YAML, JSON, JSON5 or KDL; it takes the place of what the form has now</label>
      <textarea
        id={id}
        className="jp-Torc-code"
        rows={8}
        spellCheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {error && <Failure error={error} />}
      {problems.map((problem) => (
        <ProblemLine key={problem.message} problem={problem} role="alert">
          {problem.line ? `line ${problem.line}, column ${problem.column}: ` : ''}
        </ProblemLine>
      ))}
      <div className="jp-Torc-tools">
        <button type="button" className="jp-Torc-button" disabled={busy || !text.trim()} onClick={load}>
          Load
        </button>
      </div>
    </div>
  );
}
