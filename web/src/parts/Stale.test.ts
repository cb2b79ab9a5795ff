import { render } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { Problem } from '../lib/api';
import Stale from './Stale.svelte';

describe('that what is shown is of earlier', () => {
  const told = (at: number | null, problem: Problem | null) =>
    render(Stale, { of: { at, problem } }).container.textContent?.replace(/\s+/g, ' ').trim();

  it('is said with when, why and what to do', () => {
    const problem = new Problem('The server does not answer.', { hint: 'Start it.' });
    expect(told(Date.now() - 7_200_500, problem)).toBe('As of 2 h 00 min ago: The server does not answer. Start it.');
  });

  it('is not said where nothing is wrong', () => expect(told(0, null)).toBe(''));
});

describe('what was thrown', () => {
  it('stays the problem it is, and is a fault of the page else', () => {
    const problem = new Problem('Known.');
    expect(Problem.of(problem)).toBe(problem);
    expect(Problem.of(new TypeError('x is undefined'))).toMatchObject({
      message: 'This page has a fault.',
      hint: 'TypeError: x is undefined',
    });
  });
});
