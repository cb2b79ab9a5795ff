/** Answers made by hand, for tests. */

import type { MetricAbout } from '../lib/about.svelte';
import type { Answer, PanelAbout } from '../lib/answers';
import type { Input } from './drawing';
import type { Theme } from './theme';

export const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '__proto__',
  'constructor',
  `${'long '.repeat(60)}end`,
  'unknown',
  'null',
  '',
];

export const THEME: Theme = {
  ink: 'rgb(29, 28, 26)',
  soft: 'rgb(95, 91, 84)',
  line: 'rgb(226, 222, 214)',
  panel: 'rgb(255, 255, 255)',
  raised: 'rgb(255, 255, 255)',
  mark: 'rgb(11, 98, 107)',
  markGround: 'rgb(217, 236, 238)',
  bad: 'rgb(168, 40, 28)',
  series: ['#0f7c88', '#c8641b', '#5b4fa8', '#8a9a1f', '#b03a68', '#2f6fb5', '#7a5a3a', '#3f8a5a'],
  rest: '#9a958c',
  isDark: false,
};

const ABOUT: Readonly<Record<string, readonly [MetricAbout['unit'], number | null, string, boolean]>> = {
  cost_usd: ['usd', 0, 'cost_microusd / 1,000,000', true],
  sessions: ['count', 0, 'number of different sessions', false],
  tool_calls: ['count', 0, 'number of tool calls', true],
  total_tokens: ['tokens', 0, 'sum', true],
  lines_net: ['lines', 0, 'lines_added - lines_removed', true],
  tool_success_ratio: ['ratio', null, 'tool calls that succeeded / tool calls that ran', false],
  request_p50_ms: ['ms', null, 'median', false],
  cost_per_session_usd: ['usd', null, 'cost_usd / sessions', false],
};

export const METRICS: ReadonlyMap<string, MetricAbout> = new Map(
  Object.entries(ABOUT).map(([name, [unit, empty, formula, adds_up]]) => [
    name,
    {
      name,
      unit,
      empty,
      formula,
      adds_up,
      better: 'neither',
      help: '',
      reason: null,
      dimensions: [],
    } as unknown as MetricAbout,
  ]),
);

type Rows = Answer['rows'];

/** An answer with these rows: dimensions first, then metrics. */
export function answerOf(
  by: readonly string[],
  metrics: readonly string[],
  rows: Rows,
  more: Partial<Answer> = {},
): Answer {
  return {
    columns: [...by, ...metrics],
    rows,
    about: [
      ...by.map((name) => ({ name, kind: 'dimension' as const, type: 'text' as const, unit: null, better: null })),
      ...metrics.map((name) => ({
        name,
        kind: 'metric' as const,
        type: 'number' as const,
        unit: METRICS.get(name)?.unit ?? 'count',
        better: 'neither',
      })),
    ],
    total_rows: rows.length,
    offset: 0,
    limit: null,
    next_offset: null,
    grain: null,
    order: [],
    reasons: {},
    coverage: null,
    row_coverage: null,
    window: { since: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z', tz: 'Etc/UTC' },
    demo: true,
    ...more,
  };
}

/** What a kind is given for that answer. */
export function inputOf(answer: Answer, panel: Partial<PanelAbout>, more: Partial<Input> = {}): Input {
  return {
    answer,
    panel: {
      title: 'Panel',
      chart: 'bars',
      metrics: ['cost_usd'],
      by: [],
      split: [],
      grain: '',
      overlays: [],
      compare: false,
      limit: null,
      question: '',
      parameters: {},
      filters: {},
      width: 6,
      help: '',
      empty: 'Nobody tells it.',
      ...panel,
    } as PanelAbout,
    theme: THEME,
    metrics: METRICS,
    width: 600,
    more: {},
    filters: {},
    overlays: {},
    now: Date.parse('2026-12-31T00:00:00Z'),
    ...more,
  };
}

interface Drawn {
  series: {
    id?: string;
    name?: string;
    type: string;
    data: unknown[];
    stack?: string;
    markLine?: { data: unknown[]; symbol: string[] };
  }[];
  xAxis: { data: string[]; splitArea?: { areaStyle: { color: string[] } } };
  yAxis: { data: string[] }[];
  tooltip: { formatter: (told: unknown) => HTMLElement };
}

/** The option as far as tests read it. */
export function read(option: unknown): Drawn {
  return option as Drawn;
}
