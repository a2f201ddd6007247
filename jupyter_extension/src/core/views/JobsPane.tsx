import { useMemo, type JSX } from 'react';
import { count, counted } from '../format';
import type { Job } from '../jobs';
import { chosen, NO_FILTER, type Filter, type Sorting } from '../selection';
import type { State } from '../store';
import { JobTable } from './JobTable';
import { Message } from './Message';

interface Props {
  state: State;
  now: number;
  filter: Filter;
  sorting: Sorting;
  selected: number | null;
  onFilter(filter: Filter): void;
  onSort(sorting: Sorting): void;
  onSelect(jobId: number | null): void;
}

/** The table of jobs with what narrows it. */
export function JobsPane({ state, now, filter, sorting, selected, onFilter, onSort, onSelect }: Props): JSX.Element {
  const jobs = useMemo(() => chosen(state.jobs, filter, sorting), [state.jobs, filter, sorting]);
  return (
    <>
      <div className="jp-Torc-tools">
        <input
          type="search"
          className="jp-Torc-search"
          placeholder="Filter by name, command or id"
          aria-label="Filter jobs by name, command or id"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
        {filter.group && (
          <button type="button" className="jp-Torc-chip" onClick={() => onFilter({ ...filter, group: null })}>
            {filter.group.label} <span aria-hidden="true">×</span>
            <span className="jp-Torc-unseen">Show all groups</span>
          </button>
        )}
        <span className="jp-Torc-found" role="status">
          {jobs.length === state.jobs.length
            ? counted(jobs.length, 'job')
            : `${count(jobs.length)} of ${counted(state.jobs.length, 'job')}`}
        </span>
      </div>
      <Rows jobs={jobs} all={state.jobs.length} complete={state.complete} onClear={() => onFilter(NO_FILTER)}>
        <JobTable {...{ jobs, sorting, selected, now, onSort, onSelect }} />
      </Rows>
    </>
  );
}

interface RowsProps {
  jobs: readonly Job[];
  all: number;
  complete: boolean;
  onClear(): void;
  children: JSX.Element;
}

function Rows({ jobs, all, complete, onClear, children }: RowsProps): JSX.Element {
  if (jobs.length) return children;
  if (!complete) return <Message kind="loading">Reading jobs…</Message>;
  if (!all) return <Message kind="empty">This workflow has no jobs yet.</Message>;
  return (
    <Message kind="empty">
      No job fits this filter.{' '}
      <button type="button" className="jp-Torc-link" onClick={onClear}>
        Show all jobs
      </button>
    </Message>
  );
}
