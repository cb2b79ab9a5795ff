/** Which component shows the answer to which question, and the same answer as a sheet. */

import type { Component } from 'svelte';
import type { PanelAbout, Sheet } from '../lib/answers';

export interface Kind {
  readonly sheet: (answer: unknown) => Sheet;
  readonly component: Component<{ answer: unknown; panel: PanelAbout }>;
}

export const QUESTIONS: Readonly<Record<string, Kind>> = {};
