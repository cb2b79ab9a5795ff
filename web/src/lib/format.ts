/** Units to text: the only place where a number becomes a string. Unknown is a dash, never 0. */

export type Unit = 'count' | 'lines' | 'mean' | 'microusd' | 'ms' | 'ratio' | 'seconds' | 'tokens' | 'usd';

export const UNKNOWN = '–';
const SIZES: readonly (readonly [string, number])[] = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
];
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A value in its unit, in at most about seven signs: `$12.40`, `205 M`, `97.1 %`, `1 h 05 min`. */
export function format(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  if (value < 0 && unit !== 'ratio') return `−${format(-value, unit)}`;
  switch (unit) {
    case 'usd':
      return dollars(value);
    case 'microusd':
      return dollars(value / 1e6);
    case 'ratio':
      return percent(value);
    case 'seconds':
      return duration(value);
    case 'ms':
      return value < 1000 ? `${digits(value)} ms` : duration(value / 1000);
    case 'mean':
      return value < 100 ? trimmed(value, 2) : short(value);
    default:
      return short(value);
  }
}

/** The same with every digit, for tables, tool tips and screen readers. */
export function exact(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  if (value < 0 && unit !== 'ratio') return `−${exact(-value, unit)}`;
  switch (unit) {
    case 'usd':
      return `$${groupedWith(value, value !== 0 && value < 1 ? 6 : 2)}`;
    case 'microusd':
      return exact(value / 1e6, 'usd');
    case 'ratio':
      return `${trimmed(value * 100, 2)} %`;
    case 'seconds':
      return duration(value);
    case 'ms':
      return `${groupedWith(value, Number.isInteger(value) ? 0 : 1)} ms`;
    case 'mean':
      return trimmed(value, 3);
    case 'tokens':
      return `${groupedWith(value, Number.isInteger(value) ? 0 : 1)} tokens`;
    default:
      return groupedWith(value, Number.isInteger(value) ? 0 : 1);
  }
}

/** A mean in the unit of what it is of: of a few things it has a fraction that the things have not. */
export function formatMean(value: number | null, unit: Unit): string {
  const isOfThings = unit === 'count' || unit === 'lines' || unit === 'tokens';
  if (value === null || !isOfThings || Math.abs(value) >= 100) return format(value, unit);
  return value !== 0 && Math.abs(value) < 0.005 ? `<0.01` : format(value, 'mean');
}

/** A tick of an axis: without zeros that say nothing, `$0.2`, `15 min`. */
export function formatTick(value: number, unit: Unit): string {
  return format(value, unit)
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '')
    .replace(/ 00? (min|s|h)$/, '');
}

/** A count in three digits, `196 M`; below 10,000 in full. */
export function short(value: number): string {
  if (value < 10_000)
    return Number.isInteger(value) || value >= 1000 ? grouped.format(value) : trimmed(value, value < 100 ? 1 : 0);
  for (const [name, size] of SIZES) {
    // 999,950 is a million when written with three digits, not a thousand thousand.
    if (value >= size * 0.9995) return `${Number((value / size).toPrecision(3))} ${name}`;
  }
  return grouped.format(value);
}

/** Dollars and cents, four digits below a dollar; what is less than that is still not nothing. */
export function dollars(value: number): string {
  if (value > 0 && value < 0.00005) return '<$0.0001';
  if (value > 0 && value < 0.99995) return `$${value.toFixed(4)}`;
  return value < 10_000 ? `$${groupedWith(value, 2)}` : `$${short(value)}`;
}

/** A share of 1: `97.1 %`, `<0.1 %`; what is not all is not written as 100 %. */
export function percent(share: number): string {
  if (share < 0) return `−${percent(-share)}`;
  if (share > 0 && share < 0.0005) return '<0.1 %';
  if (share < 1 && share >= 0.9995) return '>99.9 %';
  return `${trimmed(share * 100, 1)} %`;
}

/** Seconds as the two largest units that say something: `2 h 05 min`, `3 d 4 h`, `12 s`, `0.4 s`. */
export function duration(seconds: number): string {
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds < 10) return `${trimmed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${grouped.format(Math.floor(hours / 24))} d ${hours % 24} h`;
}

export type Tone = 'good' | 'bad' | 'plain';

/** How much more or less than before, and whether that is good: `+12 %`, `−3 %`, `new` after nothing, null where it is not known. */
export function change(
  now: number | null | undefined,
  before: number | null | undefined,
  better: 'higher' | 'lower' | 'neither',
): { text: string; tone: Tone } | null {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  if (now === before) return { text: '±0 %', tone: 'plain' };
  const tone: Tone = better === 'neither' ? 'plain' : now > before === (better === 'higher') ? 'good' : 'bad';
  if (before === 0) return { text: 'new', tone: 'plain' };
  const ratio = (now - before) / Math.abs(before);
  if (Math.round(Math.abs(ratio) * 100) === 0) return { text: '±0 %', tone: 'plain' };
  if (ratio >= 10) return { text: `×${short(Math.round(now / before))}`, tone };
  return { text: `${ratio > 0 ? '+' : '−'}${grouped.format(Math.abs(ratio) * 100)} %`, tone };
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What only a part of the work has: where nothing is told, there was none. */
const OF_SOME = new Set(['subagent', 'skill', 'plugin', 'mcp_server']);

/** A cell of a dimension: what is not known is called so, pieces of time are written as people write them. */
export function formatName(value: string | number | boolean | null | undefined, dimension = ''): string {
  if (value === null || value === undefined || value === '') return OF_SOME.has(dimension) ? 'none' : 'unknown';
  if (dimension === 'weekday') return WEEKDAYS[Number(value) - 1] ?? String(value);
  if (dimension === 'hour_of_day') return `${String(value).padStart(2, '0')}:00`;
  if (dimension === 'hour') return `${formatDay(String(value))} ${String(value).slice(11, 16)}`;
  if (dimension === 'day' || dimension === 'week') return formatDay(String(value));
  if (dimension === 'month')
    return `${MONTHS[Number(String(value).slice(5, 7)) - 1] ?? ''} ${String(value).slice(0, 4)}`;
  if (dimension === 'session_length') return `${value} min`;
  return dimension === 'project' ? shortFolder(String(value)) : shortName(String(value));
}

const PSEUDONYM = /^[a-z]_[0-9a-f]{16}$/;
const FOLDER = /^(?:~?[/\\]|[A-Za-z]:[/\\]).*[/\\][^/\\]+[/\\][^/\\]+$/;
const MOST_NAMES = 10_000; // far more than a page shows; a tab that stays open for weeks meets more
const shortened = new Map<string, string>(); // short to whole, last used last: what is shown is never shown for another

/** A pseudonym by its first digits, `p_cdaaa68d…`, and all else as it is; as many digits as it takes that no other one looks the same. */
export function shortName(name: string): string {
  if (!PSEUDONYM.test(name)) return name;
  return unlike(
    name,
    [8, 10, 12, 14].map((digits) => `${name.slice(0, 2 + digits)}…`),
  );
}

/** A folder by its end, `…/shop-api`, or by more of it where another ends alike. */
function shortFolder(path: string): string {
  if (!FOLDER.test(path)) return shortName(path);
  const starts = [...path.matchAll(/[/\\]/g)].map(({ index }) => index).filter((at) => at > 0);
  return unlike(
    path,
    starts.reverse().map((at) => `…${path.slice(at)}`),
  );
}

/** The first of these that does not stand for something else already; else the whole. */
function unlike(whole: string, shorts: readonly string[]): string {
  for (const short of shorts) {
    const known = shortened.get(short);
    if (known !== undefined && known !== whole) continue;
    shortened.delete(short);
    shortened.set(short, whole);
    if (shortened.size > MOST_NAMES) shortened.delete(shortened.keys().next().value ?? '');
    return short;
  }
  return whole;
}

/** What a shortened name stands for; any other text stands for itself. */
export function wholeName(shown: string): string {
  return shortened.get(shown) ?? shown;
}

/** `2026-11-20` as `Fri 20 Nov`. */
export function formatDay(iso: string): string {
  const at = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return iso;
  const weekday = WEEKDAYS[(at.getUTCDay() + 6) % 7]?.slice(0, 3) ?? '';
  return `${weekday} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ''}`;
}

/** A moment in a time zone, to the minute (or second): `Fri 20 Nov 16:08`. */
export function formatMoment(iso: string | null | undefined, zone: string | undefined, seconds = false): string {
  if (!iso) return UNKNOWN;
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return moments(zone, seconds).format(at).replace(',', '').replace('Sept', 'Sep'); // as days are written
}

/** The time of day of a moment: `16:08:31`. */
export function formatTime(ms: number, zone: string | undefined): string {
  return formatMoment(new Date(ms).toISOString(), zone, true).split(' ').at(-1) ?? '';
}

/** The day of a moment in a time zone, as `2026-11-20`. */
export function dayIn(iso: string, zone: string | undefined): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso.slice(0, 10);
  try {
    return at.toLocaleDateString('sv-SE', zone ? { timeZone: zone } : {});
  } catch {
    return iso.slice(0, 10); // a zone that this browser does not know
  }
}

/** How long ago, for people: `just now`, `12 s ago`, `3 h 05 min ago`. */
export function formatAgo(ms: number): string {
  return ms < 2000 ? 'just now' : `${duration(Math.round(ms / 1000))} ago`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function moments(zone: string | undefined, seconds: boolean): Intl.DateTimeFormat {
  const key = `${zone ?? ''}${seconds}`;
  let made = formats.get(key);
  if (made === undefined) {
    const options: Intl.DateTimeFormatOptions = {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(seconds ? { second: '2-digit' as const } : {}),
    };
    try {
      made = new Intl.DateTimeFormat('en-GB', { ...options, ...(zone ? { timeZone: zone } : {}) });
    } catch {
      made = new Intl.DateTimeFormat('en-GB', options); // a zone that this browser does not know
    }
    formats.set(key, made);
  }
  return made;
}

/** A metric's name for people: `tool_p95_ms` is "tool p95", `cost_per_commit_usd` "cost per commit". The unit is in the figure. */
export function formatMetric(name: string): string {
  const plain = name
    .replace(/_(usd|microusd|ms|seconds)$/, '')
    .replace(/^(limit_used|stickiness)_ratio$/, '$1')
    .replace(/_ratio$/, '_rate')
    .replace(/_(p\d\d)_tokens$/, '_$1')
    .replaceAll('_', ' ');
  const text = plain
    .replace(/\bp50\b/, 'median')
    .replace(/\bttft\b/, 'time to first token')
    .replace(/\bapi\b/, 'API')
    .replace(/\bmcp\b/, 'MCP');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function digits(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : trimmed(value, 1);
}

function trimmed(value: number, places: number): string {
  return String(Number(value.toFixed(places)));
}

const placed = new Map<number, Intl.NumberFormat>(); // making one takes longer than hundreds of uses

function groupedWith(value: number, places: number): string {
  let made = placed.get(places);
  if (made === undefined) {
    made = new Intl.NumberFormat('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
    placed.set(places, made);
  }
  return made.format(value);
}
