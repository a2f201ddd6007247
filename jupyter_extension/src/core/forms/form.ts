/** A form's state: the draft, where one is in it, and what the server says about it. */

import type { Transport } from '../transport';
import {
  check_specification,
  create_workflow_from_specification,
  write_specification,
  type SpecificationCheck,
} from '../wire';
import { EMPTY, type Draft, type Place } from './draft';

/** A workflow that a form has created. */
export interface Created {
  readonly id: number;
  readonly name: string;
  readonly num_jobs: number;
  readonly started: boolean;
}

/** What a page can do beyond asking the server. */
export interface FormHost {
  /** Where relative paths count from, and who the workflow is for where the server knows nobody. */
  directory: string | null;
  user: string | null;
  /** The draft has changed. */
  onDraft?(draft: Draft): void;
  /** What the form has created before the page was loaded again. */
  created?: Created | null;
  /** A workflow was created, or started. */
  onCreated?(created: Created): void;
  /** Start a runner; without it there is nothing here that could run. */
  run?(workflowId: number): Promise<void>;
}

export interface FormState {
  readonly draft: Draft;
  readonly place: Place;
  /** The server's word about the draft, or about one that was there shortly before. */
  readonly check: SpecificationCheck | null;
  readonly checking: boolean;
  readonly error: Error | null;
  readonly created: Created | null;
}

export const PAUSE_MILLISECONDS = 250;
/** Rounds of asking while the server is away. */
const AGAIN_MILLISECONDS = 3_000;

export class FormStore {
  private state: FormState;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private round = 0;
  private requestId = '';

  constructor(
    readonly transport: Transport,
    readonly host: FormHost,
    draft: Draft = EMPTY,
    private readonly pause = PAUSE_MILLISECONDS,
  ) {
    const begun = Object.keys(draft).length ? draft : EMPTY;
    const created = host.created ?? null;
    this.state = { draft: begun, place: null, check: null, checking: true, error: null, created };
    void this.ask();
  }

  readonly getState = (): FormState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    clearTimeout(this.timer);
    this.round += 1;
    this.listeners.clear();
  }

  go(place: Place): void {
    this.set({ place });
  }

  change(draft: Draft, place: Place = this.state.place): void {
    this.requestId = '';
    this.set({ draft, place, checking: true });
    this.host.onDraft?.(draft);
    this.askIn(this.pause);
  }

  /** Take another draft that the page did not make. */
  replace(draft: Draft): void {
    if (JSON.stringify(draft) !== JSON.stringify(this.state.draft)) this.change(draft, null);
  }

  /** Read a text in place of the draft; what is wrong with it that keeps it from being read is returned. */
  async load(text: string): Promise<SpecificationCheck['errors']> {
    const check = await this.transport.request(check_specification, { body: { text } });
    if (!check.specification) return check.errors;
    this.change(check.specification, null);
    return [];
  }

  /** Return the draft, or one entry of it, in every form. */
  async texts(place: Place): Promise<Record<string, string>> {
    const part = place ? { noun: place.noun, index: place.index } : {};
    const body = { specification: { ...this.state.draft }, ...part };
    const reply = await this.transport.request(write_specification, { body });
    return reply.texts as Record<string, string>;
  }

  async create(): Promise<Created> {
    // Asking again after a lost reply must not create another one.
    this.requestId ||= `form-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
    const { directory, user } = this.host;
    const { id, name, num_jobs } = await this.transport.request(create_workflow_from_specification, {
      body: {
        specification: { ...this.state.draft },
        submission_directory: directory,
        user,
        request_id: this.requestId,
      },
    });
    this.requestId = '';
    return this.made({ id, name, num_jobs, started: false });
  }

  /** Let the page run what was created. */
  async start(created: Created): Promise<void> {
    await this.host.run?.(created.id);
    this.made({ ...created, started: true });
  }

  private made(created: Created): Created {
    this.set({ created });
    this.host.onCreated?.(created);
    return created;
  }

  private askIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), milliseconds);
  }

  private async ask(): Promise<void> {
    const round = (this.round += 1);
    try {
      const body = { specification: { ...this.state.draft } };
      const check = await this.transport.request(check_specification, { body });
      if (round === this.round) this.set({ check, checking: false, error: null });
    } catch (error) {
      if (round !== this.round) return;
      this.set({ checking: false, error: error as Error });
      this.askIn(AGAIN_MILLISECONDS);
    }
  }

  private set(change: Partial<FormState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}
