import type { JSX } from 'react';

/** What stays at the end: of names of jobs it tells the parameters. */
const END = 12;

/** Text that loses its middle where it has no room; whoever shows it gives the whole as a title. */
export function MiddleCut({ text }: { text: string }): JSX.Element {
  if (text.length <= 2 * END) return <>{text}</>;
  return (
    <span className="jp-Torc-middleCut">
      <span>{text.slice(0, -END)}</span>
      <span>{text.slice(-END)}</span>
    </span>
  );
}
