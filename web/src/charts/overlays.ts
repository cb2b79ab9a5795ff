/** Answers that are drawn over a panel's own. */

import type { Answer } from '../lib/answers';
import type { components } from '../lib/schema';

type Schemas = components['schemas'];
export type Forecasts = Schemas['Forecasts'];
export type ForecastOf = Schemas['ForecastOf'];
export type TimeMarkers = Schemas['TimeMarkers'];
export type TimeMarker = Schemas['TimeMarker'];

export interface Overlays {
  readonly forecast?: Forecasts | null;
  readonly markers?: TimeMarkers | null;
  /** The same without parts: what is compared with the window before, and what `limit` cut off. */
  readonly whole?: Answer | null;
  /** What could not be asked, in words. */
  readonly problems?: readonly string[];
}
