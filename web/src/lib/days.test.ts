import { describe, expect, it } from 'vitest';
import { dayAfter, daysAsWindow, isDay, windowAsDays, windowText } from './days';

describe('days', () => {
  it('knows a day from what is none', () => {
    expect(isDay('2026-11-20')).toBe(true);
    for (const text of ['', null, '2026-13-40', '20.11.2026', '2026-11-20T10:00:00Z', "'; drop"])
      expect(isDay(text)).toBe(false);
  });

  it('counts over the ends of months and years, and not from what is no day', () => {
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
    expect(dayAfter('2028-03-01', -1)).toBe('2028-02-29');
    expect(dayAfter('nonsense', 1)).toBeNull();
    expect(dayAfter('9999-12-31', 1)).toBeNull();
  });

  it('takes the last day in, which the API leaves out', () => {
    expect(daysAsWindow('2026-11-01', '2026-11-07')).toEqual({ range: '', since: '2026-11-01', until: '2026-11-08' });
    expect(daysAsWindow('2026-11-07', '2026-11-07')).toEqual({ range: '', since: '2026-11-07', until: '2026-11-08' });
    expect(daysAsWindow('2026-11-07', '')).toEqual({ range: '', since: '2026-11-07', until: null });
  });

  it('makes no window of days the wrong way round, of none, or of nonsense', () => {
    expect(daysAsWindow('2026-11-08', '2026-11-07')).toBeNull();
    expect(daysAsWindow('', '')).toBeNull();
    expect(daysAsWindow('2026-11-08', 'x')).toBeNull();
  });

  it('reads the window back as it was chosen', () => {
    const chosen = daysAsWindow('2026-02-27', '2026-02-28');
    expect(chosen && windowAsDays(chosen)).toEqual({ first: '2026-02-27', last: '2026-02-28' });
    expect(windowAsDays({ since: '2026-11-01T08:00:00Z', until: null })).toEqual({ first: '2026-11-01', last: '' });
    expect(windowAsDays({ since: '<script>', until: 'x' })).toEqual({ first: '', last: '' });
  });

  it.each([
    [{ range: '7d', since: null, until: null }, 'the last 7 days'],
    [{ range: '24h', since: null, until: null }, 'the last 24 hours'],
    [{ range: 'all', since: null, until: null }, 'all time'],
    [{ range: '', since: '2026-11-01', until: '2026-11-08' }, 'Sun 1 Nov to Sat 7 Nov'],
    [{ range: '', since: '2026-11-01', until: '2026-11-02' }, 'Sun 1 Nov'],
    [{ range: '', since: '2026-11-01', until: null }, 'since Sun 1 Nov'],
    [{ range: '', since: null, until: '2026-11-08' }, 'until Sat 7 Nov'],
    [{ range: '', since: '2026-11-01T10:00:00Z', until: '2026-11-01T14:00:00Z' }, 'Sun 1 Nov 10:00 to Sun 1 Nov 14:00'],
  ])('says %o as %s', (place, text) => expect(windowText(place, 'UTC')).toBe(text));
});
