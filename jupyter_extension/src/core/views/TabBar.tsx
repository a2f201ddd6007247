import type { JSX, KeyboardEvent, ReactNode } from 'react';

interface Props<Name extends string> {
  label: string;
  tabs: ReadonlyArray<{ name: Name; title: ReactNode }>;
  tab: Name;
  onChange(tab: Name): void;
}

/** Tabs, moved with the arrow keys. */
export function TabBar<Name extends string>({ label, tabs, tab, onChange }: Props<Name>): JSX.Element {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const to = (tabs.findIndex(({ name }) => name === tab) + by + tabs.length) % tabs.length;
    onChange(tabs[to]!.name);
    (event.currentTarget.children[to] as HTMLElement | undefined)?.focus();
  };
  return (
    <div className="jp-Torc-tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={tab === name}
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onChange(name)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
