/** Answers of the API for tests: small, with what is hostile and what is not known. */

import type { Anomalies, Budget, Concurrency, Errors, Forecasts, Retention, Review, Trends } from './answers';

export const HOSTILE = '<img src=x onerror=alert(1)>"\'&,\u202e=cmd|x';

const window = { since: '2026-10-21T00:00:00Z', until: '2026-11-20T16:00:00Z', tz: 'UTC' };

const score = { forecasts: 30, days_ahead: 10, coverage: 0.73, scaled_error: 0.86, reason: null };

export const FORECAST = {
  metric: 'cost_microusd',
  unit: 'microusd',
  better: 'lower',
  so_far_today: 0,
  month: '2026-11-01',
  value: 1_435_000_000,
  low: 1_296_000_000,
  high: 1_719_000_000,
  level: 0.8,
  reason: null,
  so_far: 1_044_000_000,
  days_left: 11,
  history_days: 91,
  method: 'm',
  score,
  path: [],
} as unknown as Forecasts['forecasts'][number];

export const REFUSED = {
  ...FORECAST,
  metric: 'commits',
  unit: 'count',
  value: null,
  low: null,
  high: null,
  score: null,
  so_far: 20,
  reason: '29 whole days of history are too few',
} as unknown as Forecasts['forecasts'][number];

export const FORECASTS = {
  today: '2026-11-20',
  forecasts: [FORECAST, REFUSED, { ...REFUSED, metric: 'lines_added' }],
  left_out: { prompts: HOSTILE },
  window,
  demo: true,
} as unknown as Forecasts;

export const BUDGET = {
  month: '2026-11-01',
  today: '2026-11-20',
  budget_microusd: 1_500_000_000,
  reason: null,
  spent_microusd: 1_044_000_000,
  spent_ratio: 0.696,
  days_in_month: 30,
  days_left: 10,
  projected: FORECAST,
  projected_ratio: 0.957,
  is_crossed: false,
  crossed_on: null,
  crossing_expected_on: null,
  crossing_earliest_on: '2026-11-27',
  crossing_latest_on: null,
  crossing_reason: null,
  daily: [{ day: '2026-11-01', cost_microusd: 1, month_microusd: 1 }],
  unpriced_requests: 3,
  window,
  demo: true,
} as unknown as Budget;

const weekdays = { is_seasonal: false, reason: null, p_value: null, factors: null, weeks: 4, level: 0.05, method: 'm' };

const trend = {
  metric: 'cost_microusd',
  unit: 'microusd',
  better: 'lower',
  so_far_today: 1,
  direction: 'increasing',
  reason: null,
  p_value: 0.0002,
  level: 0.05,
  method: 'm',
  days: 29,
  first_day: '2026-10-22',
  last_day: '2026-11-19',
  slope_per_day: 123456.789,
  slope_low: null,
  slope_high: null,
  change_ratio: 1.03,
  values: [1, 2, 3],
  weekdays,
  changes: [],
  changes_reason: 'too few',
};

export const TRENDS = {
  trends: [
    {
      ...trend,
      changes: [
        {
          day: '2026-11-02',
          before: 1,
          after: 2,
          change_ratio: 1,
          p_value: 0.01,
          coincides_with: [{ day: '2026-11-01', kind: 'new_model', name: HOSTILE, text: `${HOSTILE} was first used` }],
        },
      ],
    },
    {
      ...trend,
      metric: 'prompts',
      unit: 'count',
      better: 'neither',
      direction: null,
      reason: '12 whole days are too few',
      p_value: null,
      change_ratio: null,
      slope_per_day: null,
      values: [],
      first_day: null,
      last_day: null,
    },
  ],
  left_out: {},
  level: 0.05,
  least_days: 28,
  change_method: 'm',
  markers: [],
  note: 'A coincidence.',
  window,
  demo: true,
} as unknown as Trends;

export const ANOMALIES = {
  anomalies: [
    {
      metric: 'cost_microusd',
      unit: 'microusd',
      better: 'lower',
      so_far_today: null,
      day: '2026-11-02',
      value: 307_220_000,
      expected: 61_950_000,
      limit: 100,
      direction: 'high',
      score: null,
      is_running: false,
      contributors: [
        { dimension: 'model', value: HOSTILE, amount: 1, usual: 2 },
        { dimension: 'user', value: null, amount: 1, usual: 2 },
      ],
      link: 'javascript:alert(1)',
    },
  ],
  unknown: { api_errors: 'too few days' },
  left_out: {},
  false_alarms_per_month: 0.1,
  method: 'm',
  window,
  demo: true,
} as unknown as Anomalies;

const occurrences = {
  count: 4,
  sessions: 2,
  first_at: '2026-11-02T10:00:00Z',
  last_at: '2026-11-03T10:00:00Z',
  latest: [{ session: HOSTILE, count: 2, last_at: '2026-11-03T10:00:00Z' }],
};

export const ERRORS = {
  totals: {
    requests: 10,
    api_errors: 4,
    api_error_ratio: 0.4,
    tool_calls: 0,
    tool_errors: 0,
    tool_error_ratio: null,
    classes: 1,
    new_classes: null,
  },
  reasons: {},
  kinds: {},
  classes: [
    {
      ...occurrences,
      what: 'request',
      error_class: HOSTILE,
      status_code: 529,
      kind: 'server',
      ratio: 0.4,
      first_ever_at: '2026-11-02T10:00:00Z',
      is_new: true,
      models: [{ name: HOSTILE, count: 4 }],
      tools: [],
      agents: [],
      agent_versions: [],
    },
    {
      ...occurrences,
      what: 'tool',
      error_class: null,
      status_code: null,
      kind: 'tool_failure',
      ratio: null,
      first_ever_at: '2026-11-02T10:00:00Z',
      is_new: null,
      models: [],
      tools: [],
      agents: [],
      agent_versions: [],
    },
  ],
  by_tool: [],
  by_model: [],
  by_agent: [],
  by_agent_version: [],
  grain: 'day',
  over_time: [],
  patterns: {
    retry_loops: {
      at_least: 3,
      loops: 1,
      failures: 3,
      by_tool: [{ tool: HOSTILE, loops: 1, failures: 3, latest: [HOSTILE] }],
      latest: [],
    },
    denials: { count: 1, groups: [{ ...occurrences, tool: null, decision_source: null, permission_mode: null }] },
    rate_limits: {
      tries: 9,
      rate_limited: 3,
      overloaded: 1,
      by_hour: [
        { hour: 7, tries: 4, rate_limited: 1, overloaded: 0, ratio: 0.25 },
        { hour: 8, tries: 0, rate_limited: 0, overloaded: 0, ratio: null },
        { hour: 9, tries: 4, rate_limited: 2, overloaded: 1, ratio: 0.75 },
      ],
      groups: [],
    },
    file_failures: {
      at_least: 3,
      count: 1,
      groups: [{ ...occurrences, file: HOSTILE, tool: null, error_class: HOSTILE }],
    },
  },
  window,
  demo: true,
} as unknown as Errors;

export const REVIEW = {
  sessions: [
    {
      session: HOSTILE,
      agent: HOSTILE,
      user: null,
      project: null,
      started_at: '2026-11-02T10:00:00Z',
      ended_at: '2026-11-02T11:00:00Z',
      cost_microusd: 5,
      usual_microusd: null,
      unpriced_requests: 1,
      api_errors: 0,
      tool_calls: 3,
      tool_errors: 3,
      rejected_edits: 0,
      rejected_calls: 0,
      loops: 1,
      rate_limited: 0,
      reasons: [{ rule: 'retry_loop', says: HOSTILE }],
    },
  ],
  needing_review: 2,
  looked_at: 5,
  rules: [{ rule: 'retry_loop', help: 'h', sessions: 2 }],
  window,
  demo: true,
} as unknown as Review;

export const RETENTION = {
  cohorts: [
    {
      week: '2026-11-02',
      people: 4,
      weeks: [
        { week: '2026-11-02', after: 0, people: 4, share: 1, is_complete: true },
        { week: '2026-11-16', after: 2, people: 1, share: 0.25, is_complete: false },
      ],
    },
    {
      week: '2026-11-16',
      people: 1,
      weeks: [{ week: '2026-11-16', after: 0, people: 1, share: 1, is_complete: false }],
    },
  ],
  weeks: [{ after: 0, people: 4, of: 4, share: 1 }],
  left_out: 2,
  since_week: '2026-11-02',
  reason: null,
  window,
  demo: true,
} as unknown as Retention;

export const CONCURRENCY = {
  grain: 'day',
  idle_minutes: 30,
  whole: {
    peak: 3,
    peak_at: '2026-11-02T09:30:00Z',
    session_seconds: 9000,
    busy_seconds: 6000,
    shared_seconds: 1500,
    mean: 1.5,
  },
  pieces: [
    {
      piece: '2026-11-02',
      peak: 3,
      peak_at: '2026-11-02T09:30:00Z',
      session_seconds: 9000,
      busy_seconds: 6000,
      shared_seconds: 1500,
      mean: 1.5,
    },
    { piece: '2026-11-03', peak: 0, peak_at: null, session_seconds: 0, busy_seconds: 0, shared_seconds: 0, mean: null },
  ],
  at: {
    moment: '2026-11-02T09:30:00Z',
    count: 3,
    sessions: [{ session: 's_1', agent: HOSTILE, project: null }],
    left_out: 2,
  },
  unplaced: { reported_sessions: 2, unnamed_requests: 0 },
  reason: null,
  window,
  demo: true,
} as unknown as Concurrency;
