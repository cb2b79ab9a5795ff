import { describe, expect, it } from 'vitest';
import { Running, type Now, type SessionNow } from './running.svelte';

const AT = Date.parse('2026-11-20T12:00:00Z');

function now(...ago: readonly [string, string, number][]): Now {
  const sessions = ago.map(([session, agent, minutes]) => ({
    session,
    agent,
    last_at: new Date(AT - minutes * 60_000).toISOString(),
  })) as unknown as SessionNow[];
  return { running_minutes: 30, sessions } as unknown as Now;
}

function told(answer: Now): Running {
  const running = new Running();
  running.minutes = answer.running_minutes;
  running.sessions = new Map(answer.sessions.map((one) => [one.session, one]));
  return running;
}

describe('sessions that run', () => {
  it('stop by themselves when nothing was told of them for so long', () => {
    const running = told(now(['s_1', 'codex', 29.5], ['s_2', 'claude_code', 5]));
    running.prune(AT);
    expect([...running.sessions.keys()]).toEqual(['s_1', 's_2']);
    expect(running.wait(AT)).toBe(30_500); // half a minute, and a moment
    running.prune(AT + 30_000);
    expect([...running.sessions.keys()]).toEqual(['s_2']);
    expect(running.wait(AT + 30_000)).toBe(24.5 * 60_000 + 500);
    running.prune(AT + 3_600_000);
    expect(running.sessions.size).toBe(0);
    expect(running.wait(AT)).toBeNull();
  });

  it('say by which rule, and of which agents', () => {
    const running = told(now(['s_1', 'codex', 1], ['s_2', 'claude_code', 1], ['s_3', 'codex', 1]));
    expect(running.rule).toContain('30 minutes');
    expect(running.byAgent).toBe('2 of codex, 1 of claude_code');
  });

  it('may be more than are told', () => {
    const running = new Running();
    running.take(now(...Array.from({ length: 49 }, (_, n) => [`s_${n}`, 'codex', 0] as [string, string, number])));
    expect(running.isCut).toBe(false);
    running.take(now(...Array.from({ length: 50 }, (_, n) => [`s_${n}`, 'codex', 0] as [string, string, number])));
    expect(running.isCut).toBe(true);
  });
});
