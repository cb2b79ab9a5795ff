import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import AgentCard from './AgentCard.svelte';
import Diff from './Diff.svelte';
import { diffLines, diffSummary } from './diff';
import { agoText, filesText, isPresent, isSending, otelTold, pluginTold, type AgentConnected } from './wording';

const HOSTILE = '<img src=x onerror=alert(1)>&amp;{@html x}';

describe('a difference', () => {
  const diff =
    '--- a.json\n+++ a.json\n@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2,\n+++ b\n--- c\n }\n\\ No newline at end of file\n';

  it('is read line by line; behind the first @@ a sign is a sign', () => {
    expect(diffLines(diff)).toEqual([
      { kind: 'file', text: 'a.json' },
      { kind: 'file', text: 'a.json' },
      { kind: 'place', text: '@@ -1,3 +1,3 @@' },
      { kind: 'same', text: '{' },
      { kind: 'removed', text: '  "a": 1' },
      { kind: 'added', text: '  "a": 2,' },
      { kind: 'added', text: '++ b' },
      { kind: 'removed', text: '-- c' },
      { kind: 'same', text: '}' },
      { kind: 'place', text: 'No newline at end of file' },
    ]);
    expect(diffSummary(diffLines(diff))).toBe('2 lines added, 2 removed');
    expect(diffLines('')).toEqual([]);
    expect(diffSummary([{ kind: 'added', text: '' }])).toBe('1 line added');
    expect(diffSummary([{ kind: 'removed', text: '' }])).toBe('1 line removed');
  });

  it('is drawn as text with signs, whatever stands in it', () => {
    const { container } = render(Diff, { diff: `@@ -1 +1 @@\n-old\n+${HOSTILE}\n`, file: HOSTILE });
    expect(container.querySelector('img')).toBeNull();
    expect(screen.getAllByText(HOSTILE)).toHaveLength(2);
    expect([...container.querySelectorAll('.sign')].map((sign) => sign.textContent)).toEqual(['−', '+']);
    expect(container.querySelector('.added')?.textContent).toContain('added:');
  });
});

const AT = '2026-11-20T19:30:07Z';
const row = (source: string, records = 12, last_at = '2026-11-20T20:30:04+01:00') => ({
  agent: 'codex',
  source,
  records,
  first_at: last_at,
  last_at,
});
const agent = (change: Partial<AgentConnected> = {}): AgentConnected => ({
  agent: 'codex',
  name: 'Codex',
  note: '',
  guide: 'codex.md',
  histories: [{ where: '~/.codex/sessions', files: null }],
  settings: [],
  received: [],
  records: 0,
  first_at: null,
  last_at: null,
  ...change,
});

describe('what came in', () => {
  it('is told by the server’s clock, in any zone, and never of the future', () => {
    expect(agoText('2026-11-20T20:30:04+01:00', AT)).toBe('3 s ago');
    expect(agoText('2026-11-20T19:30:09Z', AT)).toBe('just now');
    expect(agoText(null, AT)).toBe('');
    expect(agoText('nonsense', AT)).toBe('');
  });

  it('is waited for while only histories were read', () => {
    expect(isSending([])).toBe(false);
    expect(isSending([row('transcript')])).toBe(false);
    expect(isSending([row('transcript'), row('otel_log')])).toBe(true);
  });

  it('stands on the card in words, source by source', async () => {
    const given = { at: AT, demo: false };
    const { container, rerender } = render(AgentCard, { ...given, agent: agent() });
    const list = () => container.querySelector('[data-agent]')?.textContent?.replace(/\s+/g, ' ').trim();
    expect(list()).toBe('○ Waiting for data… · OpenTelemetry');
    await rerender({ ...given, agent: agent({ received: [row('transcript', 1), row('otel_log')], records: 13 }) });
    expect(list()).toBe(
      '✓ Received 1 record, last 3 s ago · history on this machine✓ Received 12 records, last 3 s ago · OpenTelemetry logs',
    );
    expect(screen.getByRole('status').textContent).toBe('Codex: data is coming in.');
  });

  it('of made-up data is not waited for, and nothing is offered to be copied', () => {
    const settings = [{ kind: 'shell' as const, target: 'a shell', text: 'export A=1', note: '' }];
    const { container } = render(AgentCard, { at: AT, demo: true, agent: agent({ settings }) });
    expect(container.textContent).not.toContain('Waiting');
    expect(container.querySelector('details')).toBeNull();
  });

  it('is text, whatever stands in it', () => {
    const settings = [{ kind: 'json' as const, target: HOSTILE, text: HOSTILE, note: HOSTILE }];
    const { container } = render(AgentCard, {
      at: AT,
      demo: false,
      agent: agent({
        name: HOSTILE,
        note: HOSTILE,
        settings,
        histories: [{ where: HOSTILE, files: 2 }],
        received: [{ ...row(HOSTILE), agent: HOSTILE }],
      }),
    });
    expect(container.querySelector('img')).toBeNull();
    expect(screen.getAllByText(HOSTILE).length).toBeGreaterThanOrEqual(6);
  });
});

describe('how it stands', () => {
  it('is told by a sign and words', () => {
    const otel = { settings: '~/.claude/settings.json', put_by_us: false, missing: [] };
    expect(
      ['here', 'elsewhere', 'unreadable', 'off'].map((state) => otelTold({ ...otel, state } as never).sign),
    ).toEqual(['✓', '!', '!', '○']);
    const plugin = { installed: true, version: '0.1.0', settings: '' };
    expect(pluginTold({ ...plugin, installed: false, consent: null })).toEqual({ sign: '○', text: 'Not installed.' });
    expect(pluginTold({ ...plugin, consent: 'granted' }).text).toBe('Installed (version 0.1.0). It may send.');
    expect(pluginTold({ ...plugin, consent: 'denied' }).text).toContain('you said no');
    expect(pluginTold({ ...plugin, consent: null })).toMatchObject({ sign: '!' });
  });

  it('an agent is here when it left files or records', () => {
    expect(isPresent(agent())).toBe(false);
    expect(isPresent(agent({ histories: [{ where: 'x', files: 0 }] }))).toBe(true);
    expect(isPresent(agent({ records: 1 }))).toBe(true);
    expect([null, 0, 1, 1200].map(filesText)).toEqual(['not there', '0 files', '1 file', '1,200 files']);
  });
});
