import { useState, type JSX } from 'react';
import { entryAt, namesOf, withValue, type Place } from './draft';
import { CopyAs } from './CopyAs';
import { FieldInput } from './FieldInput';
import { sectionOf, WORKFLOW, type Field } from './fields';
import type { FormState, FormStore } from './form';
import { ProblemLine } from './ProblemLine';
import { isMissing, keyOf, nounOf, placeOf, samePlace, type Problem } from './problems';

interface Props {
  base: string;
  store: FormStore;
  state: FormState;
  place: Place;
}

/** The fields of the workflow, or of one entry of a list. */
export function EntryForm({ base, store, state, place }: Props): JSX.Element {
  const [more, setMore] = useState(false);
  const fields = place ? sectionOf(place.noun).fields : WORKFLOW;
  const entry = entryAt(state.draft, place);
  const problems = problemsOf(state, place);
  const change = (key: string, value: unknown): void => store.change(withValue(state.draft, place, key, value));
  const hidden = (field: Field): boolean =>
    !more && !!field.rare && !(field.key in entry) && !problems.some((problem) => keyOf(problem) === field.key);
  return (
    <div className="jp-Torc-entry">
      <General {...{ fields, problems }} />
      <div className="jp-Torc-fields">
        {fields.filter((field) => !hidden(field)).map((field) => {
          const own = problems.filter((problem) => keyOf(problem) === field.key);
          return (
            <FieldInput
              key={field.key}
              id={`${base}-${field.key}`}
              field={field}
              value={entry[field.key]}
              names={namesOf(state.draft, field.of).filter((name) => field.key !== 'depends_on' || name !== entry.name)}
              problems={own}
              missing={own.length > 0 && own.every((problem) => isMissing(problem, state.draft))}
              onChange={(value) => change(field.key, value)}
            />
          );
        })}
      </div>
      <Others {...{ fields, entry, place }} onRemove={(key) => change(key, undefined)} />
      <div className="jp-Torc-tools">
        {fields.some((field) => field.rare) && (
          <button type="button" className="jp-Torc-link" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? 'Fewer fields' : 'More fields'}
          </button>
        )}
        <span className="jp-Torc-space" />
        <CopyAs key={`${place?.noun}-${place?.index}`} store={store} place={place} />
      </div>
    </div>
  );
}

function problemsOf(state: FormState, place: Place): Problem[] {
  return (state.check?.errors ?? []).filter((problem) =>
    place ? samePlace(placeOf(problem), place) : nounOf(problem) === null,
  );
}

/** Problems that belong to no field. */
function General({ fields, problems }: { fields: readonly Field[]; problems: readonly Problem[] }): JSX.Element {
  const rest = problems.filter((problem) => !fields.some((field) => field.key === keyOf(problem)));
  return (
    <>
      {rest.map((problem) => (
        <ProblemLine key={problem.message} problem={problem} />
      ))}
    </>
  );
}

interface OthersProps {
  fields: readonly Field[];
  entry: Readonly<Record<string, unknown>>;
  place: Place;
  onRemove(key: string): void;
}

/** Keys that a text brought along and that no field is for. */
function Others({ fields, entry, place, onRemove }: OthersProps): JSX.Element {
  const known = new Set(fields.map((field) => field.key));
  const keys = Object.keys(entry).filter((key) => !known.has(key) && (place || !Array.isArray(entry[key])));
  return (
    <>
      {keys.map((key) => (
        <p key={key} className="jp-Torc-about">
          <code>
            {key}: {JSON.stringify(entry[key])}
          </code>{' '}
          <button type="button" className="jp-Torc-link" onClick={() => onRemove(key)}>
            Remove {key}
          </button>
        </p>
      ))}
    </>
  );
}
