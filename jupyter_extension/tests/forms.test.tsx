import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { blank, textOf, valueOf, withoutEntry, type Draft } from '../src/core/forms/draft';
import { SECTIONS, WORKFLOW } from '../src/core/forms/fields';
import { FormStore, type FormHost } from '../src/core/forms/form';
import { WorkflowForm } from '../src/core/forms/WorkflowForm';
import { TransportError } from '../src/core/transport';
import type { SpecificationCheck, SpecificationProblem } from '../src/core/wire';
import { FakeTransport } from './fake';

const NOTHING_WRONG: SpecificationCheck = {
  errors: [],
  warnings: [],
  preview: {
    summary: {},
    stages: [{ stage: 1, begins: 'Workflow Start', num_jobs: 1, groups: ['a'], num_groups: 1, allocations: [] }],
    num_stages: 1,
    demand: '3 jobs with resources: 12 CPU hours at most',
    dag: { workflow_id: 0, total_jobs: 1, nodes: [], edges: [] },
    jobs: [{ name: 'a', command: 'true', entry: 0 }],
  },
};

function problem(message: string, ...path: Array<string | number>): SpecificationProblem {
  return { message, path, hint: null, line: null, column: null };
}

/** A server that says of each draft what the test wants. */
class Checking extends FakeTransport {
  check: SpecificationCheck = NOTHING_WRONG;
  texts: Record<string, string> = { yaml: 'name: w\n', python: 'import torc\n' };

  protected override reply(name: string): unknown {
    if (name === 'check_specification') return this.check;
    if (name === 'write_specification') return { texts: this.texts };
    if (name === 'create_workflow_from_specification') return { id: 7, name: 'w', num_jobs: 1 };
    throw new TransportError(`no ${name} here`, 404);
  }

  bodies(name: string): Array<Record<string, unknown>> {
    return this.asked.filter(([asked]) => asked === name).map(([, { body }]) => body as Record<string, unknown>);
  }
}

const HOST: FormHost = { directory: '/home/ada', user: 'ada' };
const ONE: Draft = { name: 'w', jobs: [{ name: 'a', command: 'true' }] };
const CREATED = { id: 7, name: 'w', num_jobs: 1, started: true };
let server: Checking;
let store: FormStore;

afterEach(() => {
  cleanup();
  store.close();
  vi.unstubAllGlobals();
});

async function settle(): Promise<void> {
  await act(async () => new Promise((resolve) => setTimeout(resolve, 5)));
}

async function show(draft: Draft = ONE, host: FormHost = HOST, check = NOTHING_WRONG): Promise<void> {
  server = new Checking();
  server.check = check;
  store = new FormStore(server, host, draft, 0);
  render(<WorkflowForm store={store} view={(id) => <p>view of {id}</p>} />);
  await settle();
}

function type(label: string | RegExp, value: string): void {
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
}

async function click(name: string | RegExp): Promise<void> {
  await act(async () => fireEvent.click(screen.getByRole('button', { name })));
  await settle();
}

test('what is typed is the specification, and the server is asked about it', async () => {
  await show();
  fireEvent.click(screen.getByRole('tab', { name: /^Jobs/ }));
  type('CPUs', '4');
  type('Memory', '2g');
  type(/^Command/, 'echo hello');
  await settle();
  const job = { name: 'a', command: 'echo hello', num_cpus: 4, memory: '2g' };
  expect(server.bodies('check_specification').at(-1)).toEqual({ specification: { name: 'w', jobs: [job] } });
  type('CPUs', '');
  expect(store.getState().draft.jobs).toEqual([{ name: 'a', command: 'echo hello', memory: '2g' }]);
});

test('names are added with Enter and a comma, taken away with a click, and chosen from those that there are', async () => {
  await show({ name: 'w', jobs: [{ name: 'a', command: 'x' }, { name: 'b', command: 'y' }] });
  fireEvent.click(screen.getByRole('tab', { name: /^Jobs/ }));
  const needs = screen.getByLabelText('Needs');
  expect([...document.getElementById(needs.getAttribute('list')!)!.children].map((one) => one.getAttribute('value'))).toEqual(['b']);
  fireEvent.input(needs, { target: { value: 'b' } });
  fireEvent.keyDown(needs, { key: 'Enter' });
  fireEvent.input(needs, { target: { value: 'later' } });
  fireEvent.keyDown(needs, { key: ',' });
  const needed = (): unknown => (store.getState().draft.jobs as Draft[])[0]!.depends_on;
  expect(needed()).toEqual(['b', 'later']);
  fireEvent.click(screen.getByRole('button', { name: 'Take away b' }));
  expect(needed()).toEqual(['later']);
});

test('the preview tells what is asked for', async () => {
  await show({ name: 'w', jobs: [{ name: 'a', command: 'x' }] });
  expect(screen.getByText('3 jobs with resources: 12 CPU hours at most')).toBeTruthy();
});

test('a problem stands at its field, with a way to it; what is only empty is no error', async () => {
  const errors = [problem("'command' is empty", 'jobs', 0, 'command'), problem('no job', 'jobs', 0, 'depends_on', 0)];
  const draft = { name: 'w', jobs: [{ name: 'a', command: '', depends_on: ['x'] }] };
  await show(draft, HOST, { errors, warnings: [] });
  expect(screen.getByText('✕ 1 problem · ○ 1 field to be filled in')).toBeTruthy();
  fireEvent.click(within(screen.getByLabelText('Problems')).getByRole('button', { name: 'jobs[0].depends_on[0]' }));
  const needs = screen.getByLabelText('Needs');
  expect([needs.getAttribute('aria-invalid'), document.activeElement]).toEqual(['true', needs]);
  expect(document.getElementById(needs.getAttribute('aria-describedby')!)!.textContent).toContain('no job');
  expect(screen.getByLabelText(/^Command/).getAttribute('aria-invalid')).toBe('false');
  await click('Create');
  expect(server.bodies('create_workflow_from_specification')).toEqual([]);
});

test('a problem of the whole and a key without a field are shown, and the key can go', async () => {
  const errors = [problem("unknown key 'comand'", 'jobs', 0, 'comand'), problem('circular dependency', 'jobs', 0)];
  const draft = { name: 'w', jobs: [{ name: 'a', command: 'x', comand: 'y' }] };
  await show(draft, HOST, { errors, warnings: [] });
  fireEvent.click(screen.getByRole('tab', { name: /^Jobs/ }));
  expect(screen.getAllByText(/circular dependency/)).toHaveLength(2);
  await click('Remove comand');
  expect(store.getState().draft.jobs).toEqual([{ name: 'a', command: 'x' }]);
});

test('creating asks once for one workflow, tells the host, and runs it where something runs', async () => {
  const run = vi.fn(() => Promise.resolve());
  const onCreated = vi.fn();
  await show(ONE, { ...HOST, run, onCreated });
  server.failure = new TransportError('away', 0);
  await click('Create & run');
  expect(screen.getByRole('alert').textContent).toContain('away');
  server.failure = null;
  await click('Create & run');
  const [first, second] = server.bodies('create_workflow_from_specification');
  expect(first).toMatchObject({ specification: ONE, submission_directory: '/home/ada', user: 'ada' });
  expect(second!.request_id).toBe(first!.request_id);
  expect([onCreated.mock.calls, run.mock.calls]).toEqual([[[{ ...CREATED, started: false }], [CREATED]], [[7]]]);
  expect(screen.getByText('view of 7')).toBeTruthy();
  await click('Create');
  expect(server.bodies('create_workflow_from_specification')[2]!.request_id).not.toBe(first!.request_id);
});

test('a page that is loaded again finds what the form has created, and starts no second runner', async () => {
  const run = vi.fn(() => Promise.resolve());
  await show(ONE, { ...HOST, run, created: CREATED });
  expect(screen.getByText(/Created workflow 7 \(w, 1 job\)/).textContent).toContain('and started it');
  expect(screen.getByText('view of 7')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Run workflow 7' })).toBeNull();
});

test('where nothing can run, only creating is offered', async () => {
  await show();
  expect(screen.queryByRole('button', { name: /run/i })).toBeNull();
});

test('a copy is of what the form says now; without a clipboard the text is shown, selected', async () => {
  vi.stubGlobal('navigator', { clipboard: { writeText: vi.fn(() => Promise.resolve()) } });
  await show();
  type('Name (required)', 'other');
  await click('Copy as YAML');
  expect(server.bodies('write_specification').at(-1)).toEqual({ specification: { ...ONE, name: 'other' } });
  expect(navigator.clipboard.writeText).toHaveBeenCalledWith('name: w\n');
  vi.stubGlobal('navigator', {});
  await click('Copy as Python');
  expect((screen.getByLabelText('Text to copy') as HTMLTextAreaElement).value).toBe('import torc\n');
  await click('Copy as magic');
  expect(screen.getByText(/No magic can say all of it/)).toBeTruthy();
});

test('a text takes the place of the draft, unless it cannot be read', async () => {
  await show();
  fireEvent.click(screen.getByRole('tab', { name: 'Load' }));
  server.check = { errors: [{ ...problem('a bracket is open'), line: 2, column: 1 }], warnings: [] };
  type(/^A specification/, '%%torc --run\nname: [');
  await click('Load');
  expect(server.bodies('check_specification').at(-1)).toEqual({ text: 'name: [' });
  expect(screen.getByRole('alert').textContent).toContain('line 2, column 1: a bracket is open');
  server.check = { ...NOTHING_WRONG, specification: { name: 'pasted', jobs: [] } };
  await click('Load');
  expect(screen.getByRole('heading', { name: 'pasted' })).toBeTruthy();
});

test('every field is written and read back as it was', () => {
  for (const field of [...WORKFLOW, ...SECTIONS.flatMap((section) => section.fields)]) {
    for (const value of ['text', '5', 5, ['a', 'b'], { a: [1] }]) {
      const fits = { json: true, lines: Array.isArray(value), number: typeof value === 'number' }[field.kind as string];
      if (fits) expect(valueOf(field, textOf(field, value))).toEqual(value);
    }
  }
  expect(blank('actions')).toEqual({ trigger_type: 'on_workflow_start', action_type: 'run_commands' });
  expect(withoutEntry(ONE, 'jobs', 0)).toEqual({ name: 'w' });
});
