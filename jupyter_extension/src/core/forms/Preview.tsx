import { useState, type JSX } from 'react';
import { counted } from '../format';
import { DagView } from '../views/DagView';
import { Message } from '../views/Message';
import { TabBar } from '../views/TabBar';
import type { PlannedStage, SpecificationPreview } from '../wire';
import type { FormState, FormStore } from './form';
import { LoadPane } from './LoadPane';
import { TextPane } from './TextPane';

type Tab = 'plan' | 'graph' | 'jobs' | 'text' | 'load';
const TABS: ReadonlyArray<{ name: Tab; title: string }> = [
  { name: 'plan', title: 'Plan' },
  { name: 'graph', title: 'Graph' },
  { name: 'jobs', title: 'Expanded' },
  { name: 'text', title: 'Text' },
  { name: 'load', title: 'Load' },
];

/** What the draft becomes: stages, graph, jobs after expansion, text; and a way to begin from a text. */
export function Preview({ store, state }: { store: FormStore; state: FormState }): JSX.Element {
  const [tab, setTab] = useState<Tab>('plan');
  const preview = state.check?.preview;
  const shown = (draw: (preview: SpecificationPreview) => JSX.Element): JSX.Element =>
    preview ? draw(preview) : <Message kind="empty">This is shown when nothing is missing or wrong.</Message>;
  return (
    <section className="jp-Torc-preview" aria-label="Preview" aria-busy={state.checking}>
      <TabBar<Tab> label="Preview" tabs={TABS} tab={tab} onChange={setTab} />
      <div className="jp-Torc-pane" role="tabpanel" aria-label={TABS.find(({ name }) => name === tab)!.title}>
        {tab === 'plan' && shown((found) => <Stages preview={found} />)}
        {tab === 'graph' &&
          shown((found) => {
            const go = (job: number): void => {
              const entry = found.jobs[job]?.entry;
              if (entry !== undefined) store.go({ noun: 'jobs', index: entry });
            };
            return (
              <DagView
                state={{ dag: found.dag, dagError: null, jobs: [] }}
                selected={null}
                onSelect={go}
                onGroup={({ ids }) => go(Math.min(...ids))}
              />
            );
          })}
        {tab === 'jobs' && shown((found) => <Jobs preview={found} />)}
        {tab === 'text' && <TextPane store={store} state={state} />}
        {tab === 'load' && <LoadPane store={store} onLoaded={() => setTab('plan')} />}
      </div>
    </section>
  );
}

function Stages({ preview }: { preview: SpecificationPreview }): JSX.Element {
  const left = preview.num_stages - preview.stages.length;
  return (
    <>
      <ol className="jp-Torc-stages">
        {preview.stages.map((stage) => (
          <li key={stage.stage}>
            <span className="jp-Torc-about">{stage.begins}</span>
            <span>
              <strong>{counted(stage.num_jobs, 'job')}</strong>: {groups(stage)}
              {stage.allocations.length > 0 && (
                <span className="jp-Torc-about"> Allocations: {stage.allocations.join(', ')}</span>
              )}
            </span>
          </li>
        ))}
      </ol>
      {left > 0 && <p className="jp-Torc-about">and {counted(left, 'stage')} more</p>}
      {preview.demand && <p className="jp-Torc-about">{preview.demand}</p>}
    </>
  );
}

const GROUPS = 12;

function groups(stage: PlannedStage): string {
  const left = stage.num_groups - GROUPS;
  return stage.groups.slice(0, GROUPS).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

function Jobs({ preview }: { preview: SpecificationPreview }): JSX.Element {
  const left = preview.dag.total_jobs - preview.jobs.length;
  return (
    <>
      <div className="jp-Torc-expanded" tabIndex={0} role="group" aria-label="Jobs after expansion">
        <table>
          <thead>
            <tr>
              <th>Job</th>
              <th>Command</th>
            </tr>
          </thead>
          <tbody>
            {preview.jobs.map((job) => (
              <tr key={job.name}>
                <td>{job.name}</td>
                <td>
                  <code>{job.command}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && <p className="jp-Torc-about">and {counted(left, 'job')} more</p>}
    </>
  );
}
