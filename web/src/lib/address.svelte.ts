/** The address bar is the state: what a tab shows is in `#/tab/item?range=7d&agent=codex`, so that it can be reloaded, shared and gone back to. */

export const RANGES = ['24h', '7d', '30d', '90d', 'all'] as const;
export const DEFAULT_RANGE = '7d';

/** Parameters that are no filters of the data. */
const OWN = new Set([
  'range',
  'since',
  'until',
  'tz',
  'compare',
  'q',
  'order',
  'hide',
  'light',
  'at',
  'panel',
  'figure',
  'split',
  'event',
  'key',
  'open',
]);

export interface Place {
  readonly tab: string;
  /** What is looked at within the tab, such as a session. */
  readonly item: string | null;
  readonly range: string;
  /** Instead of a range: first and last day, or moments. */
  readonly since: string | null;
  readonly until: string | null;
  readonly tz: string | null;
  readonly compare: boolean;
  /** Dimension → the values that count; `null` as a text is what is not known. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** Further state of the tab: search text, order, what is hidden. */
  readonly more: Readonly<Record<string, string>>;
}

export const START: Place = {
  tab: 'overview',
  item: null,
  range: DEFAULT_RANGE,
  since: null,
  until: null,
  tz: null,
  compare: true,
  filters: {},
  more: {},
};

export function readPlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [tab, item] = path.split('/').map(decoded);
  const given = new URLSearchParams(search);
  const filters = Object.create(null) as Record<string, string[]>; // an address may say `constructor`, too
  const more: Record<string, string> = {};
  for (const [name, value] of given) {
    if (!OWN.has(name)) (filters[name] ??= []).push(value);
    else if (!['range', 'since', 'until', 'tz', 'compare', 'key'].includes(name)) more[name] = value;
  }
  const since = given.get('since');
  const until = given.get('until');
  const range = given.get('range') ?? DEFAULT_RANGE;
  return {
    tab: tab || START.tab,
    item: item || null,
    range: since || until ? '' : /^\d{1,4}[hdw]$/.test(range) || range === 'all' ? range : DEFAULT_RANGE,
    since,
    until,
    tz: given.get('tz'),
    compare: given.get('compare') !== '0',
    filters,
    more,
  };
}

export function writePlace(place: Place): string {
  const search = new URLSearchParams();
  if (place.since) search.set('since', place.since);
  if (place.until) search.set('until', place.until);
  if (!place.since && !place.until && place.range !== DEFAULT_RANGE) search.set('range', place.range);
  if (place.tz) search.set('tz', place.tz);
  if (!place.compare) search.set('compare', '0');
  for (const name of Object.keys(place.filters).sort()) {
    for (const value of place.filters[name] ?? []) search.append(name, value);
  }
  for (const name of Object.keys(place.more).sort()) {
    const value = place.more[name];
    if (value) search.set(name, value);
  }
  const path = [place.tab, ...(place.item ? [place.item] : [])].map(encodeURIComponent).join('/');
  const text = search.toString();
  return `#/${path}${text ? `?${text}` : ''}`;
}

class Address {
  place = $state.raw<Place>(START);

  constructor() {
    const read = () => {
      this.place = readPlace(location.hash);
    };
    read();
    addEventListener('hashchange', read);
  }

  /** The address of the place that differs from this one so; another tab starts without this tab's own state. */
  href(change: Partial<Place>): string {
    const leaves = change.tab !== undefined && change.tab !== this.place.tab;
    return writePlace({ ...this.place, ...(leaves ? { item: null, more: {} } : {}), ...change });
  }

  /** Go there; `quietly` without a step for the back button. */
  go(change: Partial<Place>, quietly = false): void {
    const href = this.href(change);
    if (href === location.hash) return;
    if (quietly) {
      history.replaceState(null, '', href);
      this.place = readPlace(href);
    } else {
      location.hash = href;
    }
  }

  /** The filters with one dimension's values replaced; none takes the filter away. */
  filtered(name: string, values: readonly string[]): Place['filters'] {
    const rest = Object.fromEntries(Object.entries(this.place.filters).filter(([key]) => key !== name));
    return values.length ? { ...rest, [name]: values } : rest;
  }
}

export const address = new Address();

/** What was encoded for an address; as it stands where that is broken. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
