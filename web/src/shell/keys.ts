/** Keys: which one leads to which tab, and what a key press means. */

export interface Keyed {
  readonly name: string;
  readonly title: string;
  readonly key: string;
}

/** To each tab the first letter of its title that no tab before it has; to what is left over a digit, or none. */
export function keysOf(tabs: readonly { readonly name: string; readonly title: string }[]): Keyed[] {
  const taken = new Set<string>();
  return tabs.map(({ name, title }) => {
    const letters = [...title.toLowerCase()].filter((sign) => /^[a-z]$/.test(sign));
    const key = [...letters, ...'123456789'].find((sign) => !taken.has(sign)) ?? '';
    taken.add(key);
    return { name, title, key };
  });
}

export type Meaning = { readonly tab: string } | 'help' | 'search' | 'refresh' | 'began' | null;

/** What a key means, after `g` or not. */
export function meaningOf(key: string, afterG: boolean, tabs: readonly Keyed[]): Meaning {
  if (afterG) {
    const tab = tabs.find((one) => one.key !== '' && one.key === key.toLowerCase());
    return tab ? { tab: tab.name } : null;
  }
  switch (key) {
    case '?':
      return 'help';
    case '/':
      return 'search';
    case 'r':
      return 'refresh';
    case 'g':
      return 'began';
    default:
      return null;
  }
}

/** Whether what has the focus takes letters itself. */
export function takesLetters(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('dialog, [popover]')) return true;
  return target instanceof HTMLInputElement
    ? !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
    : /^(TEXTAREA|SELECT)$/.test(target.tagName);
}
