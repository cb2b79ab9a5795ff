/** Cost and tokens of one session, up to each moment. */

import type { Draw, Drawing, Input } from '../../charts/drawing';
import type { Theme } from '../../charts/theme';
import { tooltip } from '../../charts/tooltip';
import { exact, format, formatMoment } from '../../lib/format';
import type { OneSession } from './entries.svelte';
import { stepOf } from './lanes';
import { sinceStart } from './timeline';

const PER_LABEL = 90; // pixels

/** A chart of this session; times are told in the zone. */
export function drawCost(told: OneSession, zone: string | undefined): Draw {
  const start = Date.parse(told.session.started_at);
  const points = told.cost_over_time;
  const times = [start, ...points.map(({ until }) => Date.parse(until))];
  const costs = [0, ...points.map(({ cost_microusd }) => cost_microusd / 1e6)];
  const tokens = [0, ...points.map((point) => point.tokens)];
  const text = (at: number) =>
    `${formatMoment(new Date(times[at] ?? start).toISOString(), zone)}: ${exact(costs[at], 'usd')}, ${exact(tokens[at], 'tokens')}`;
  return ({ theme, width }: Input): Drawing => ({
    height: 290,
    points: times.length,
    along: 'x',
    where: (at) => (times[at] ?? start) - start,
    tell: text,
    summary: points.length
      ? `From nothing at the start to ${exact(costs.at(-1), 'usd')} and ${exact(tokens.at(-1), 'tokens')} at the end.`
      : 'No request has a cost.',
    option: {
      animation: false,
      grid: { left: 8, right: 8, top: 12, bottom: 4, outerBoundsMode: 'same' },
      xAxis: {
        type: 'value',
        min: 0,
        max: (times.at(-1) ?? start) - start,
        interval: stepOf((times.at(-1) ?? start) - start, width / PER_LABEL),
        axisLabel: { color: theme.soft, hideOverlap: true, formatter: (ms: number) => sinceStart(ms) },
        axisLine: { lineStyle: { color: theme.line } },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        axisLabel: { color: theme.soft, formatter: (value: number) => format(value, 'usd') },
        splitLine: { lineStyle: { color: theme.line } },
      },
      tooltip: {
        trigger: 'axis',
        confine: true,
        transitionDuration: 0,
        formatter: (shown: unknown) => tipOf(shown, times, costs, tokens, theme, zone),
      },
      series: [
        {
          name: 'Cost',
          type: 'line',
          step: 'end',
          data: times.map((time, at) => [time - start, costs[at]]),
          color: theme.series[0],
          areaStyle: { opacity: 0.15 },
          lineStyle: { width: 2 },
          symbol: 'circle',
          symbolSize: 4,
          showSymbol: points.length < 20,
          emphasis: { disabled: true },
        },
      ],
    },
  });
}

function tipOf(
  shown: unknown,
  times: readonly number[],
  costs: readonly number[],
  tokens: readonly number[],
  theme: Theme,
  zone: string | undefined,
): HTMLElement {
  const at = (shown as { dataIndex: number }[])[0]?.dataIndex ?? 0;
  return tooltip(formatMoment(new Date(times[at] ?? 0).toISOString(), zone), [
    { name: 'Cost so far', text: exact(costs[at], 'usd'), colour: theme.series[0] },
    { name: 'Tokens so far', text: exact(tokens[at], 'tokens') },
  ]);
}
