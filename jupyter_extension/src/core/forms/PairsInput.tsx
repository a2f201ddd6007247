import { useState, type JSX } from 'react';
import { plain } from './draft';
import type { Field } from './fields';
import type { Control } from './Names';

type Row = readonly [key: string, value: unknown];

interface Props {
  control: Control;
  field: Field;
  value: Readonly<Record<string, unknown>>;
  onChange(value: Record<string, unknown> | undefined): void;
}

/** Keys with texts, one to a row; the last row is for the next one. */
export function PairsInput({ control, field, value, onChange }: Props): JSX.Element {
  const [typed, setTyped] = useState<readonly Row[]>([]);
  // Rows without a key, or with one that is there already, are only here.
  const rows = JSON.stringify(mapped(typed)) === JSON.stringify(value) ? typed : Object.entries(value);
  const change = (next: readonly Row[]): void => {
    const kept = next.filter(([key, text]) => key !== '' || text !== '');
    setTyped(kept);
    const mapping = mapped(kept);
    onChange(Object.keys(mapping).length ? mapping : undefined);
  };
  const one = field.label.toLowerCase();
  return (
    <div className="jp-Torc-pairs" role="group" aria-label={field.label}>
      {[...rows, ['', ''] as const].map(([key, text], number) => {
        const put = (row: Row): void => change([...rows.slice(0, number), row, ...rows.slice(number + 1)]);
        const about = number < rows.length ? `${key || 'row'} of ${one}` : `next of ${one}`;
        return (
          <div className="jp-Torc-pair" key={number}>
            <input
              {...(number === rows.length ? control : {})}
              type="text"
              autoComplete="off"
              spellCheck={false}
              aria-label={`Name, ${about}`}
              placeholder="name"
              value={key}
              onInput={(event) => put([event.currentTarget.value, text])}
            />
            <input
              type="text"
              autoComplete="off"
              spellCheck={false}
              aria-label={`Value, ${about}`}
              placeholder={field.example ?? 'value'}
              value={plain(text)}
              onInput={(event) => put([key, event.currentTarget.value])}
            />
            {number < rows.length && (
              <button
                type="button"
                className="jp-Torc-button"
                aria-label={`Take away ${about}`}
                onClick={() => change(rows.filter((_, other) => other !== number))}
              >
                ×
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

function mapped(rows: readonly Row[]): Record<string, unknown> {
  return Object.fromEntries(rows.filter(([key]) => key !== ''));
}
