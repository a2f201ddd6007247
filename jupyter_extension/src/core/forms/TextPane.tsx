import { useEffect, useState, type JSX } from 'react';
import { Failure, Message } from '../views/Message';
import type { FormState, FormStore } from './form';

const FORMS: ReadonlyArray<[form: string, title: string]> = [
  ['yaml', 'YAML'],
  ['python', 'Python'],
  ['magic', 'Magic'],
  ['json', 'JSON'],
  ['kdl', 'KDL'],
];

/** The whole workflow as text, in the form that is chosen. */
export function TextPane({ store, state }: { store: FormStore; state: FormState }): JSX.Element {
  const [form, setForm] = useState('yaml');
  const [texts, setTexts] = useState<Record<string, string> | null>(null);
  const [error, setError] = useState<Error | null>(null);
  // The server's word comes when the typing has paused: that is when it is worth writing it anew.
  useEffect(() => {
    let gone = false;
    store.texts(null).then(
      (written) => {
        if (gone) return;
        setTexts(written);
        setError(null);
      },
      (failure: Error) => {
        if (!gone) setError(failure);
      },
    );
    return () => {
      gone = true;
    };
  }, [store, state.check]);
  return (
    <>
      <div className="jp-Torc-switch" role="group" aria-label="Form of the text">
        {FORMS.map(([name, title]) => (
          <button key={name} type="button" aria-pressed={form === name} onClick={() => setForm(name)}>
            {title}
          </button>
        ))}
      </div>
      {error && <Failure error={error} />}
      {!error && !texts && <Message kind="loading">Writing…</Message>}
      {!error && texts && (
        <pre className="jp-Torc-output" tabIndex={0} aria-label="The workflow as text">
          {texts[form]}
        </pre>
      )}
    </>
  );
}
