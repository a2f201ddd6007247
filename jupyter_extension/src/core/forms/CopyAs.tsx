import { useEffect, useRef, useState, type JSX } from 'react';
import type { Place } from './draft';
import type { Noun } from './fields';
import type { FormStore } from './form';

const FORMS: ReadonlyArray<[form: string, title: string]> = [
  ['yaml', 'YAML'],
  ['python', 'Python'],
];
const MAGIC = ['magic', 'magic'] as const;
/** Entries that have magics of their own. */
const WITH_MAGIC: readonly Noun[] = ['jobs', 'slurm_schedulers'];

/** Put the workflow, or one entry of it, on the clipboard in one of the forms that it can have. */
export function CopyAs({ store, place }: { store: FormStore; place: Place }): JSX.Element {
  const [said, setSaid] = useState('');
  const [text, setText] = useState<string | null>(null);
  const copy = async (form: string, title: string): Promise<void> => {
    setText(null);
    const written = (await store.texts(place))[form];
    if (written === undefined) return setSaid('No magic can say all of it: take YAML or Python.');
    const done = await onClipboard(written);
    setSaid(done ? `Copied as ${title}` : 'Press Ctrl+C to copy:');
    if (!done) setText(written);
  };
  return (
    <span className="jp-Torc-copy" role="group" aria-label={place ? 'Copy this entry' : 'Copy the workflow'}>
      <span role="status" className="jp-Torc-about">
        {said}
      </span>
      {text !== null && <Selected text={text} />}
      {[...FORMS, ...(!place || WITH_MAGIC.includes(place.noun) ? [MAGIC] : [])].map(([form, title]) => (
        <button
          key={form}
          type="button"
          className="jp-Torc-button"
          onClick={() => copy(form, title).catch((error: Error) => setSaid(error.message))}
        >
          Copy as {title}
        </button>
      ))}
    </span>
  );
}

/** Put a text on the clipboard; pages that are not secure have none. */
async function onClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function Selected({ text }: { text: string }): JSX.Element {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    box.current?.focus();
    box.current?.select();
  }, [text]);
  return <textarea ref={box} readOnly className="jp-Torc-code" rows={3} value={text} aria-label="Text to copy" />;
}
