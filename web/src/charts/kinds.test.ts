import { describe, expect, it } from 'vitest';
import type { PanelAbout } from '../lib/answers';
import { addsUp, sumKnown } from './adding';
import { drawBars } from './bars';
import { contrast, inkOn, mix } from './colours';
import { answerOf, HOSTILE, inputOf, METRICS, read, THEME } from './handmade';
import { drawHeatmap } from './heatmap';
import { drawHistogram } from './histogram';
import { choicesOf } from './kinds';
import { orderRows, turned } from './ranked';
import { toLargest, toSessions } from './leads';
import { drawShare, readSlices } from './share';
import { drawTreemap, hiding, readHidden } from './treemap';
import { sheetOf } from '../lib/answers';

type Rows = (string | number | null)[][];
const projects = (rows: Rows, more = {}, metrics = ['cost_usd', 'sessions']) =>
  answerOf(['project'], metrics, rows, more);
const whole = (value: number) => answerOf([], ['cost_usd'], [[value]]);

describe('bars', () => {
  const bars = (answer: ReturnType<typeof answerOf>, more = {}, panel = {}) =>
    drawBars(inputOf(answer, { by: ['project'], metrics: ['cost_usd', 'sessions'], ...panel }, more));

  it('tell every metric exactly, and lead to the sessions with the largest first', () => {
    const drawing = bars(
      projects(
        [
          ['a', 12.345678, 3],
          [null, 1, null],
          ['b', null, 2],
        ],
        { reasons: { cost_usd: 'no price' } },
      ),
      {
        filters: { agent: ['codex'] },
      },
    );
    expect(drawing.tell?.(0)).toBe('a: Cost $12.35, Sessions 3');
    expect(drawing.tell?.(1)).toBe('unknown: Cost $1.00, Sessions –');
    expect(drawing.tell?.(2)).toBe('b: Cost –, Sessions 2. Cost: no price');
    expect(read(drawing.option).yAxis[1]?.data).toEqual(['$12.35', '$1.00', '–']);
    expect(drawing.follow?.(0)).toEqual({
      tab: 'sessions',
      filters: { agent: ['codex'], project: ['a'] },
      more: { order: '-cost_usd' },
    });
    expect(drawing.follow?.(1)).toMatchObject({ filters: { project: ['null'] } });
    expect(drawing.follow?.(7)).toBeNull();
  });

  it('sum what a limit cut off, from the whole, without dust', () => {
    const rows = [
      ['a', 0.7, 1],
      ['b', 0.1, 1],
    ];
    const cut = bars(projects(rows, { total_rows: 5 }), { overlays: { whole: whole(0.9) } });
    expect(cut.tell?.(2)).toBe('3 others: Cost $0.100000');
    expect(read(cut.option).series[0]?.data[2]).toMatchObject({ value: 0.1 }); // 0.9 − 0.8 in binary is a little less
    expect(cut.follow?.(2)).toBeNull();
    // Without the whole, or where parts do not add up, nothing is made up.
    expect(bars(projects(rows, { total_rows: 5 })).notes).toEqual([{ text: '3 more are not shown.' }]);
    const counted = projects(
      [
        ['a', 7],
        ['b', 1],
      ],
      { total_rows: 5 },
      ['sessions'],
    );
    expect(bars(counted, { overlays: { whole: whole(9) } }, { metrics: ['sessions'] }).points).toBe(2);
  });

  it('take ten thousand rows: the first ones and the sum of the others', () => {
    const drawing = bars(projects(Array.from({ length: 10_000 }, (_, at) => [`p${at}`, 1, 1])));
    expect(drawing.points).toBe(31);
    expect(drawing.tell?.(30)).toBe('9970 others: Cost $9,970.00');
    expect(read(drawing.option).series[0]?.data[30]).toMatchObject({ value: null }); // beside it no other bar would be seen
    expect(drawing.option['xAxis']).toMatchObject({ max: 1.03 });
  });

  it('lie on both sides of 0, and 0 and unknown have none', () => {
    const answer = answerOf(
      ['project'],
      ['lines_net'],
      [
        ['a', 5],
        ['b', 0],
        ['c', null],
        ['d', -3],
      ],
    );
    const drawing = bars(answer, {}, { metrics: ['lines_net'] });
    const values = read(drawing.option).series[0]?.data as { value: number | null; itemStyle: { color: string } }[];
    expect(values.map(({ value }) => value)).toEqual([5, null, null, -3]);
    expect(values[3]?.itemStyle.color).not.toBe(values[0]?.itemStyle.color);
    expect(read(drawing.option).yAxis[1]?.data).toEqual(['5', '0', '–', '−3']);
    expect(drawing.option['xAxis']).toMatchObject({ min: -3 });
  });

  it('show stored text as text', () => {
    const drawing = bars(projects(HOSTILE.map((name) => [name, 1, 1])));
    const box = read(drawing.option).tooltip.formatter([{ dataIndex: 0 }]);
    expect(box.textContent).toContain('<img src=x onerror=alert(1)>');
    expect(box.querySelector('img')).toBeNull();
    expect(drawing.tell?.(1)).toContain('__proto__');
    expect(drawing.follow?.(1)).toMatchObject({ filters: expect.any(Object) });
    expect(Object.keys((drawing.follow?.(2) as { filters: object }).filters)).toEqual(['project']);
  });

  it('say in the panel’s words why there is only the unknown', () => {
    expect(bars(projects([[null, 5, 1]])).notes).toEqual([{ text: 'Nobody tells it.' }]);
    expect(
      bars(
        projects([
          [null, 5, 1],
          ['a', 1, 1],
        ]),
      ).notes,
    ).toEqual([]);
  });
});

describe('shares', () => {
  it('are of the sum, with the others in it', () => {
    const rows = Array.from({ length: 7 }, (_, at) => [`p${at}`, 10]);
    const input = inputOf(
      projects(rows, { total_rows: 20 }, ['cost_usd']),
      { by: ['project'] },
      { overlays: { whole: whole(100) } },
    );
    const slices = readSlices(input);
    expect(slices.map(({ share }) => share)).toEqual([...Array(7).fill(0.1), 0.3]);
    const drawing = drawShare(input);
    expect(drawing.tell?.(7)).toBe('13 others: Cost $30.00, Share 30 %');
    expect(drawing.aim?.(7)).toEqual({ seriesIndex: 7, dataIndex: 0 });
  });

  it('are none of parts of which some are missing, nor of what has no sum', () => {
    const rows = Array.from({ length: 7 }, (_, at) => [`p${at}`, 10]);
    const cut = inputOf(projects(rows, { total_rows: 20 }, ['cost_usd']), { by: ['project'] }); // the whole is not here yet
    expect(readSlices(cut).map(({ share }) => share)).toEqual(Array(7).fill(null));
    const rates = { by: ['project'], metrics: ['tool_success_ratio'] };
    expect(readSlices(inputOf(projects([['a', 0.5]], {}, rates.metrics), rates))[0]?.share).toBeNull();
  });

  it('have no share of what is unknown, nor where something is below 0', () => {
    const of = (rows: Rows) =>
      readSlices(inputOf(projects(rows, {}, ['cost_usd']), { by: ['project'] })).map(({ share }) => share);
    expect(
      of([
        ['a', 3],
        ['b', null],
        ['c', 1],
      ]),
    ).toEqual([0.75, null, 0.25]);
    expect(
      of([
        ['a', 3],
        ['b', -1],
      ]),
    ).toEqual([null, null]);
    expect(of([['a', 0]])).toEqual([null]);
  });
});

describe('the heat map', () => {
  const week = { by: ['weekday', 'hour_of_day'], metrics: ['total_tokens', 'sessions'] };
  const answer = (rows: (number | null)[][]) => answerOf(week.by, week.metrics, rows);

  it('has all cells of a week, Monday first, and 0 where nothing was', () => {
    const drawing = drawHeatmap(
      inputOf(
        answer([
          [1, 7, 100, 1],
          [7, 23, 10_000, 2],
        ]),
        week,
      ),
    );
    expect(drawing.points).toBe(168);
    expect(drawing.across).toBe(24);
    expect(drawing.tell?.(7)).toBe('Monday, 07:00: Total tokens 100 tokens, Sessions 1');
    expect(drawing.tell?.(0)).toBe('Monday, 00:00: Total tokens 0 tokens, Sessions 0');
    expect(drawing.tell?.(167)).toBe('Sunday, 23:00: Total tokens 10,000 tokens, Sessions 2');
    const cells = read(drawing.option).series[0]?.data as { value: number[] }[];
    expect([cells[0]?.value[2], cells[7]?.value[2], cells[167]?.value[2]]).toEqual([0, 1, 5]);
    expect(drawing.legend?.[0]?.name).toBe('0');
    expect(drawing.legend?.at(-1)?.name).toBe('to 10 k');
  });

  it('leads from an hour of the week, or from a day, to the sessions of that time', () => {
    const filters = { agent: ['codex'] };
    const drawing = drawHeatmap(inputOf(answer([[2, 14, 100, 3]]), week, { filters }));
    expect(drawing.follow?.(24 + 14)).toEqual({
      tab: 'sessions',
      filters: { agent: ['codex'], weekday: ['2'], hour_of_day: ['14'] },
      more: { order: '-total_tokens' },
    });
    expect(drawing.follow?.(0)).toBeNull(); // nothing was there
    const calendar = { by: ['weekday', 'week'], metrics: ['cost_usd'] };
    const days = drawHeatmap(
      inputOf(answerOf(['week', 'weekday'], ['cost_usd'], [['2026-11-23', 7, 5]]), calendar, { filters }),
    );
    expect(days.follow?.(6)).toEqual({
      tab: 'sessions',
      filters,
      range: '',
      since: '2026-11-29',
      until: '2026-11-30',
      more: { order: '-cost_usd' },
    });
    const basis = { by: ['cost_basis', 'weekday'], metrics: ['cost_usd'] };
    const nowhere = drawHeatmap(inputOf(answerOf(basis.by, basis.metrics, [['priced', 1, 5]]), basis));
    expect(nowhere.follow).toBeUndefined(); // sessions have no basis
  });

  it('keeps unknown apart from 0', () => {
    const ratio = { by: week.by, metrics: ['tool_success_ratio'] };
    const drawing = drawHeatmap(
      inputOf(
        answerOf(ratio.by, ratio.metrics, [
          [1, 0, 0],
          [1, 1, null],
        ]),
        ratio,
      ),
    );
    const cells = read(drawing.option).series[0]?.data as { value: number[] }[];
    expect(cells.slice(0, 3).map(({ value }) => value[2])).toEqual([0, -1, -1]);
    expect(drawing.tell?.(1)).toBe('Monday, 01:00: Tool success rate –');
    expect(drawing.legend?.map(({ key }) => key)).toContain('unknown');
  });

  it('puts weeks beside each other, also those without records', () => {
    const calendar = { by: ['week', 'weekday'], metrics: ['cost_usd'] };
    const weeks = answerOf(calendar.by, calendar.metrics, [
      ['2026-11-02', 2, 5],
      ['2026-11-16', 1, 1],
    ]);
    const drawing = drawHeatmap(inputOf(weeks, calendar));
    expect(drawing.across).toBe(3);
    expect(drawing.tell?.(3)).toBe('Tuesday, week of Mon 2 Nov: Cost $5.00');
    expect(drawing.tell?.(1)).toBe('Monday, week of Mon 9 Nov: Cost $0.00');
    const now = Date.parse('2026-11-17T12:00:00Z');
    const range = { since: '2026-11-03T08:00:00Z', until: '2026-11-30T00:00:00Z', tz: 'Etc/UTC' };
    const cut = drawHeatmap({ ...inputOf({ ...weeks, window: range }, calendar), now });
    expect(cut.legend?.at(-1)?.name).toBe('blank: not in this time range');
    expect(cut.summary).toMatch(/something in 2 of 15 cells/);
    expect(cut.tell?.(0)).toBe('Monday, week of Mon 2 Nov: Cost –. not in this time range');
    expect(cut.tell?.(5)).toBe('Tuesday, week of Mon 16 Nov: Cost $0.00');
    expect(cut.tell?.(8)).toBe('Wednesday, week of Mon 16 Nov: Cost –. not in this time range');
  });
});

describe('the histogram', () => {
  it('is in the order of sizes, with classes that nothing is in', () => {
    const panel = { by: ['session_length'], metrics: ['sessions', 'cost_usd'] };
    const rows = [
      ['120+', 1, 2],
      ['5-15', 9, 0.5],
      [null, 1, 1],
      ['0-5', 4, null],
    ];
    const drawing = drawHistogram(inputOf(answerOf(panel.by, panel.metrics, rows), panel));
    expect(read(drawing.option).xAxis.data).toEqual([
      '0-5 min',
      '5-15 min',
      '15-30 min',
      '30-60 min',
      '60-120 min',
      '120+ min',
      'unknown',
    ]);
    expect(drawing.tell?.(0)).toBe('0-5 min: Sessions 4, Cost –');
    expect(drawing.tell?.(2)).toBe('15-30 min: Sessions 0, Cost $0.00');
  });
});

describe('the treemap', () => {
  const panel = { by: ['project', 'model'], metrics: ['cost_usd'] };
  const rows: Rows = [
    ['a', 'm', 6],
    ['a', 'n', 2],
    ['b,1', 'm', 3],
    [null, 'm', 1],
    ['c', 'm', null],
    ['d', 'm', -2],
  ];
  const input = (more = {}) => inputOf(answerOf(panel.by, panel.metrics, rows), panel, { more });

  it('nests, the largest first, and tells the path', () => {
    const drawing = drawTreemap(input());
    expect(drawing.tell?.(0)).toBe('a: Cost $8.00, of all 66.7 %');
    expect(drawing.tell?.(2)).toBe('a › n: Cost $2.00, of all 16.7 %');
    expect(drawing.summary).toBe('Cost: a $8.00, b,1 $3.00, unknown $1.00.');
  });

  it('leaves out what is clicked, keeps what was left out, and says the share of the whole', () => {
    const first = drawTreemap(input({ order: 'x' })).follow?.(3); // b,1
    expect(first).toEqual({ more: { order: 'x', hide: 'b%2C1' } });
    const drawing = drawTreemap(input(first?.more));
    expect(drawing.tell?.(0)).toBe('a: Cost $8.00, of all 66.7 %');
    const second = drawing.pick?.({ name: '', seriesName: '', dataIndex: 0, data: { id: '0' } });
    expect(second).toEqual({ more: { order: 'x', hide: 'b%2C1,a' } });
    expect(readHidden(second?.more ?? {})).toEqual(['b,1', 'a']);
    // The last one stays: an empty chart says nothing.
    expect(drawTreemap(input(second?.more)).follow?.(0)).toBeNull();
    expect(hiding([], { hide: 'a', order: 'x' })).toEqual({ order: 'x' });
  });

  it('says shares of all that there is, also of what a limit cut off', () => {
    const cut = answerOf(panel.by, panel.metrics, rows, { total_rows: rows.length + 2 });
    const { tell, notes } = drawTreemap(inputOf(cut, panel));
    expect([tell?.(0), notes]).toEqual(['a: Cost $8.00', [{ text: '2 more are not shown.' }]]);
    const overlays = { whole: answerOf([], ['cost_usd'], [[80]]) };
    expect(drawTreemap(inputOf(cut, panel, { overlays })).tell?.(0)).toBe('a: Cost $8.00, of all 10 %');
  });

  it('takes hostile names and thousands of rows', () => {
    const many = [...HOSTILE, ...Array.from({ length: 10_000 }, (_, at) => `p${at}`)].map((name) => [name, 'm', 1]);
    const drawing = drawTreemap(inputOf(answerOf(panel.by, panel.metrics, many), panel));
    expect(drawing.points).toBeLessThan(400);
    expect(drawing.tell?.((drawing.points as number) - 1)).toMatch(/others: Cost \$9,\d+\.00/);
    expect(readHidden(hiding(HOSTILE.slice(0, 4), {}))).toEqual(HOSTILE.slice(0, 4));
    expect(readHidden({ hide: '%zz' })).toEqual(['%zz']);
  });
});

describe('a table', () => {
  const sheet = sheetOf(
    answerOf(
      ['project'],
      ['cost_usd'],
      [
        ['b', 1],
        ['a', null],
        ['c', 3],
        [null, 1],
      ],
    ),
  );

  it('is ordered by a column, with the unknown last either way', () => {
    expect(orderRows(sheet, { column: 'cost_usd', isFalling: true })).toEqual([2, 0, 3, 1]);
    expect(orderRows(sheet, { column: 'cost_usd', isFalling: false })).toEqual([0, 3, 2, 1]);
    expect(orderRows(sheet, { column: 'project', isFalling: false })).toEqual([1, 0, 2, 3]);
    expect(orderRows(sheet, { column: 'gone', isFalling: false })).toEqual([0, 1, 2, 3]);
  });

  it('turns about when its head is clicked again', () => {
    const first = turned({ column: 'a', isFalling: false }, 'cost_usd', true);
    expect(first).toEqual({ column: 'cost_usd', isFalling: true });
    expect(turned(first, 'cost_usd', true).isFalling).toBe(false);
  });
});

describe('where parts lead', () => {
  it('is to sessions only by what sessions can be chosen by', () => {
    expect(toSessions({ filters: {} }, 'cost_basis', 'priced')).toBeNull();
    expect(toSessions({ filters: {} }, 'session', 's_1')).toEqual({ tab: 'sessions', item: 's_1' });
    expect(toSessions({ filters: { model: ['a'] } }, 'model', 'b', 'cost_share')).toEqual({
      tab: 'sessions',
      filters: { model: ['b'] },
      more: {},
    });
    expect(toLargest('cost_microusd')).toEqual({ tab: 'sessions', more: { order: '-cost_usd' } });
    expect(toLargest('cache_hit_ratio')).toBeNull();
  });
});

describe('sums and colours', () => {
  it('add up only what does', () => {
    expect(['cost_usd', 'tool_calls', 'lines_net'].every((name) => addsUp(name, METRICS))).toBe(true);
    expect(
      ['sessions', 'tool_success_ratio', 'cost_per_session_usd', 'gone'].some((name) => addsUp(name, METRICS)),
    ).toBe(false);
    expect(sumKnown([0.1, 0.2, null])).toBe(0.3);
    expect(sumKnown([null, undefined])).toBeNull();
  });

  it('keep text readable on every series and step of a ramp', () => {
    const grounds = [
      ...THEME.series,
      THEME.rest,
      THEME.soft,
      ...[0.2, 0.4, 0.6, 0.8, 1].map((share) => mix(THEME.panel, THEME.mark, share)),
    ];
    for (const ground of grounds) expect(contrast(inkOn(ground), ground)).toBeGreaterThanOrEqual(4.5);
  });
});

describe('the figures to choose from', () => {
  it('are the panel’s own, without shares of the first, and of a whole only those that add up', () => {
    const metrics = ['cost_usd', 'cost_share', 'sessions'];
    const of = (chart: PanelAbout['chart']) => choicesOf(inputOf(projects([]), { chart, metrics }).panel, METRICS);
    expect(of('bars')).toEqual(['cost_usd', 'sessions']);
    expect(of('treemap')).toEqual(['cost_usd']);
    expect(of('timeseries')).toEqual([]); // all are drawn
    const split = inputOf(projects([]), { chart: 'timeseries', by: ['model'], metrics }).panel;
    expect(choicesOf(split, METRICS)).toEqual(['cost_usd', 'sessions']);
  });

  it('take the figure before from the same column when another one is drawn', () => {
    const previous = { window: { since: null, until: null, tz: 'UTC' }, rows: [[7, 2]], changes: [], ratios: [] };
    const input = inputOf(projects([['a', 8, 3]], { previous }), {
      by: ['project'],
      metrics: ['sessions', 'cost_usd'],
    });
    expect(drawBars(input).tell?.(0)).toBe('a: Sessions 3, Cost $8.00, in the window before 2 (+50 %)');
  });
});
