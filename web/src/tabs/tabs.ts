/** The tabs that are more than panels, loaded when they are opened. All others are dashboards, which are data. */

import type { Component } from 'svelte';

export interface Tab {
  readonly name: string;
  readonly title: string;
  readonly order: number;
  readonly load: () => Promise<{ default: Component }>;
}

export const TABS: readonly Tab[] = [
  { name: 'sessions', title: 'Sessions', order: 60, load: () => import('./Sessions.svelte') },
  { name: 'projects', title: 'Projects', order: 80, load: () => import('./Projects.svelte') },
  { name: 'privacy', title: 'Privacy', order: 90, load: () => import('./Privacy.svelte') },
  { name: 'setup', title: 'Setup', order: 100, load: () => import('./Setup.svelte') },
];
