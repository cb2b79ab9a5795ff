/** How many sessions were active at the same time, as a sheet and as a chart: the most of each piece as a bar, the mean as a mark. */

import { valueAxis } from '../../charts/axis';
import type { Draw, Drawing, Input } from '../../charts/drawing';
import { pieceLabel, spanOfPiece } from '../../charts/pieces';
import { axisTip, tellTip, type Tip } from '../../charts/tooltip';
import type { Place } from '../../lib/address.svelte';
import type { Sheet } from '../../lib/answers';
import { duration, exact, formatMoment, formatName } from '../../lib/format';
import type { Concurrency } from './answers';
import { column } from './columns';

type Piece = Concurrency['pieces'][number];

export function concurrencySheet(answer: Concurrency): Sheet {
  return {
    columns: [
      column('piece', formatName(answer.grain)),
      column('peak', 'Most at the same time', 'count'),
      column('peak_at', 'First at'),
      column('mean', 'Mean while any was active', 'mean'),
      column('busy_seconds', 'At least one active', 'seconds'),
      column('shared_seconds', 'At least two active', 'seconds'),
      column('session_seconds', 'All sessions together', 'seconds'),
    ],
    rows: answer.pieces.map((one) => [
      formatName(one.piece, answer.grain),
      one.peak,
      one.peak_at === null ? '' : formatMoment(one.peak_at, answer.window.tz, true),
      one.mean,
      one.busy_seconds,
      one.shared_seconds,
      one.session_seconds,
    ]),
    reasons: { mean: answer.reason ?? 'only single records: from when to when is not known' },
  };
}

/** What of the time with somebody at work had two at work or more; null where nobody was. */
export function sharedPart({ busy_seconds, shared_seconds }: Concurrency['whole']): number | null {
  return busy_seconds > 0 ? shared_seconds / busy_seconds : null;
}

/** What is said of what could not be counted; empty where all could. */
export function unplacedText({ reported_sessions, unnamed_requests }: Concurrency['unplaced']): string {
  const parts = [
    reported_sessions ? `${exact(reported_sessions, 'count')} sessions of which only the end was reported` : '',
    unnamed_requests ? `${exact(unnamed_requests, 'count')} requests that name no session` : '',
  ].filter(Boolean);
  return parts.length ? `Not counted: ${parts.join(', and ')}.` : '';
}

/**
 * Bars that lead to the moment of their peak: `at` in the address, so that its sessions are shown.
 * `more` is what the address says beside; the bar of the moment that is there has another colour.
 */
export function drawTogether(answer: Concurrency, more: Place['more']): Draw {
  const { pieces, grain } = answer;
  const isMany = pieces.length > 10;
  const tip = (at: number): Tip => tipOf(pieces[at], answer);
  return ({ theme, width }: Input): Drawing => {
    const dash = Math.max(4, Math.min(20, (width / Math.max(pieces.length, 1)) * 0.6));
    return {
      height: 220,
      points: pieces.length,
      along: 'x',
      moments: pieces.map(({ piece }) => spanOfPiece(piece, grain)),
      summary: summarize(answer),
      tell: (at) => tellTip(tip(at)),
      follow: (at) => {
        const moment = pieces[at]?.peak_at;
        return moment ? { more: { ...more, at: moment } } : null;
      },
      option: {
        animation: false,
        grid: { left: 4, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same' },
        xAxis: {
          type: 'category',
          data: pieces.map(({ piece }) => pieceLabel(piece, grain, isMany)),
          axisLine: { lineStyle: { color: theme.line } },
          axisTick: { show: false },
          axisLabel: { color: theme.soft, hideOverlap: true },
        },
        yAxis: valueAxis('count', answer.whole.peak, theme),
        tooltip: axisTip(theme, { type: 'shadow' }, tip),
        series: [
          {
            type: 'bar',
            barMaxWidth: 32,
            barMinHeight: 2,
            emphasis: { disabled: true },
            data: pieces.map(({ peak, peak_at }) => ({
              value: peak || null,
              itemStyle: {
                color: theme.series[0],
                borderRadius: 2,
                ...(peak_at !== null && peak_at === more['at'] ? { borderColor: theme.ink, borderWidth: 2 } : {}),
              },
            })),
          },
          {
            type: 'line', // of which only the marks are drawn: no value lies between two pieces
            symbol: 'rect',
            symbolSize: [dash, 3],
            showSymbol: true,
            lineStyle: { width: 0 },
            silent: true,
            color: theme.ink,
            z: 3,
            data: pieces.map(({ mean }) => mean),
          },
        ],
      },
    };
  };
}

function tipOf(one: Piece | undefined, { grain, window }: Concurrency): Tip {
  if (one === undefined) return { title: '', lines: [] };
  return {
    title: grain === 'week' ? `Week of ${formatName(one.piece, grain)}` : formatName(one.piece, grain),
    lines: [
      { name: 'most at the same time', text: exact(one.peak, 'count') },
      ...(one.peak_at === null ? [] : [{ name: 'first at', text: formatMoment(one.peak_at, window.tz) }]),
      { name: 'mean while any was active', text: exact(one.mean, 'mean') },
      { name: 'at least one active', text: duration(one.busy_seconds) },
      { name: 'at least two active', text: duration(one.shared_seconds) },
    ],
    notes: one.peak ? ['Click, or Enter: who they were.'] : [],
  };
}

function summarize({ pieces, grain, whole, window }: Concurrency): string {
  if (!pieces.length || whole.peak_at === null) return 'No session was active.';
  const span = `${formatName(pieces[0]?.piece, grain)} to ${formatName(pieces.at(-1)?.piece, grain)}`;
  return `${span}: at most ${exact(whole.peak, 'count')} at the same time, first on ${formatMoment(whole.peak_at, window.tz)}.`;
}
