import type { JSX } from 'react';

/** What every way of writing a value gets. */
export interface Control {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
}

/** Names that a browser offers at once at most. */
const OFFERED = 200;

/** Names that a browser offers while one is typed. */
export function Names({ id, names }: { id: string; names: readonly string[] }): JSX.Element | null {
  if (!names.length) return null;
  return (
    <datalist id={id}>
      {[...new Set(names)].slice(0, OFFERED).map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
