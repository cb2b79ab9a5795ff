import { describe, expect, it } from 'vitest';
import { answerOf, HOSTILE, inputOf, read } from './handmade';
import type { Forecasts, TimeMarkers } from './overlays';
import { courseOf } from './pieces';
import { drawTimeseries } from './timeseries';

const NOW = Date.parse('2026-11-03T18:30:00Z');
const window = { since: '2026-11-01T12:00:00Z', until: '2026-11-03T18:30:00Z', tz: 'Etc/UTC' };
const days = (cost: (number | null)[]) =>
  cost.map((value, at) => [`2026-11-0${at + 1}`, value] as (string | number | null)[]);
const one = (cost: (number | null)[], more = {}) =>
  answerOf(['day'], ['cost_usd'], days(cost), { window, grain: 'day', ...more });

function forecasts(more: object = {}): Forecasts {
  const path = [
    {
      day: '2026-11-03',
      value: 9e6,
      low: 8e6,
      high: 9.5e6,
      day_value: 4_000_000,
      day_low: 3_500_000,
      day_high: 5_250_000,
    },
    {
      day: '2026-11-04',
      value: 12e6,
      low: 9e6,
      high: 15e6,
      day_value: 2_100_000,
      day_low: 1_000_000,
      day_high: 4_000_000,
    },
  ];
  const forecast = {
    metric: 'cost_microusd',
    value: 50_000_000,
    low: 40_000_000,
    high: 61_000_000,
    level: 0.8,
    reason: null,
    path,
  };
  return { today: '2026-11-03', forecasts: [{ ...forecast, ...more }], left_out: {} } as unknown as Forecasts;
}

describe('a time series', () => {
  it('of one figure is exact in its tool tip and says what of a piece is known', () => {
    const drawing = drawTimeseries(inputOf(one([1.5, null, 0.123456]), {}, { now: NOW }));
    expect(drawing.tell?.(0)).toBe('Sun 1 Nov: Cost $1.50. only from 12:00');
    expect(drawing.tell?.(1)).toBe('Mon 2 Nov: Cost –');
    expect(drawing.tell?.(2)).toBe('Tue 3 Nov: Cost $0.123456. so far, until 18:30');
    const { series, xAxis } = read(drawing.option);
    expect(series[0]?.data.slice(0, 2)).toEqual([1.5, null]); // unknown is a gap, not 0
    expect(series[0]?.data[2]).toMatchObject({ value: 0.123456, itemStyle: { borderType: 'dashed' } });
    expect(xAxis.splitArea?.areaStyle.color.map((colour) => colour !== 'transparent')).toEqual([true, false, true]);
  });

  it('draws nothing for days that are to come', () => {
    const drawing = drawTimeseries(
      inputOf(one([1, 2, 0], { window: { ...window, until: '2026-11-05T00:00:00Z' } }), {}, { now: NOW - 86_400_000 }),
    );
    expect(read(drawing.option).series[0]?.data).toEqual([1, expect.objectContaining({ value: 2 }), null]);
    expect(drawing.tell?.(2)).toBe('Tue 3 Nov: Cost –. yet to come');
  });

  it('counts the clock of the answer’s zone', () => {
    const kolkata = { since: '2026-11-01T00:00:00+05:30', until: '2026-11-04T00:00:00+05:30', tz: 'Asia/Kolkata' };
    const drawing = drawTimeseries(inputOf(one([1, 1, 1], { window: kolkata }), {}, { now: NOW }));
    // 18:30 UTC is midnight there: the third day is over.
    expect(drawing.tell?.(2)).toBe('Tue 3 Nov: Cost $1.00');
    expect(drawing.tell?.(0)).toBe('Sun 1 Nov: Cost $1.00');
  });

  it('stacks what adds up, the eighth and further as others, and keeps unknown and “unknown” apart', () => {
    const names = [...HOSTILE.slice(0, 5), null, 'a', 'b', 'c', 'd'];
    const rows = names.flatMap((name, at) => [
      ['2026-11-01', name, at + 1],
      ['2026-11-02', name, at === 9 ? null : 1],
    ]);
    const drawing = drawTimeseries(inputOf(answerOf(['day', 'model'], ['cost_usd'], rows), { by: ['model'] }));
    const { series, tooltip } = read(drawing.option);
    expect(series).toHaveLength(8);
    expect(new Set(series.map(({ stack }) => stack))).toEqual(new Set(['all']));
    expect(series[7]).toMatchObject({ name: '3 others', data: [6, 3] }); // 1 + 2 + 3
    expect(drawing.legend?.map(({ key }) => key)).toContain('null');
    expect(drawing.legend?.map(({ key }) => key)).toContain('=unknown');
    expect(drawing.tell?.(0)).toContain('together $55.00');
    expect(drawing.tell?.(1)).toContain('d –'); // unknown there, not 0
    const box = tooltip.formatter([{ dataIndex: 0 }]);
    expect(box.querySelector('img')).toBeNull();
    expect(
      drawTimeseries(inputOf(answerOf(['day', 'model'], ['cost_usd'], rows.slice(0, 4)), { by: ['model'] })).tell?.(0),
    ).toContain('<img src=x onerror=alert(1)> $1.00, __proto__ $2.00'.split(', ')[0]);
  });

  it('draws lines of what does not add up, and sums nothing of it', () => {
    const rows = Array.from({ length: 12 }, (_, at) => ['2026-11-01', `m${at}`, 0.5]);
    const input = inputOf(answerOf(['day', 'model'], ['tool_success_ratio'], rows), {
      by: ['model'],
      metrics: ['tool_success_ratio'],
    });
    const drawing = drawTimeseries(input);
    const { series } = read(drawing.option);
    expect(series.every(({ type, stack }) => type === 'line' && stack === undefined)).toBe(true);
    expect(series).toHaveLength(7);
    expect(drawing.notes).toEqual([{ text: '5 more are in the table only.' }]);
    expect(drawing.tell?.(0)).not.toContain('together');
  });

  it('does not stack counts of different sessions, nor a cost for each of them', () => {
    for (const metric of ['sessions', 'cost_per_session_usd']) {
      const rows = [
        ['2026-11-01', 'a', 1],
        ['2026-11-01', 'b', 1],
      ];
      const { series } = read(
        drawTimeseries(inputOf(answerOf(['day', 'model'], [metric], rows), { by: ['model'], metrics: [metric] }))
          .option,
      );
      expect(series.map(({ stack }) => stack)).toEqual([undefined, undefined]);
    }
  });

  it('takes two units at most, and says which figure that leaves out', () => {
    const metrics = ['cost_usd', 'request_p50_ms', 'tool_success_ratio'];
    const drawing = drawTimeseries(inputOf(answerOf(['day'], metrics, [['2026-11-01', 1, 2, 0.5]]), { metrics }));
    expect(read(drawing.option).series.map(({ name }) => name)).toEqual(['Cost', 'Request median']);
    expect(drawing.notes?.[0]?.text).toContain('Tool success');
  });

  it('shows the window before as a line, exact in the tool tip', () => {
    const previous = { window, rows: [[0.5], null, [2]], changes: [], ratios: [] };
    const drawing = drawTimeseries(inputOf(one([1, 2, 3], { previous }), { compare: true }, { now: NOW }));
    expect(read(drawing.option).series[1]).toMatchObject({ name: 'window before', data: [0.5, null, 2] });
    expect(drawing.tell?.(0)).toContain('in the window before $0.500000');
    expect(drawing.tell?.(1)).toContain('in the window before –');
    const off = drawTimeseries({
      ...inputOf(one([1, 2, 3], { previous }), { compare: true }),
      off: new Set(['before']),
    });
    expect(read(off.option).series).toHaveLength(1);
  });

  it('compares parts as a whole, and not with an answer of other pieces', () => {
    const rows = days([1, 2, 3]).map(([day, cost]) => [day ?? null, 'a', cost ?? null]);
    const whole = one([1, 2, 3], { previous: { window, rows: [[4], [5], [6]], changes: [], ratios: [] } });
    const answer = answerOf(['day', 'model'], ['cost_usd'], rows, { window });
    const drawing = drawTimeseries(inputOf(answer, { by: ['model'] }, { overlays: { whole } }));
    expect(read(drawing.option).series[1]?.data).toEqual([4, 5, 6]);
    const off = drawTimeseries({
      ...inputOf(answer, { by: ['model'] }, { overlays: { whole } }),
      off: new Set(['=a']),
    });
    expect(read(off.option).series).toHaveLength(0); // beside a part of the whole it would mislead
    const older = { ...whole, rows: whole.rows.slice(1) };
    expect(
      read(drawTimeseries(inputOf(answer, { by: ['model'] }, { overlays: { whole: older } })).option).series,
    ).toHaveLength(1);
  });

  it('draws the forecast as a band from the running day on, in the panel’s unit', () => {
    const drawing = drawTimeseries(
      inputOf(one([1, 2, 3]), { overlays: ['forecast'] }, { overlays: { forecast: forecasts() }, now: NOW }),
    );
    const { series, xAxis } = read(drawing.option);
    expect(xAxis.data).toEqual(['Sun 1 Nov', 'Mon 2 Nov', 'Tue 3 Nov', 'Wed 4 Nov']);
    const of = (id: string) => series.find((one) => one.id === id)?.data;
    expect(of('band:low')).toEqual([null, null, 3.5, 1]);
    expect(of('band:high')).toEqual([null, null, 1.75, 3]);
    expect(of('band:middle')).toEqual([null, null, 4, 2.1]);
    expect(drawing.tell?.(3)).toBe('Wed 4 Nov: Forecast of the day $2.10, in 80 % of cases $1.00 to $4.00');
    expect(drawing.notes).toEqual([
      { text: 'The month comes to $50.00; in 80 % of cases to between $40.00 and $61.00.' },
    ]);
    expect(drawing.follow?.(3)).toBeNull();
  });

  it('says why there is no forecast, and has none where it was not asked for or the window is over', () => {
    const refused = forecasts({ value: null, low: null, high: null, path: [], reason: '29 whole days are too few' });
    const asked = inputOf(one([1, 2, 3]), { overlays: ['forecast'] }, { overlays: { forecast: refused }, now: NOW });
    expect(drawTimeseries(asked).notes).toEqual([{ text: 'No forecast: 29 whole days are too few.' }]);
    const unasked = inputOf(one([1, 2, 3]), {}, { overlays: { forecast: forecasts() }, now: NOW });
    expect(read(drawTimeseries(unasked).option).series).toHaveLength(1);
    const over = inputOf(one([1, 2]), { overlays: ['forecast'] }, { overlays: { forecast: forecasts() }, now: NOW });
    expect(read(drawTimeseries(over).option).series).toHaveLength(1);
  });

  it('marks what began on a day, by kind, and lists it', () => {
    const at = (day: number, kind: string, text: string) => ({ at: `2026-11-0${day}T09:00:00Z`, kind, text });
    const markers = {
      markers: [
        at(1, 'agent_release', 'one'),
        at(2, 'model', '<b>two</b>'),
        at(2, 'price', 'three'),
        { ...at(2, 'model', 'gone'), at: '2027-01-01T00:00:00Z' },
      ],
      left_out: 4,
      window,
    } as unknown as TimeMarkers;
    const drawing = drawTimeseries(inputOf(one([1, 2, 3]), {}, { overlays: { markers }, now: NOW }));
    const lines = read(drawing.option).series.flatMap(({ markLine }) => (markLine ? [markLine] : []));
    expect(lines.map(({ symbol, data }) => [symbol[1], data])).toEqual([
      ['triangle', [{ xAxis: 0 }]],
      ['diamond', [{ xAxis: 1 }]],
    ]);
    expect(drawing.tell?.(1)).toBe('Mon 2 Nov: Cost $2.00. ◆ <b>two</b>. ● three');
    expect(drawing.notes?.map(({ text }) => text)).toEqual([
      '2026-11-02: three',
      '2026-11-02: <b>two</b>',
      '2026-11-01: one',
      '4 more are not shown.',
    ]);
  });

  it('says how often such forecasts held, where that is less than they promise', () => {
    const text = (coverage: number | null, tries: number) => {
      const forecast = forecasts({ score: { forecasts: tries, coverage } });
      return drawTimeseries(inputOf(one([1, 2, 3]), { overlays: ['forecast'] }, { overlays: { forecast }, now: NOW }))
        .notes?.map(({ text }) => text)
        .join();
    };
    expect(text(0.46, 28)).toContain('$61.00. Tried on your own days, 46 % of 28 such intervals held.');
    for (const fine of [text(0.8, 28), text(null, 28), text(0, 2)]) expect(fine).toMatch(/\$61\.00\.$/);
  });

  it('of a KPI knows nothing of what is to come', () => {
    const hours = ['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z', '2026-11-20T12:00:00Z'].map((at) => [at, 0]);
    const told = answerOf(['hour'], ['cost_usd'], hours, { window: { ...window, until: '2026-11-21T00:00:00Z' } });
    expect(courseOf(told, Date.parse('2026-11-20T11:30:00Z'))).toEqual([0, 0, null]);
    expect(courseOf(told, Date.parse('2026-12-01T00:00:00Z'))).toEqual([0, 0, 0]);
  });

  it('lists a mark under the day at which it stands, in the zone of the answer', () => {
    const late = { at: '2026-11-02T23:30:00Z', kind: 'model', text: 'late' };
    const markers = {
      markers: [late],
      left_out: 0,
      window: { ...window, tz: 'Europe/Berlin' },
    } as unknown as TimeMarkers;
    const drawing = drawTimeseries(inputOf(one([1, 2, 3]), {}, { overlays: { markers }, now: NOW }));
    expect(drawing.tell?.(2)).toContain('late');
    expect(drawing.notes?.map(({ text }) => text)).toEqual(['2026-11-03: late']);
  });

  it('shows a lone value between two that are unknown, and strokes that differ', () => {
    const rows = Array.from({ length: 90 }, (_, at) => [
      new Date(Date.UTC(2026, 7, 1 + at)).toISOString().slice(0, 10),
      at === 50 ? null : 0.5,
      at % 2 ? null : 0.5,
    ]);
    const metrics = ['tool_success_ratio', 'request_p50_ms'];
    const drawing = drawTimeseries(inputOf(answerOf(['day'], metrics, rows), { metrics }));
    const { series } = read(drawing.option);
    expect(series[0]?.data[49]).toBe(0.5);
    expect(series[1]?.data[48]).toMatchObject({ value: 0.5, symbol: 'rect' });
    expect(drawing.legend?.map(({ stroke }) => stroke)).toEqual(['solid', 'dashed']);
  });

  it('leads to the piece that is clicked, and to all from one to another', () => {
    const drawing = drawTimeseries(inputOf(one([1, 2, 3]), {}, { now: NOW }));
    expect(drawing.follow?.(1)).toEqual({ range: '', since: '2026-11-02', until: '2026-11-03' });
    expect(drawing.span?.(2, 0)).toEqual({ range: '', since: '2026-11-01', until: '2026-11-04' });
    const hours = answerOf(['hour'], ['cost_usd'], [['2026-11-20T01:00:00+05:30', 1]]);
    expect(drawTimeseries(inputOf(hours, {})).follow?.(0)).toEqual({
      range: '',
      since: '2026-11-19T19:30:00.000Z',
      until: '2026-11-19T20:30:00.000Z',
    });
  });

  it('takes ten thousand pieces, one piece, values below 0, and none', () => {
    const many = Array.from({ length: 10_000 }, (_, at) => [
      new Date(Date.UTC(2026, 0, 1, at)).toISOString(),
      at % 7 ? at : null,
    ]);
    const began = performance.now();
    const drawing = drawTimeseries(inputOf(answerOf(['hour'], ['cost_usd'], many), {}));
    expect(performance.now() - began).toBeLessThan(1500);
    expect(read(drawing.option).series[0]?.type).toBe('line'); // columns narrower than a pixel would be grey
    expect(drawing.points).toBe(10_000);
    expect(drawTimeseries(inputOf(one([1]), {}, { now: NOW })).summary).toContain('$1.00 in all');
    const below = answerOf(['day'], ['lines_net'], [['2026-11-01', -5]]);
    expect(drawTimeseries(inputOf(below, { metrics: ['lines_net'] })).tell?.(0)).toBe('Sun 1 Nov: Lines net −5');
    expect(drawTimeseries(inputOf(one([]), {})).points).toBe(0);
    expect(drawTimeseries(inputOf(one([null, null]), {}, { now: NOW })).summary).toContain('Cost: unknown');
  });
});
