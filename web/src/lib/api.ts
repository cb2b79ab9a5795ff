/** One way to ask the server, one shape for what went wrong. Types of answers: `schema.d.ts`, made from OpenAPI. */

/** What went wrong, in words for people: the server's own where it answered. */
export class Problem extends Error {
  readonly code: string;
  readonly hint: string;
  readonly status: number;

  constructor(message: string, { code = 'unreachable', hint = '', status = 0 } = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.status = status;
  }

  /** Whatever was thrown: what is none of these is a fault of the page itself. */
  static of(error: unknown): Problem {
    return error instanceof Problem ? error : new Problem('This page has a fault.', { hint: String(error) });
  }
}

export type Parameters = readonly (readonly [string, string])[];

const AT_ONCE = 4; // as many as the server answers at once; browsers have six connections for all, one is the live stream
const TRIES = 4;
let asking = 0;
const waiting: (() => void)[] = [];

/** How long the slowest of the last questions took, in ms: who asks again and again waits in proportion. */
export const pace = { slowest: 0 };

/** The server's clock less this one's, in ms; 0 until it answered. */
export const clock = { ahead: 0 };

/** The address of a question. */
export function urlOf(path: string, parameters: Parameters = []): string {
  const search = new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString();
  return search ? `${path}?${search}` : path;
}

/** The answer to a GET, as JSON. Raises Problem; an aborted question raises the signal's reason. */
export async function ask<T>(url: string, signal?: AbortSignal): Promise<T> {
  await turn(signal);
  const began = performance.now();
  try {
    return await answered<T>(url, signal ? { signal } : {});
  } finally {
    pace.slowest = Math.max(performance.now() - began, pace.slowest * 0.8);
    asking -= 1;
    waiting.shift()?.();
  }
}

/** What a change answers. Raises Problem. */
export function tell<T>(url: string, body: unknown, token: string | null = null): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token) headers['Authorization'] = `Bearer ${token}`;
  return answered<T>(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function turn(signal?: AbortSignal): Promise<void> {
  while (asking >= AT_ONCE) {
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (signal?.aborted) {
      waiting.shift()?.(); // the place that was offered goes to the next
      throw signal.reason;
    }
  }
  asking += 1;
}

async function answered<T>(url: string, options: RequestInit): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let response: Response;
    try {
      response = await fetch(url, { ...options, credentials: 'omit' });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Problem('The server does not answer.', { hint: 'Is `tachograph serve` running?' });
    }
    if (response.status === 503 && tries < TRIES && response.headers.has('Retry-After')) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('Retry-After')) || 1000));
      continue;
    }
    const told = Date.parse(response.headers.get('Date') ?? '');
    if (!Number.isNaN(told)) clock.ahead = Math.abs(told - Date.now()) < 2000 ? 0 : told - Date.now();
    return read<T>(response);
  }
}

async function read<T>(response: Response): Promise<T> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw new Problem(`The server's answer cannot be read (${response.status}).`, { status: response.status });
  }
  if (response.ok) return body as T;
  const { code, message, hint } = (body as { error?: { code?: string; message?: string; hint?: string } }).error ?? {};
  throw new Problem(message ?? `The server refused (${response.status}).`, {
    code: code ?? 'refused',
    hint: hint ?? '',
    status: response.status,
  });
}
