import { describe, expect, it } from 'vitest';
import { narrowedPanel } from '../panels/narrowed';
import type { PanelAbout } from './answers';
import { narrowed, unknownFilters } from './narrow';

const METRICS = new Map([
  ['cost_usd', { dimensions: ['agent', 'model'] }],
  ['prompts', { dimensions: ['agent'] }],
  ['tool_calls', { dimensions: ['agent', 'tool'] }],
]);

describe('filters', () => {
  it('leaves out what they cannot narrow, and says so', () => {
    expect(narrowed(['cost_usd', 'prompts'], ['model'], METRICS)).toEqual({
      asked: ['cost_usd'],
      leftOut: ['Prompts cannot be narrowed by model.'],
    });
    expect(narrowed(['cost_usd', 'prompts'], [], METRICS).asked).toEqual(['cost_usd', 'prompts']);
  });

  it('asks all the same with a filter that nobody knows: the server says what is wrong', () => {
    expect(unknownFilters(['agent', 'foo', '__proto__'], METRICS)).toEqual(['foo', '__proto__']);
    expect(narrowed(['prompts'], ['foo', 'model'], METRICS)).toEqual({ asked: ['prompts'], leftOut: [] });
  });
});

describe('the limit of a plan', () => {
  it('is known under both its names', () => {
    const metrics = new Map([['limit_used_ratio', { dimensions: ['limit'] }]]);
    expect(unknownFilters(['limit', 'plan_limit'], metrics)).toEqual([]);
    expect(narrowed(['limit_used_ratio'], ['plan_limit'], metrics).leftOut).toEqual([]);
  });
});

describe('a panel under filters', () => {
  const panel = { chart: 'stat', metrics: ['cost_usd', 'prompts'] } as unknown as PanelAbout;

  it('does without a figure beside its first', () => {
    const shown = narrowedPanel(panel, ['model'], METRICS);
    expect(shown.panel.metrics).toEqual(['cost_usd']);
    expect(shown.notes).toHaveLength(1);
    expect(shown.why).toBe('');
  });

  it('is not about another figure than its first', () => {
    expect(narrowedPanel({ ...panel, metrics: ['prompts', 'cost_usd'] }, ['model'], METRICS).why).toMatch(/^Prompts/);
    const table = { ...panel, chart: 'table' as const, metrics: ['prompts', 'cost_usd'] };
    expect(narrowedPanel(table, ['model'], METRICS)).toMatchObject({ why: '', panel: { metrics: ['cost_usd'] } });
    expect(narrowedPanel(table, ['tool', 'model'], METRICS).why).not.toBe('');
  });
});
