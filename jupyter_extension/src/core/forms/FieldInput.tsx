import { useState, type JSX } from 'react';
import { Names, type Control } from './Names';
import { NamesInput } from './NamesInput';
import { PairsInput } from './PairsInput';
import { ProblemLine } from './ProblemLine';
import { isMapping, plain, textOf, valueOf } from './draft';
import type { Field } from './fields';
import type { Problem } from './problems';

interface Props {
  id: string;
  field: Field;
  value: unknown;
  /** Names that can be chosen. */
  names: readonly string[];
  problems: readonly Problem[];
  /** The problem is only that nothing stands here yet. */
  missing: boolean;
  onChange(value: unknown): void;
}

/** One field with its label, what it is for, and what is wrong with it. */
export function FieldInput({ id, field, value, names, problems, missing, onChange }: Props): JSX.Element {
  const wrong = problems.length > 0 && !missing;
  const control = { id, 'aria-invalid': wrong, 'aria-describedby': `${id}-about` };
  const wide = field.kind === 'code' || field.kind === 'pairs' || field.kind === 'names' || field.kind === 'json';
  return (
    <div className={`jp-Torc-field${wide ? ' jp-Torc-wide' : ''}${wrong ? ' jp-Torc-wrong' : ''}`}>
      <label htmlFor={id}>
        {field.label}
        {field.required && <span className="jp-Torc-required"> (required)</span>}
      </label>
      <Input {...{ control, field, value, names, onChange }} />
      <div id={`${id}-about`} className="jp-Torc-about">
        {field.about}
        {missing && (
          <p className="jp-Torc-missing">
            <span aria-hidden="true">○ </span>
            Still to be filled in
          </p>
        )}
        {wrong && problems.map((problem) => <ProblemLine key={problem.message} problem={problem} />)}
      </div>
    </div>
  );
}

interface InputProps {
  control: Control;
  field: Field;
  value: unknown;
  names: readonly string[];
  onChange(value: unknown): void;
}

function Input({ control, field, value, names, onChange }: InputProps): JSX.Element {
  switch (field.kind) {
    case 'names':
      return (
        <NamesInput
          {...{ control, names }}
          value={texts(value)}
          onChange={(list) => onChange(list.length ? list : undefined)}
        />
      );
    case 'pairs':
      return <PairsInput {...{ control, field, onChange }} value={isMapping(value) ? value : {}} />;
    case 'flag':
      return <Flag {...{ control, field, value, onChange }} />;
    case 'choice':
      return <Choice {...{ control, field, value, onChange }} />;
    default:
      return <TextInput {...{ control, field, value, names, onChange }} />;
  }
}

function TextInput({ control, field, value, names, onChange }: InputProps): JSX.Element {
  const [typed, setTyped] = useState('');
  // As long as it means the same, a text stays as it was typed: `1.0` is not turned into `1` before it is `1.05`.
  const text = same(valueOf(field, typed), value) ? typed : textOf(field, value);
  const shared = {
    ...control,
    value: text,
    placeholder: field.example ?? '',
    spellCheck: false,
    onInput: (event: { currentTarget: { value: string } }) => {
      setTyped(event.currentTarget.value);
      onChange(valueOf(field, event.currentTarget.value));
    },
  };
  if (field.kind === 'code' || field.kind === 'lines' || field.kind === 'json') {
    const rows = Math.min(12, Math.max(field.kind === 'code' ? 2 : 1, text.split('\n').length));
    return <textarea {...shared} rows={rows} className="jp-Torc-code" />;
  }
  return (
    <>
      <input {...shared} type="text" autoComplete="off" {...(names.length ? { list: `${control.id}-names` } : {})} />
      <Names id={`${control.id}-names`} names={names} />
    </>
  );
}

function Flag({ control, field, value, onChange }: Omit<InputProps, 'names'>): JSX.Element {
  const usual = field.otherwise ?? false;
  return (
    <input
      {...control}
      type="checkbox"
      checked={typeof value === 'boolean' ? value : usual}
      onChange={(event) => onChange(event.currentTarget.checked === usual ? undefined : event.currentTarget.checked)}
    />
  );
}

function Choice({ control, field, value, onChange }: Omit<InputProps, 'names'>): JSX.Element {
  const choices = field.choices ?? [];
  const text = value === undefined ? '' : plain(value);
  return (
    <select {...control} value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
      {!field.required && <option value="">(default)</option>}
      {(text === '' || choices.includes(text) ? choices : [text, ...choices]).map((choice) => (
        <option key={choice} value={choice}>
          {choice.replaceAll('_', ' ')}
        </option>
      ))}
    </select>
  );
}

function texts(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(plain) : [plain(value)];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
