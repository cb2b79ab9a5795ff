import { describe, expect, it } from 'vitest';
import {
  change,
  dayIn,
  dollars,
  duration,
  exact,
  format,
  formatDay,
  formatMetric,
  formatMoment,
  formatName,
  formatTime,
  percent,
  short,
  wholeName,
} from './format';

describe('amounts', () => {
  it('says that what is not known is not known', () => {
    for (const unit of ['count', 'usd', 'ratio', 'seconds'] as const) {
      expect(format(null, unit)).toBe('–');
      expect(exact(undefined, unit)).toBe('–');
    }
  });

  it.each([
    [0, '0'],
    [9999, '9,999'],
    [12_345, '12.3 k'],
    [999_949, '1 M'],
    [205_276_391, '205 M'],
    [1.5e9, '1.5 G'],
    [2.34, '2.3'],
    [8441.3, '8,441'],
  ])('writes %d as %s', (value, text) => expect(short(value)).toBe(text));

  it.each([
    [0, '$0.00'],
    [0.00001, '<$0.0001'],
    [0.1924, '$0.1924'],
    [0.99999, '$1.00'],
    [12.4, '$12.40'],
    [1234.5, '$1,234.50'],
    [45_678, '$45.7 k'],
  ])('writes %d dollars as %s', (value, text) => expect(dollars(value)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.0001, '<0.1 %'],
    [0.971, '97.1 %'],
    [0.99999, '>99.9 %'],
    [1, '100 %'],
    [-0.5, '−50 %'],
  ])('writes the share %d as %s', (value, text) => expect(percent(value)).toBe(text));

  it.each([
    [0.42, '0.4 s'],
    [59.6, '1 min 00 s'],
    [3905, '1 h 05 min'],
    [200_000, '2 d 7 h'],
  ])('writes %d seconds as %s', (value, text) => expect(duration(value)).toBe(text));

  it('keeps every digit where it matters', () => {
    expect(exact(205_276_391, 'tokens')).toBe('205,276,391 tokens');
    expect(exact(0.000012, 'usd')).toBe('$0.000012');
    expect(exact(1_234_567, 'microusd')).toBe('$1.23');
    expect(format(-3, 'lines')).toBe('−3');
  });
});

describe('changes', () => {
  it('calls good what is better', () => {
    expect(change(12, 10, 'higher')).toEqual({ text: '+20 %', tone: 'good' });
    expect(change(12, 10, 'lower')).toEqual({ text: '+20 %', tone: 'bad' });
    expect(change(8, 10, 'neither')).toEqual({ text: '−20 %', tone: 'plain' });
  });

  it('does not divide by nothing, nor compare with what is not known', () => {
    expect(change(5, 0, 'higher')?.text).toBe('new');
    expect(change(0, 0, 'higher')?.text).toBe('±0 %');
    expect(change(5, null, 'higher')).toBeNull();
    expect(change(500, 10, 'higher')?.text).toBe('×50');
  });
});

describe('names', () => {
  it('writes months alike in days and moments', () => {
    expect(formatMoment('2026-09-22T12:12:00Z', 'UTC')).toBe('Tue 22 Sep 12:12');
    expect(formatDay('2026-09-22')).toBe('Tue 22 Sep');
    expect(formatTime(Date.parse('2026-09-22T12:12:31Z'), 'UTC')).toBe('12:12:31');
    expect(dayIn('2026-09-22T23:30:00Z', 'Europe/Berlin')).toBe('2026-09-23');
    expect(dayIn('2026-09-22T23:30:00Z', 'No/Such')).toBe('2026-09-22');
    expect(dayIn('nonsense', 'UTC')).toBe('nonsense');
  });

  it('writes pieces of time as people do', () => {
    expect(formatDay('2026-11-20')).toBe('Fri 20 Nov');
    expect(formatName(1, 'weekday')).toBe('Monday');
    expect(formatName(7, 'hour_of_day')).toBe('07:00');
    expect(formatName('2026-11-01', 'month')).toBe('Nov 2026');
    expect(formatName(null, 'model')).toBe('unknown');
    expect(formatName(null, 'subagent')).toBe('none');
  });

  it('leaves the unit to the figure', () => {
    expect(formatMetric('cost_per_commit_usd')).toBe('Cost per commit');
    expect(formatMetric('tool_p95_ms')).toBe('Tool p95');
    expect(formatMetric('tool_success_ratio')).toBe('Tool success rate');
    expect(formatMetric('api_errors')).toBe('API errors');
  });
});

describe('pseudonyms', () => {
  it('are written by their first digits', () => {
    expect(formatName('p_cdaaa68d9e2c9da1', 'project')).toBe('p_cdaaa68d…');
    expect(formatName('u_0123456789abcdef')).toBe('u_01234567…');
  });

  it('that begin alike are never the same text, whichever comes first and however often', () => {
    const alike = ['p_aaaaaaaa11111111', 'p_aaaaaaaa11222222', 'p_aaaaaaaa11111112', 'p_aaaaaaaa22222222'];
    const once = alike.map((name) => formatName(name));
    expect(new Set(once).size).toBe(alike.length);
    expect([...alike].reverse().map((name) => formatName(name))).toEqual([...once].reverse());
    expect(once[0]).toBe('p_aaaaaaaa…');
    expect(once.map(wholeName)).toEqual(alike);
  });

  it('are remembered, but not for ever: those that were not shown for longest are forgotten', () => {
    const nth = (number: number) => `s_${number.toString(16).padStart(8, '0')}00000000`;
    const first = formatName(nth(0));
    const used = formatName(nth(1));
    for (let number = 2; number < 9_000; number += 1) formatName(nth(number));
    expect(wholeName(first)).toBe(nth(0));
    formatName(nth(1));
    for (let number = 9_000; number < 12_000; number += 1) formatName(nth(number));
    expect(wholeName(first)).toBe(first);
    expect(wholeName(used)).toBe(nth(1));
  });

  it('are not what only looks like one: names in clear stay whole', () => {
    for (const name of [
      '/home/jane/app',
      'p_cdaaa68d9e2c9da',
      'p_CDAAA68D9E2C9DA1',
      'p_cdaaa68d9e2c9da1x',
      'claude-opus-5-5',
    ])
      expect(formatName(name)).toBe(name);
  });
});

describe('folders of projects', () => {
  it('are written by their end, which tells them apart', () => {
    expect(formatName('/home/jane/work/shop-api', 'project')).toBe('…/shop-api');
    expect(formatName('C:\\Users\\jane\\shop-web', 'project')).toBe('…\\shop-web');
    expect(wholeName('…/shop-api')).toBe('/home/jane/work/shop-api');
  });

  it('that end alike are never the same text', () => {
    const alike = ['/home/jane/one/app', '/home/jane/two/app', '/srv/two/app', '/x/srv/two/app'];
    const once = alike.map((path) => formatName(path, 'project'));
    expect(once.slice(0, 2)).toEqual(['…/app', '…/two/app']);
    expect(new Set(once).size).toBe(alike.length);
    expect(once.map(wholeName)).toEqual(alike);
  });

  it('stay whole where they are short, and where it is no project', () => {
    for (const path of ['/srv', '/srv/app', 'app', 'github.com/acme/shop/api'])
      expect(formatName(path, 'project')).toBe(path);
    expect(formatName('/home/jane/work/shop-api', 'tool')).toBe('/home/jane/work/shop-api');
  });
});
