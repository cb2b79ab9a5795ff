import { describe, expect, it } from 'vitest';
import { words } from './words';

describe('sentences with commands', () => {
  it('are cut where the backticks stand', () => {
    expect(words('do `a b` or `c`.')).toEqual([
      { text: 'do ', isCode: false },
      { text: 'a b', isCode: true },
      { text: ' or ', isCode: false },
      { text: 'c', isCode: true },
      { text: '.', isCode: false },
    ]);
    expect(words('')).toEqual([]);
  });

  it('lose nothing where a backtick is alone, and stay one piece', () => {
    expect(words('a ` b')).toEqual([{ text: 'a ` b', isCode: false }]);
    for (const text of ['a ` b', '``', '', '`a', 'a`'])
      expect(
        words(text)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
  });
});
