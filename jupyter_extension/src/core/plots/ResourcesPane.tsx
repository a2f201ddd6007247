import { useEffect, useRef, useState, type JSX } from 'react';
import { count } from '../format';
import type { State, WorkflowStore } from '../store';
import { ended } from '../status';
import { Failure, Message } from '../views/Message';
import { Plot, type Kind } from './plot';
import { useTheme } from './theme';

const TITLES: ReadonlyArray<[Kind, string, about: string]> = [
  ['cpu', 'CPU', 'The CPU use of all jobs'],
  ['memory', 'Memory', 'The memory of all jobs'],
  ['summary', 'Summary', 'Peak, average and what was asked for'],
  ['gantt', 'Timeline', 'When each job ran'],
  ['nodes', 'Machines', 'CPU and memory of the machines'],
];

interface Props {
  store: WorkflowStore;
  state: State;
  selected: number | null;
}

/** Plots of what jobs use, live while they run. */
export function ResourcesPane({ store, state, selected }: Props): JSX.Element {
  const [chosen, setChosen] = useState<Kind>(selected === null ? 'cpu' : 'job');
  const job = state.jobs.find((one) => one.id === selected);
  const kind = chosen === 'job' && !job ? 'cpu' : chosen;
  return (
    <>
      <div className="jp-Torc-tools">
        <span className="jp-Torc-switch" role="group" aria-label="Plot">
          {TITLES.map(([name, title, about]) => (
            <Choice key={name} active={kind === name} about={about} onChoose={() => setChosen(name)}>
              {title}
            </Choice>
          ))}
          {job && (
            <Choice active={kind === 'job'} about="CPU, memory and processes of this job" onChoose={() => setChosen('job')}>
              {job.name}
            </Choice>
          )}
        </span>
        {!job && <span className="jp-Torc-found">A job that is chosen in the table has a plot of its own.</span>}
      </div>
      <PlotView
        store={store}
        kind={kind}
        jobId={kind === 'job' && job ? job.id : null}
        mark={kind === 'job' ? (job?.status ?? '') : `${count(state.counts.running)} ${count(ended(state.counts))}`}
      />
    </>
  );
}

interface ChoiceProps {
  active: boolean;
  about: string;
  children: string;
  onChoose(): void;
}

function Choice({ active, about, children, onChoose }: ChoiceProps): JSX.Element {
  return (
    <button type="button" aria-pressed={active} title={about} onClick={onChoose}>
      {children}
    </button>
  );
}

interface PlotProps {
  store: WorkflowStore;
  kind: Kind;
  jobId: number | null;
  /** Another mark means that jobs have started or ended. */
  mark: string;
}

function PlotView({ store, kind, jobId, mark }: PlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const drawn = useRef(mark);
  const theme = useTheme(place);
  const [title, setTitle] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    const holder = place.current;
    if (!holder || !theme) return;
    setTitle(null);
    setError(null);
    const made = new Plot(holder, store, kind, jobId, theme, {
      onShown: (name) => {
        setTitle(name);
        setError(null);
        holder.style.minHeight = '';
      },
      onFailed: (failure) => {
        setError(failure);
        holder.style.minHeight = '';
      },
    });
    plot.current = made;
    return () => {
      // The page stays where it is until the next plot is there.
      holder.style.minHeight = `${holder.offsetHeight}px`;
      made.close();
    };
  }, [store, kind, jobId, theme]);
  useEffect(() => {
    if (drawn.current !== mark) plot.current?.refresh();
    drawn.current = mark;
  }, [mark]);
  return (
    <div className="jp-Torc-resources" role="figure" aria-label={title ?? 'Plot'}>
      {error && <Failure error={error} />}
      {!error && title === null && <Message kind="loading">Drawing…</Message>}
      <div className="jp-Torc-plots" ref={place} />
    </div>
  );
}
