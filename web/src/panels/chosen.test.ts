import { describe, expect, it } from 'vitest';
import { answerOf, inputOf } from '../charts/handmade';
import { readPlace, writePlace } from '../lib/address.svelte';
import { chosenIn, choosing, splitPanel, splitsOf, WHOLE } from './chosen';

const panel = inputOf(answerOf([], [], []), {
  title: 'Cost by day',
  chart: 'timeseries',
  by: ['model'],
  split: ['model', 'agent', 'project'],
}).panel;

describe('what is chosen over a panel', () => {
  it('is in the address, beside what is chosen over others', () => {
    const one = choosing({ hide: 'a' }, 'split', 'Cost by day', 'agent');
    const two = choosing(one, 'split', 'Tokens & classes', 'model');
    const both = choosing(two, 'figure', 'Cost by day', 'cost_usd');
    const hash = writePlace({ ...readPlace('#/costs?range=30d&agent=codex'), more: both });
    expect(hash).toBe(
      '#/costs?range=30d&agent=codex&figure=cost-by-day.cost_usd&hide=a&split=cost-by-day.agent%2Ctokens-classes.model',
    );
    const { more, filters } = readPlace(hash);
    expect(filters).toEqual({ agent: ['codex'] });
    expect(chosenIn(more, 'split', 'Cost by day', panel.split)).toBe('agent');
    expect(chosenIn(more, 'split', 'Tokens & classes', panel.split)).toBe('model');
    expect(chosenIn(more, 'figure', 'Cost by day', ['cost_usd'])).toBe('cost_usd');
    expect(choosing(more, 'split', 'Tokens & classes', '')).toMatchObject({ hide: 'a', split: 'cost-by-day.agent' });
    expect(choosing({ split: 'cost-by-day.agent' }, 'split', 'Cost by day', '')).toEqual({});
  });

  it('counts only where it is offered, whatever the address says', () => {
    for (const split of ['cost-by-day.user', 'cost-by-day', 'cost-by-day.', '.agent', ',,', 'cost-by-day.constructor'])
      expect(chosenIn({ split }, 'split', 'Cost by day', panel.split)).toBe('');
  });

  it('makes another panel of it, whose reason is its own', () => {
    const label = (name: string) => name;
    expect(splitPanel(panel, '', label)).toBe(panel);
    expect(splitPanel(panel, 'model', label)).toBe(panel);
    expect(splitPanel(panel, 'project', label)).toMatchObject({
      by: ['project'],
      empty: 'Nothing in this window says of which project it is.',
    });
    expect(splitPanel(panel, WHOLE, label).by).toEqual([]);
  });

  it('may be not to split at all, where the panel begins so', () => {
    expect(splitsOf(panel)).toEqual(['model', 'agent', 'project']);
    expect(splitsOf({ by: [], split: ['model'] })).toEqual([WHOLE, 'model']);
    expect(splitsOf({ by: ['model'], split: ['model'] })).toEqual([]); // the preset has left one
    expect(splitsOf({ by: [], split: [] })).toEqual([]);
  });
});
