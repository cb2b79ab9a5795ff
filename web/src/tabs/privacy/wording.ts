/** How privacy is told: presets, treatments, consents, times, what leaves. Pure, so that it can be tested. */

import { formatMoment, UNKNOWN } from '../../lib/format';
import type { components } from '../../lib/schema';

type Schemas = components['schemas'];
export type PurposeState = Schemas['PurposeState'];
export type OutboxState = Schemas['OutboxState'];
export type Tier = Schemas['Tier'];
export type PolicyRow = Schemas['PolicyRow'];
export type RightsUsed = Schemas['RightsUsed'];
export type ConsentState = Schemas['ConsentState'];
export type Dropped = Schemas['Dropped'];
export type PolicyTable = Schemas['PolicyTable'];
export type RetentionPlan = Schemas['RetentionPlan'];

const PRESETS: Readonly<Record<string, string>> = {
  strict: 'Counts and costs: no names of anything, and only the ids that keep records from counting twice.',
  standard: 'Counts, costs, and which tools, features and models, how long and with what outcome. No texts.',
  content: 'Everything of “standard”, and the scrubbed texts of prompts, tool inputs and errors, on this machine.',
};

/** What a preset keeps, in a sentence. */
export function presetText(preset: string): string {
  return PRESETS[preset] ?? '';
}

const TREATMENTS: Readonly<Record<string, string>> = {
  keep: 'kept',
  pseudonym: 'kept as a pseudonym',
  scrub: 'kept as a scrubbed text',
  presence: 'kept as yes or no',
  count: 'kept as a number of items',
  length: 'kept as a length',
  bucket: 'kept as a rounded number',
  drop: 'refused by name',
};

/** What happens to an attribute. */
export function treatmentText(treatment: string): string {
  return TREATMENTS[treatment] ?? treatment;
}

/** Bytes for people: `512 bytes`, `8.9 kB`, `1.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const [size, unit] = bytes < 999_950 ? [1e3, 'kB'] : bytes < 999_950_000 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${Number((bytes / (size as number)).toFixed(1))} ${unit}`;
}

/** `1 envelope`, `1,200 envelopes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** A state in a sign and words, so that colour says nothing alone. */
export interface Told {
  readonly sign: '✓' | '○' | '!';
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

const HOW: Readonly<Record<string, string>> = {
  terminal: 'asked in a terminal',
  dashboard: 'on this page',
  code: 'by a program',
  command: 'by a command',
  import: 'taken over from an older file',
};

/** How one purpose stands: what was decided, when and how, and what says no all the same. */
export function consentTold(purpose: PurposeState, zone: string | undefined): Told {
  const at = purpose.decided_us === null ? '' : formatMoment(new Date(purpose.decided_us / 1000).toISOString(), zone);
  const when = at ? `, ${at}${purpose.how ? ` (${HOW[purpose.how] ?? purpose.how})` : ''}` : '';
  switch (purpose.state) {
    case 'granted':
      return purpose.blocked_by
        ? { sign: '!', text: `Allowed${when}, but ${purpose.blocked_by} says no: it does not hold now.`, tone: 'plain' }
        : { sign: '✓', text: `Allowed${when}.`, tone: 'good' };
    case 'outdated':
      return {
        sign: '!',
        text: `Was allowed${when} under an older text: it does not hold until it is allowed anew.`,
        tone: 'plain',
      };
    case 'denied':
      return { sign: '○', text: `Refused${when}. Not allowed.`, tone: 'plain' };
    case 'withdrawn':
      return { sign: '○', text: `Taken back${when}. Not allowed.`, tone: 'plain' };
    default:
      return { sign: '○', text: 'Not asked, so not allowed.', tone: 'plain' };
  }
}

/** The lines of a text of consent as name and words; what is no such line goes into `title`. */
export function textParts(text: string): {
  readonly title: string;
  readonly lines: readonly (readonly [string, string])[];
} {
  const title: string[] = [];
  const lines: [string, string][] = [];
  for (const line of text.split('\n')) {
    const found = /^ {2}([A-Z][a-z ]*): +(.*)$/.exec(line);
    if (found) lines.push([found[1] ?? '', found[2] ?? '']);
    else if (line.trim()) title.push(line.trim());
  }
  return { title: title.join(' '), lines };
}

const TIERS: Readonly<Record<string, readonly [string, string]>> = {
  raw: ['Records', 'a row for each thing that was reported'],
  aggregated: ['Requests', 'requests, tool calls, prompts and sessions; the ids of the API go with the records'],
  summary: ['Sums', 'by month, agent and model, of nobody in particular'],
};

/** A tier's name and what it holds. */
export function tierText(tier: string): readonly [string, string] {
  return TIERS[tier] ?? [tier, ''];
}

/** What of a tier goes next, and when. */
export function dueText(tier: Tier, zone: string | undefined): string {
  if (tier.rows) {
    const had = `${tier.rows.toLocaleString('en-US')} had their time`;
    return tier.waits_until
      ? `${had}: so many at once wait until ${formatMoment(tier.waits_until, zone)}`
      : `${had}: they are deleted next`;
  }
  if (tier.days === null) return 'nothing: kept for ever';
  return tier.next_at ? `the next on ${dayText(tier.next_at, zone)}` : 'nothing is due';
}

function dayText(iso: string, zone: string | undefined): string {
  const day = formatMoment(iso, zone).replace(/ \d\d:\d\d$/, '');
  return `${day} ${iso.slice(0, 4)}`;
}

/** Whether anything left this machine, in a sentence that claims no more than the receipts say. */
export function leftTold({ left }: Pick<OutboxState, 'left'>, zone: string | undefined): Told {
  if (left.anything === false) return { sign: '✓', text: 'Nothing has left this machine.', tone: 'good' };
  if (left.anything === null)
    return { sign: '!', text: `Whether something left cannot be said: ${left.why_unknown ?? UNKNOWN}.`, tone: 'bad' };
  const what = `${counted(left.envelopes, 'envelope')} with ${counted(left.events, 'event')} (${bytesText(left.size_bytes)})`;
  const first = formatMoment(left.first_at, zone);
  const when = left.envelopes === 1 ? `on ${first}` : `between ${first} and ${formatMoment(left.last_at, zone)}`;
  return { sign: '!', text: `${what} left this machine ${when}, to ${left.addresses.join(' and ')}.`, tone: 'plain' };
}

/** What the outbox does with what is put in. */
export function modeText({ mode, countdown_s }: Pick<OutboxState, 'mode' | 'countdown_s'>): string {
  if (mode === 'off') return 'The outbox is off: nothing is put in, nothing leaves.';
  if (mode === 'auto') return 'What is put in leaves by itself (outbox.mode is auto).';
  if (countdown_s > 0) return `What nobody approves leaves by itself after ${countdown_s} s (outbox.countdown_s).`;
  return 'What waits leaves only after somebody approved it (outbox.mode is review).';
}

/** The rows that fit a search (all of its words, anywhere) and a choice of treatment. */
export function rowsLike(rows: readonly PolicyRow[], search: string, which: string): readonly PolicyRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (which === 'kept' ? row.treatment === 'drop' : which !== 'all' && row.treatment !== which) return false;
    const text = [row.attribute, row.means, row.purpose, treatmentText(row.treatment), row.reason, ...row.kinds]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
