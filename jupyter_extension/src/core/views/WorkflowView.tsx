import { useEffect, useState, type JSX } from 'react';
import { ResourcesPane } from '../plots/ResourcesPane';
import { NO_FILTER, type Filter, type Sorting } from '../selection';
import type { State, WorkflowStore } from '../store';
import { DagView } from './DagView';
import { EventList } from './EventList';
import { Header } from './Header';
import { JobDetail } from './JobDetail';
import { JobsPane } from './JobsPane';
import { Failure, Message } from './Message';
import { OutlookLine, ProgressBar } from './ProgressBar';
import { StatusFilter } from './StatusFilter';
import { TabBar } from './TabBar';
import { useNow, useStore } from './use';

export type Tab = 'jobs' | 'graph' | 'resources' | 'events';
const TABS: ReadonlyArray<{ name: Tab; title: string }> = [
  { name: 'jobs', title: 'Jobs' },
  { name: 'graph', title: 'Graph' },
  { name: 'resources', title: 'Resources' },
  { name: 'events', title: 'Events' },
];

/** A workflow with everything in it: counts, jobs, graph, events, logs. */
export function WorkflowView({ store, first = 'jobs' }: { store: WorkflowStore; first?: Tab }): JSX.Element {
  const state = useStore(store);
  const [tab, setTab] = useState<Tab>(first);
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [sorting, setSorting] = useState<Sorting>({ key: 'id', descending: false });
  const [selected, setSelected] = useState<number | null>(null);
  const now = useNow(store, state.counts.running > 0);
  const showsGraph = tab === 'graph';
  useEffect(() => {
    if (showsGraph) store.wantDag();
  }, [store, showsGraph]);
  const blank = <Blank state={state} />;
  if (!state.status) return blank;
  const job = selected === null ? undefined : state.jobs.find((one) => one.id === selected);
  return (
    <div className="jp-Torc" data-lm-suppress-shortcuts="true">
      <Header store={store} state={state} status={state.status} />
      <Summary store={store} state={state} />
      <StatusFilter
        counts={state.counts}
        chosen={filter.statuses}
        onChange={(statuses) => {
          setFilter({ ...filter, statuses });
          setTab('jobs');
        }}
      />
      <TabBar<Tab> label="Parts of the workflow" tabs={TABS} tab={tab} onChange={setTab} />
      <div className="jp-Torc-pane" role="tabpanel" aria-label={TABS.find(({ name }) => name === tab)!.title}>
        {tab === 'jobs' && (
          <JobsPane
            {...{ state, now, filter, sorting, selected }}
            onFilter={setFilter}
            onSort={setSorting}
            onSelect={setSelected}
          />
        )}
        {tab === 'graph' && (
          <DagView
            {...{ state, selected }}
            onSelect={setSelected}
            onGroup={(group) => {
              setFilter({ ...NO_FILTER, group });
              setTab('jobs');
            }}
          />
        )}
        {tab === 'resources' && <ResourcesPane {...{ store, state, selected }} />}
        {tab === 'events' && <EventList events={state.events} />}
      </div>
      {job && (tab === 'jobs' || tab === 'graph') && <JobDetail key={job.id} store={store} job={job} onClose={() => setSelected(null)} />}
    </div>
  );
}

/** Only the bar and the numbers, for the end of a cell that waits. */
export function ProgressView({ store }: { store: WorkflowStore }): JSX.Element {
  const state = useStore(store);
  if (!state.status) return <Blank state={state} />;
  return (
    <div className="jp-Torc jp-Torc-compact" data-lm-suppress-shortcuts="true">
      <Header store={store} state={state} status={state.status} />
      <Summary store={store} state={state} />
    </div>
  );
}

function Summary({ store, state }: { store: WorkflowStore; state: State }): JSX.Element {
  useNow(store, state.counts.running > 0);
  return (
    <div className="jp-Torc-summary">
      <ProgressBar counts={state.counts} label="Jobs that have ended" />
      <OutlookLine counts={state.counts} outlook={store.outlook()} />
    </div>
  );
}

function Blank({ state }: { state: State }): JSX.Element {
  return (
    <div className="jp-Torc">
      {state.phase === 'loading' && <Message kind="loading">Asking the server…</Message>}
      {state.phase === 'gone' && <Message kind="empty">There is no such workflow any more.</Message>}
      {state.phase === 'failed' && state.error && <Failure error={state.error} />}
    </div>
  );
}
