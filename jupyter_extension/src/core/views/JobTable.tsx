import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { bytes, duration, percent } from '../format';
import type { Job } from '../jobs';
import type { SortKey, Sorting } from '../selection';
import { MiddleCut } from './MiddleCut';
import { StatusLabel } from './StatusIcon';

const ROW = 28;
const HEAD = 29;
const MAX_ROWS = 12;
/** Rows that are in the page above and below those in sight. */
const OVERSCAN = 8;

interface Props {
  jobs: readonly Job[];
  sorting: Sorting;
  selected: number | null;
  now: number;
  onSort(sorting: Sorting): void;
  onSelect(jobId: number | null): void;
}

interface Column {
  key: SortKey;
  title: string;
  cell(job: Job, now: number): JSX.Element | string;
  numeric?: boolean;
  about?: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'id', title: 'ID', numeric: true, cell: (job) => String(job.id) },
  { key: 'name', title: 'Name', cell: (job) => <MiddleCut text={job.name} /> },
  { key: 'status', title: 'Status', cell: (job) => <StatusLabel status={job.status} /> },
  { key: 'seconds', title: 'Time', numeric: true, cell: elapsed },
  {
    key: 'cpu',
    title: 'CPU',
    numeric: true,
    about: 'Percent of a core: now while a job runs, at its peak afterwards; and what it asked for',
    cell: (job) => <Amount value={job.cpu} asked={job.requested?.cpu ?? null} text={percent} />,
  },
  {
    key: 'memory',
    title: 'Memory',
    numeric: true,
    about: 'Now while a job runs, at its peak afterwards; and what it asked for',
    cell: (job) => <Amount value={job.memory} asked={job.requested?.memory ?? null} text={bytes} />,
  },
  {
    key: 'returnCode',
    title: 'Code',
    numeric: true,
    cell: (job) => (job.returnCode === null ? '' : String(job.returnCode)),
  },
];

function elapsed(job: Job, now: number): string {
  if (job.started !== null) return duration((now - job.started) / 1000);
  return job.seconds === null ? '' : duration(job.seconds);
}

interface AmountProps {
  value: number | null;
  asked: number | null;
  text(value: number): string;
}

/** What a job uses, beside what it asked for. */
function Amount({ value, asked, text }: AmountProps): JSX.Element {
  if (value === null) return <></>;
  const over = asked !== null && value > 1.02 * asked;
  return (
    <>
      <span className={over ? 'jp-Torc-over' : undefined} title={over ? 'More than it asked for' : undefined}>
        {text(value)}
      </span>
      {asked !== null && <span className="jp-Torc-asked"> / {text(asked)}</span>}
    </>
  );
}

/** Jobs as rows, of which only those in sight are in the page. */
export function JobTable({ jobs, sorting, selected, now, onSort, onSelect }: Props): JSX.Element {
  const grid = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [cursor, setCursor] = useState(0);
  const at = Math.min(cursor, Math.max(0, jobs.length - 1));
  const first = Math.max(0, Math.min(Math.floor(top / ROW), jobs.length - MAX_ROWS) - OVERSCAN);
  const shown = jobs.slice(first, first + MAX_ROWS + 2 * OVERSCAN);
  const asks = useMemo(() => jobs.some((job) => job.requested !== null), [jobs]);
  const prefix = useMemo(() => `torc-${Math.random().toString(36).slice(2)}`, []);

  useEffect(() => {
    const view = grid.current;
    if (!view) return;
    const room = view.clientHeight - HEAD;
    if (at * ROW < view.scrollTop) view.scrollTop = at * ROW;
    else if ((at + 1) * ROW > view.scrollTop + room) view.scrollTop = (at + 1) * ROW - room;
  }, [at]);

  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter on a title sorts.
    if ((event.target as Element).closest('.jp-Torc-head')) return;
    const page = MAX_ROWS - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: jobs.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) setCursor(Math.max(0, Math.min(next, jobs.length - 1)));
    else if ((event.key === 'Enter' || event.key === ' ') && jobs[at]) onSelect(jobs[at].id);
    else if (event.key === 'Escape') onSelect(null);
    else return;
    event.preventDefault();
  };

  return (
    <div
      className={`jp-Torc-table${asks ? ' jp-Torc-asks' : ''}`}
      role="grid"
      ref={grid}
      style={{ maxHeight: HEAD + MAX_ROWS * ROW + 2 }}
      aria-label="Jobs"
      aria-rowcount={jobs.length + 1}
      aria-readonly="true"
      tabIndex={0}
      aria-activedescendant={jobs[at] ? `${prefix}-${jobs[at].id}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div className="jp-Torc-row jp-Torc-head" role="row" aria-rowindex={1} style={{ height: HEAD }}>
        {COLUMNS.map((column) => (
          <Head key={column.key} column={column} sorting={sorting} onSort={onSort} />
        ))}
      </div>
      <div className="jp-Torc-rows" role="rowgroup" style={{ height: jobs.length * ROW }}>
        {shown.map((job, position) => (
          <Row
            key={job.id}
            id={`${prefix}-${job.id}`}
            job={job}
            index={first + position}
            now={job.started === null ? 0 : now}
            selected={job.id === selected}
            current={first + position === at}
            onSelect={() => {
              setCursor(first + position);
              onSelect(job.id === selected ? null : job.id);
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface HeadProps {
  column: Column;
  sorting: Sorting;
  onSort(sorting: Sorting): void;
}

function Head({ column, sorting, onSort }: HeadProps): JSX.Element {
  const active = sorting.key === column.key;
  const direction = sorting.descending ? 'descending' : 'ascending';
  return (
    <div
      className={`jp-Torc-cell jp-Torc-column-${column.key}`}
      role="columnheader"
      aria-sort={active ? direction : 'none'}
    >
      <button
        type="button"
        title={column.about}
        onClick={() => onSort({ key: column.key, descending: active && !sorting.descending })}
      >
        {column.title}
        <span aria-hidden="true">{active ? (sorting.descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </div>
  );
}

interface RowProps {
  id: string;
  job: Job;
  index: number;
  now: number;
  selected: boolean;
  current: boolean;
  onSelect(): void;
}

function Row({ id, job, index, now, selected, current, onSelect }: RowProps): JSX.Element {
  return (
    <div
      id={id}
      className={`jp-Torc-row${current ? ' jp-Torc-current' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-job={job.id}
      style={{ top: index * ROW, height: ROW }}
      onClick={onSelect}
    >
      {COLUMNS.map((column) => (
        <div
          key={column.key}
          className={`jp-Torc-cell jp-Torc-column-${column.key}`}
          role="gridcell"
          title={column.key === 'name' ? `${job.name}\n${job.command}` : undefined}
        >
          {column.cell(job, now)}
        </div>
      ))}
    </div>
  );
}
