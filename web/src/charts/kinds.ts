/** Which function draws which kind of chart. */

import type { Draw } from './drawing';
import { drawTimeseries } from './timeseries';

export const KINDS: Readonly<Record<string, Draw>> = {
  timeseries: drawTimeseries,
};
