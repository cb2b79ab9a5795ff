/** The way from what a source told to the ledger's figure, as rows and bars. */

import type { components } from '../lib/schema';

type Figure = components['schemas']['Figure'];
export type Explanation = components['schemas']['Explanation'];
export type Waterfall = components['schemas']['Waterfall'];

/** What the report's coverage says, as far as it is shown here. */
export interface Coverage {
  readonly share: number | null;
  readonly unpriced_requests: number;
  readonly unpriced_models: readonly string[];
  readonly residual: { readonly tokens: number; readonly cost_microusd: number };
  readonly sources: Readonly<Record<string, { readonly requests: number; readonly share: number | null }>>;
  readonly cost_basis: Readonly<Record<string, number>>;
}

export interface Row {
  readonly kind: 'start' | 'step' | 'end';
  readonly name: string;
  /** What it is, in one sentence; empty for the ends. */
  readonly why: string;
  readonly requests: number;
  readonly tokens: number;
  readonly cost: number;
  /** Of the bar, as shares of the widest: where it begins and how wide it is. */
  readonly from: number;
  readonly wide: number;
}

/** Start, steps and end; a step's figures are what it adds or (below zero) takes away. */
export function rowsOf(waterfall: Waterfall): Row[] {
  const steps = waterfall.steps as unknown as (Figure & { name: string; why?: string })[];
  const reached = steps.reduce<number[]>(
    (sums, step) => [...sums, (sums.at(-1) ?? 0) + step.cost_microusd],
    [waterfall.start.cost_microusd],
  );
  const most = Math.max(...reached.map(Math.abs), Math.abs(waterfall.end.cost_microusd)) || 1;
  const bar = (one: number, other: number) => ({
    from: Math.max(0, Math.min(one, other)) / most,
    wide: Math.abs(one - other) / most,
  });
  return [
    {
      kind: 'start',
      name: `what ${waterfall.name} told`,
      why: '',
      ...sums(waterfall.start),
      ...bar(0, reached[0] ?? 0),
    },
    ...steps.map((step, at) => ({
      kind: 'step' as const,
      name: step.name,
      why: step.why ?? '',
      ...sums(step),
      ...bar(reached[at] ?? 0, reached[at + 1] ?? 0),
    })),
    { kind: 'end', name: 'the ledger', why: '', ...sums(waterfall.end), ...bar(0, waterfall.end.cost_microusd) },
  ];
}

function sums(figure: Figure): Pick<Row, 'requests' | 'tokens' | 'cost'> {
  return {
    requests: figure.requests,
    tokens: figure.input_tokens + figure.output_tokens + figure.cache_read_tokens + figure.cache_write_tokens,
    cost: figure.cost_microusd,
  };
}

const SOURCES: Readonly<Record<string, string>> = {
  otel_log: 'OpenTelemetry events',
  otel_span: 'OpenTelemetry spans',
  console: 'console exporter',
  transcript: 'transcripts',
  hook: 'hooks',
  sdk: 'the SDK',
};

export function sourceName(source: string): string {
  return SOURCES[source] ?? source.replaceAll('_', ' ');
}
