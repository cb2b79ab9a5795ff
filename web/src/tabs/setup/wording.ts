/** How the setup is told: sources, states, steps. Pure, so that it can be tested. */

import { formatAgo } from '../../lib/format';
import type { components } from '../../lib/schema';

type Schemas = components['schemas'];
export type SetupState = Schemas['SetupState'];
export type AgentConnected = Schemas['AgentConnected'];
export type ReceivedFrom = Schemas['ReceivedFrom'];
export type OtelStands = Schemas['OtelStands'];
export type PluginStands = Schemas['PluginStands'];

const SOURCES: Readonly<Record<string, string>> = {
  otel_log: 'OpenTelemetry logs',
  otel_metric: 'OpenTelemetry metrics',
  otel_span: 'OpenTelemetry spans',
  transcript: 'history on this machine',
  console: 'console output',
  hook: 'hooks of the plugin',
  sdk: 'SDK',
};

/** A way that records come in, for people. */
export function sourceName(source: string): string {
  return SOURCES[source] ?? source;
}

/** Whether any of it was sent, and not read from a file. */
export function isSending(received: readonly ReceivedFrom[]): boolean {
  return received.some(({ source }) => source !== 'transcript');
}

/** How long ago something was, by the server's clock; '' when that cannot be told. */
export function agoText(at: string | null, now: string): string {
  if (at === null) return '';
  const ms = Date.parse(now) - Date.parse(at);
  return Number.isNaN(ms) ? '' : formatAgo(ms);
}

/** A state: a sign and words, so that colour says nothing alone. */
export interface Told {
  readonly sign: '✓' | '○' | '!';
  readonly text: string;
}

/** Where Claude Code's telemetry leads. */
export function otelTold(otel: OtelStands): Told {
  switch (otel.state) {
    case 'here':
      return { sign: '✓', text: `On: ${otel.settings} sends telemetry to this server.` };
    case 'elsewhere':
      return { sign: '!', text: `${otel.settings} sends telemetry to another receiver.` };
    case 'unreadable':
      return {
        sign: '!',
        text: `${otel.settings} cannot be read as plain JSON, and is left alone. Mend it, or put the settings in by hand.`,
      };
    default:
      return { sign: '○', text: `Off: ${otel.settings} sends no telemetry here.` };
  }
}

/** Whether the plugin is in Claude Code, and what it may do. */
export function pluginTold(plugin: PluginStands): Told {
  if (!plugin.installed) return { sign: '○', text: 'Not installed.' };
  const version = plugin.version ? ` (version ${plugin.version})` : '';
  if (plugin.consent === 'granted') return { sign: '✓', text: `Installed${version}. It may send.` };
  if (plugin.consent === 'denied') return { sign: '✓', text: `Installed${version}. It sends nothing: you said no.` };
  return { sign: '!', text: `Installed${version}. It sends nothing yet: you have not been asked.` };
}

const DONE: Readonly<Record<string, string>> = {
  changes: 'Changes',
  copies: 'Copies files to',
  writes: 'Writes',
  runs: 'Runs',
  deletes: 'Deletes',
};

/** What a step does, as the beginning of a sentence. */
export function stepText(does: string): string {
  return DONE[does] ?? does;
}

/** Whether an agent was used on this machine, as far as files and records tell. */
export function isPresent(agent: AgentConnected): boolean {
  return agent.records > 0 || agent.histories.some(({ files }) => files !== null);
}

/** `1 file`, `12 files`, `no such place`. */
export function filesText(files: number | null): string {
  if (files === null) return 'not there';
  return files === 1 ? '1 file' : `${files.toLocaleString('en-US')} files`;
}
