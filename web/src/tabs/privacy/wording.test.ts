import { describe, expect, it } from 'vitest';
import { bytesText, consentTold, dueText, leftTold, modeText, rowsLike, textParts } from './wording';
import type { OutboxState, PolicyRow, PurposeState, Tier } from './wording';

const purpose = (change: Partial<PurposeState>): PurposeState => ({
  purpose: 'usage_analytics',
  state: 'unasked',
  allowed: false,
  text_sha256: '',
  text_version: 1,
  blocked_by: null,
  decided_us: null,
  how: null,
  reference: null,
  agreed_text_version: null,
  agreed_policy_version: null,
  ...change,
});

const left = (change: Partial<OutboxState['left']>): Pick<OutboxState, 'left'> => ({
  left: {
    anything: false,
    why_unknown: null,
    envelopes: 0,
    events: 0,
    size_bytes: 0,
    first_at: null,
    last_at: null,
    addresses: [],
    receipts: {},
    whole: true,
    ...change,
  },
});

describe('consent', () => {
  const decided = { decided_us: Date.UTC(2026, 10, 20, 16, 8) * 1000, how: 'command' };

  it('is never more than was said', () => {
    expect(consentTold(purpose({}), 'UTC').text).toBe('Not asked, so not allowed.');
    expect(consentTold(purpose({ state: 'granted', allowed: true, ...decided }), 'UTC')).toEqual({
      sign: '✓',
      text: 'Allowed, Fri 20 Nov 16:08 (by a command).',
      tone: 'good',
    });
    for (const state of ['denied', 'withdrawn', 'outdated', 'something new'])
      expect(consentTold(purpose({ state, ...decided }), 'UTC').tone).not.toBe('good');
  });

  it('that a switch blocks does not look allowed', () => {
    const told = consentTold(purpose({ state: 'granted', blocked_by: 'DO_NOT_TRACK', ...decided }), 'UTC');
    expect(told.sign).toBe('!');
    expect(told.text).toContain('DO_NOT_TRACK says no');
  });

  it('shows every line of its text', () => {
    const text = 'Usage, for Tachograph (text 1)\n  What:      one: two\n  How long:  until `stop`\n';
    expect(textParts(text)).toEqual({
      title: 'Usage, for Tachograph (text 1)',
      lines: [
        ['What', 'one: two'],
        ['How long', 'until `stop`'],
      ],
    });
  });
});

describe('what left', () => {
  it('is nothing only where that is known', () => {
    expect(leftTold(left({}), 'UTC').text).toBe('Nothing has left this machine.');
    for (const anything of [null, true])
      expect(leftTold(left({ anything, envelopes: 1 }), 'UTC').text).not.toContain('Nothing has left');
    expect(leftTold(left({ anything: null, why_unknown: 'a receipt is missing' }), 'UTC').text).toBe(
      'Whether something left cannot be said: a receipt is missing.',
    );
  });

  it('is told with where and when', () => {
    const one = { anything: true, envelopes: 1, events: 31, size_bytes: 8912, addresses: ['https://x.example'] };
    expect(leftTold(left({ ...one, first_at: '2026-11-20T10:15:00Z' }), 'UTC').text).toBe(
      '1 envelope with 31 events (8.9 kB) left this machine on Fri 20 Nov 10:15, to https://x.example.',
    );
  });

  it('depends on the mode, which is told', () => {
    expect(modeText({ mode: 'off', countdown_s: 0 })).toContain('nothing leaves');
    expect(modeText({ mode: 'review', countdown_s: 0 })).toContain('approved');
    expect(modeText({ mode: 'review', countdown_s: 60 })).toContain('after 60 s');
    expect(modeText({ mode: 'auto', countdown_s: 0 })).toContain('leaves by itself');
  });

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [8912, '8.9 kB'],
    [999_960, '1 MB'],
    [52_428_800, '52.4 MB'],
  ])('%d bytes are written as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
});

describe('retention', () => {
  const tier: Tier = {
    tier: 'raw',
    days: 90,
    sessions: 0,
    rows: 0,
    rows_kept: 5,
    oldest_at: null,
    next_at: '2027-02-18T19:10:54Z',
    waits_until: null,
  };

  it('says what goes next', () => {
    expect(dueText(tier, 'UTC')).toBe('the next on Thu 18 Feb 2027');
    expect(dueText({ ...tier, next_at: null }, 'UTC')).toBe('nothing is due');
    expect(dueText({ ...tier, days: null }, 'UTC')).toBe('nothing: kept for ever');
    expect(dueText({ ...tier, rows: 1200 }, 'UTC')).toBe('1,200 had their time: they are deleted next');
    expect(dueText({ ...tier, rows: 1200, waits_until: '2026-11-27T00:00:00Z' }, 'UTC')).toContain('wait until Fri 27');
  });
});

describe('the policy', () => {
  const row = (attribute: string, treatment: string, reason: string): PolicyRow => ({
    attribute,
    becomes: attribute,
    means: null,
    kinds: ['prompt'],
    purpose: 'cost',
    treatment,
    form: null,
    otherwise: null,
    reason,
  });
  const rows = [
    row('model', 'keep', 'price depends on it'),
    row('auth.*', 'drop', 'a secret'),
    row('user_id', 'pseudonym', 'x'),
  ];

  it('is searched for all words, anywhere, in any case', () => {
    expect(rowsLike(rows, 'PRICE model', 'all').map((one) => one.attribute)).toEqual(['model']);
    expect(rowsLike(rows, 'price secret', 'all')).toEqual([]);
    expect(rowsLike(rows, '  ', 'kept').map((one) => one.attribute)).toEqual(['model', 'user_id']);
    expect(rowsLike(rows, '', 'drop').map((one) => one.attribute)).toEqual(['auth.*']);
  });
});
