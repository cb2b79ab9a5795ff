/** The answers of the API's questions, under short names. */

import type { operations } from '../../lib/schema';

type AnswerTo<O extends keyof operations> = operations[O] extends {
  responses: { 200: { content: { 'application/json': infer A } } };
}
  ? A
  : never;

export type Budget = AnswerTo<'budget'>;
export type Forecasts = AnswerTo<'forecast'>;
export type ForecastOf = Forecasts['forecasts'][number];
export type Trends = AnswerTo<'trends'>;
export type TrendOf = Trends['trends'][number];
export type Anomalies = AnswerTo<'anomalies'>;
export type Anomaly = Anomalies['anomalies'][number];
export type Errors = AnswerTo<'errors'>;
export type ErrorClass = Errors['classes'][number];
export type Review = AnswerTo<'review'>;
export type Retention = AnswerTo<'retention'>;
export type Concurrency = AnswerTo<'concurrency'>;
export type TimeMarkers = AnswerTo<'markers'>;
