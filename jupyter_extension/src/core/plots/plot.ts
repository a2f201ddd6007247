/** One plot in the page: made by the server, grown with the samples that come, made anew when jobs start or end. */

import type { WorkflowStore } from '../store';
import { get_plot, get_samples, type Samples } from '../wire';
import { loadBokeh, type BokehDocument } from './bokeh';
import { Growth } from './growth';
import { keepSight } from './sight';

export type Kind = 'cpu' | 'memory' | 'summary' | 'gantt' | 'nodes' | 'job';
export type Theme = 'light' | 'dark';

/** A plot is made anew at most so often. */
const REST_MILLISECONDS = 3_000;
const TICK_MILLISECONDS = 1_000;

export interface PlotListener {
  onShown(title: string): void;
  onFailed(error: Error): void;
}

export class Plot {
  private shown: { element: HTMLElement; document: BokehDocument; growth: Growth } | null = null;
  private making = false;
  private stale = false;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly ticker: ReturnType<typeof setInterval>;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly into: HTMLElement,
    private readonly store: WorkflowStore,
    private readonly kind: Kind,
    private readonly jobId: number | null,
    private readonly theme: Theme,
    private readonly listener: PlotListener,
  ) {
    this.unsubscribe = store.samples.subscribe((samples) => this.grow(samples));
    this.ticker = setInterval(() => this.tick(), TICK_MILLISECONDS);
    void this.make();
  }

  close(): void {
    this.closed = true;
    this.unsubscribe();
    clearInterval(this.ticker);
    if (this.timer) clearTimeout(this.timer);
    this.drop();
  }

  /** Make the plot anew, soon: jobs have started or ended. */
  refresh(): void {
    this.stale = true;
    if (this.making || this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.make();
    }, REST_MILLISECONDS);
  }

  private async make(): Promise<void> {
    this.making = true;
    this.stale = false;
    try {
      await this.draw();
    } catch (error) {
      if (!this.closed) this.listener.onFailed(error as Error);
    }
    this.making = false;
    if (this.stale) this.refresh();
  }

  private async draw(): Promise<void> {
    const { transport, workflowId } = this.store;
    const query = { theme: this.theme, ...(this.jobId === null ? {} : { job_id: this.jobId }) };
    const made = await transport.request(get_plot, { path: { id: workflowId, kind: this.kind }, query });
    const bokeh = await loadBokeh(transport, made.bokeh);
    if (this.closed) return;
    const element = document.createElement('div');
    // The new plot takes the place of the old one when it is complete.
    element.className = this.shown ? 'jp-Torc-plot jp-Torc-coming' : 'jp-Torc-plot';
    this.into.append(element);
    const views = await bokeh.embed.embed_item(made.item, element);
    const { document: plot } = views.roots[0]!.model;
    if (this.shown) keepSight(this.shown.document, plot);
    this.drop();
    this.shown = { element, document: plot, growth: new Growth(plot) };
    element.className = 'jp-Torc-plot';
    if (this.closed) return this.drop();
    this.listener.onShown(made.title);
    this.grow(await transport.request(get_samples, { path: { id: workflowId }, query: { since: made.last } }));
  }

  private grow(samples: Samples): void {
    if (!this.shown || this.closed) return;
    const ours = this.jobId === null ? samples : { ...samples, jobs: samples.jobs.filter((job) => job.job_id === this.jobId) };
    const needs = this.kind !== 'gantt' && this.kind !== 'nodes';
    if (this.shown.growth.take(ours) && needs) this.refresh();
  }

  private tick(): void {
    if (this.kind === 'gantt') this.shown?.growth.tick(this.store.now());
  }

  private drop(): void {
    this.shown?.document.clear();
    this.shown?.element.remove();
    this.shown = null;
  }
}
