/** What a chart is given that draws something else than an answer of metrics. */

import type { Input } from './drawing';

export const NO_ANSWER = { answer: {}, panel: {}, metrics: new Map(), more: {}, overlays: {} } as unknown as Omit<
  Input,
  'theme' | 'width' | 'off'
>;
