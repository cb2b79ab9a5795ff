/** What the server says about itself once: metrics, dimensions, dashboards. */

import type { components } from './schema';
import type { DashboardAbout } from './answers';
import { ask, Problem } from './api';

type Schemas = components['schemas'];
export type MetricAbout = Schemas['MetricAbout'];

class About {
  metrics = $state.raw<ReadonlyMap<string, MetricAbout>>(new Map());
  dashboards = $state.raw<readonly DashboardAbout[]>([]);
  /** What is wrong with the owner's own dashboards. */
  problems = $state.raw<Schemas['Dashboards']['problems']>([]);
  problem = $state.raw<Problem | null>(null);
  ready = $state(false);

  #preset = '';

  async load(): Promise<void> {
    try {
      const [metrics, dashboards] = await Promise.all([
        ask<Schemas['Metrics']>('/api/v1/metrics'),
        ask<Schemas['Dashboards']>('/api/v1/dashboards'),
      ]);
      this.metrics = new Map(metrics.metrics.map((metric) => [metric.name, metric]));
      this.dashboards = dashboards.dashboards;
      this.problems = dashboards.problems ?? [];
      this.problem = null;
      this.ready = true;
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem(String(error));
    }
  }

  /** The server can be heard again: who opened the page while it could not has nothing yet. */
  async heard(): Promise<void> {
    if (this.problem !== null && !this.ready) await this.load();
  }

  /** Which panels there are depends on the preset: where another one holds than before, they are asked for again. */
  async under(preset: string): Promise<void> {
    const before = this.#preset;
    this.#preset = preset;
    if (before !== '' && before !== preset) await this.load();
  }
}

export const about = new About();
