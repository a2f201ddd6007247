import type { JSX } from 'react';
import { entries, entryAt, moved, plain, withEntry, withoutEntry } from './draft';
import { EntryForm } from './EntryForm';
import { sectionOf, type Noun } from './fields';
import type { FormState, FormStore } from './form';
import { isMissing, placeOf, samePlace } from './problems';

interface Props {
  base: string;
  store: FormStore;
  state: FormState;
  noun: Noun;
  index: number;
  /** Another entry comes: the cursor goes to its name. */
  onNew(): void;
}

/** The entries of one list, and the form of the one that is chosen. */
export function ListPane({ base, store, state, noun, index, onNew }: Props): JSX.Element {
  const section = sectionOf(noun);
  const listed = entries(state.draft, noun);
  const place = { noun, index };
  const add = (entry = {}): void => {
    const fresh = Object.keys(entry).length ? entry : undefined;
    onNew();
    store.change(withEntry(state.draft, noun, fresh), { noun, index: listed.length });
  };
  const remove = (): void =>
    store.change(withoutEntry(state.draft, noun, index), { noun, index: Math.max(0, Math.min(index, listed.length - 2)) });
  const move = (to: number): void => store.change(moved(state.draft, noun, index, to), { noun, index: to });
  return (
    <div className="jp-Torc-list">
      <div className="jp-Torc-entries">
        <p className="jp-Torc-about">{section.about}</p>
        <ol aria-label={section.title}>
          {listed.map((entry, number) => (
            <li key={number}>
              <button
                type="button"
                className="jp-Torc-pick"
                aria-current={number === index}
                onClick={() => store.go({ noun, index: number })}
              >
                <span className="jp-Torc-pickName">{titleOf(entry, section.one)}</span>
                <Marks state={state} noun={noun} index={number} />
              </button>
            </li>
          ))}
        </ol>
        <button type="button" className="jp-Torc-button" onClick={() => add()}>
          Add {section.one}
        </button>
      </div>
      {index < listed.length && (
        <div className="jp-Torc-chosen" role="group" aria-label={`The ${section.one} ${titleOf(listed[index]!, '')}`}>
          <EntryForm key={`${noun}-${index}`} {...{ base, store, state, place }} />
          <div className="jp-Torc-tools">
            <button type="button" className="jp-Torc-button" onClick={() => add(entryAt(state.draft, place))}>
              Duplicate
            </button>
            <button type="button" className="jp-Torc-button" disabled={index === 0} onClick={() => move(index - 1)}>
              Up
            </button>
            <button
              type="button"
              className="jp-Torc-button"
              disabled={index === listed.length - 1}
              onClick={() => move(index + 1)}
            >
              Down
            </button>
            <button type="button" className="jp-Torc-button" onClick={remove}>
              Remove
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

function titleOf(entry: Readonly<Record<string, unknown>>, one: string): string {
  const title = plain(entry.name ?? entry.trigger_type ?? '');
  return title || (one && `(new ${one})`);
}

function Marks({ state, noun, index }: { state: FormState; noun: Noun; index: number }): JSX.Element | null {
  const wrong = (state.check?.errors ?? []).filter(
    (problem) => samePlace(placeOf(problem), { noun, index }) && !isMissing(problem, state.draft),
  );
  if (!wrong.length) return null;
  return (
    <span className="jp-Torc-mark" title={wrong[0]!.message}>
      ✕<span className="jp-Torc-unseen">has a problem</span>
    </span>
  );
}
