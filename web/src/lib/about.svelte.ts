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
}

export const about = new About();
