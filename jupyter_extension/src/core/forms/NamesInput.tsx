import { useState, type JSX, type KeyboardEvent } from 'react';
import { Names, type Control } from './Names';

interface Props {
  control: Control;
  value: readonly string[];
  names: readonly string[];
  onChange(value: string[]): void;
}

/** A list of names: those that there are can be chosen, others typed; Enter or a comma ends one. */
export function NamesInput({ control, value, names, onChange }: Props): JSX.Element {
  const [typed, setTyped] = useState('');
  const add = (text: string): void => {
    const given = names.includes(text) ? [text] : text.split(',').map((name) => name.trim());
    const fresh = given.filter((name, number) => name && !value.includes(name) && given.indexOf(name) === number);
    if (fresh.length) onChange([...value, ...fresh]);
    setTyped('');
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const text = event.currentTarget.value;
    if (event.key === 'Enter' || (event.key === ',' && text.trim())) {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '' && value.length) {
      onChange(value.slice(0, -1));
    }
  };
  const left = names.filter((name) => !value.includes(name));
  return (
    <div className="jp-Torc-names">
      {value.map((name) => (
        <button
          key={name}
          type="button"
          className="jp-Torc-chip"
          aria-label={`Take away ${name}`}
          onClick={() => onChange(value.filter((other) => other !== name))}
        >
          {name} <span aria-hidden="true">×</span>
        </button>
      ))}
      <input
        {...control}
        type="text"
        autoComplete="off"
        spellCheck={false}
        list={`${control.id}-names`}
        placeholder={left.length ? 'name, then Enter' : ''}
        value={typed}
        onInput={(event) => {
          const text = event.currentTarget.value;
          // What is chosen from the list comes as one input, letters come as several.
          if (left.includes(text) && (event.nativeEvent as InputEvent).inputType !== 'insertText') add(text);
          else setTyped(text);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => add(typed)}
      />
      <Names id={`${control.id}-names`} names={left} />
    </div>
  );
}
