/** Which component shows the answer to which question, and the same answer as a sheet. */

import type { Component } from 'svelte';
import type { PanelAbout, Sheet } from '../lib/answers';
import Anomalies from './questions/Anomalies.svelte';
import { anomaliesSheet, nothingStandsOut } from './questions/anomalies';
import Budget from './questions/Budget.svelte';
import { budgetSheet } from './questions/budget';
import Concurrency from './questions/Concurrency.svelte';
import { concurrencySheet } from './questions/concurrency';
import Errors from './questions/Errors.svelte';
import { errorsSheet } from './questions/errors';
import Forecast from './questions/Forecast.svelte';
import { forecastSheet } from './questions/forecast';
import Markers from './questions/Markers.svelte';
import { markersSheet, noMarkers } from './questions/markers';
import Retention from './questions/Retention.svelte';
import { retentionSheet } from './questions/retention';
import Review from './questions/Review.svelte';
import { reviewSheet } from './questions/review';
import Trends from './questions/Trends.svelte';
import { trendsSheet } from './questions/trends';

export interface Kind {
  readonly sheet: (answer: unknown) => Sheet;
  /** There is nothing to show: neither rows nor why there are none. */
  readonly isEmpty: (answer: unknown) => boolean;
  readonly component: Component<{ answer: unknown; panel: PanelAbout }>;
}

/** The server's answer to a question is of that question's type: here is the one place that says so. */
function kind<A>(
  component: Component<{ answer: A; panel: PanelAbout }>,
  sheet: (answer: A) => Sheet,
  isEmpty: (answer: A) => boolean = (answer) => sheet(answer).rows.length === 0,
): Kind {
  return { component, sheet, isEmpty } as unknown as Kind;
}

export const QUESTIONS: Readonly<Record<string, Kind>> = {
  anomalies: kind(Anomalies, anomaliesSheet, nothingStandsOut),
  budget: kind(Budget, budgetSheet, () => false),
  concurrency: kind(Concurrency, concurrencySheet, ({ whole }) => whole.peak === 0),
  errors: kind(Errors, errorsSheet),
  forecast: kind(Forecast, forecastSheet, ({ forecasts }) => forecasts.length === 0),
  markers: kind(Markers, markersSheet, noMarkers),
  retention: kind(Retention, retentionSheet, ({ cohorts, reason }) => cohorts.length === 0 && reason === null),
  review: kind(Review, reviewSheet),
  trends: kind(Trends, trendsSheet, ({ trends, left_out }) => !trends.length && !Object.keys(left_out).length),
};
