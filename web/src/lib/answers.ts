/** What the API answers, as far as the page reads it, and the same as a sheet of columns and rows. */

import type { components } from './schema';
import { formatMetric, formatName, exact, type Unit } from './format';

type Schemas = components['schemas'];
export type Answer = Schemas['TableAnswer'];
export type PanelAbout = Schemas['PanelAbout'];
export type DashboardAbout = Schemas['DashboardAbout'];

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly label: string;
  /** Of a metric; null for a dimension. */
  readonly unit: Unit | null;
}

/** Columns and rows: what a table shows and a CSV file holds. */
export interface Sheet {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Why a metric is unknown, where it is. */
  readonly reasons: Readonly<Record<string, string>>;
}

export function sheetOf(answer: Answer): Sheet {
  return {
    columns: answer.about.map(({ name, kind, unit }) => ({
      name,
      label: kind === 'metric' ? formatMetric(name) : labelOf(name),
      unit: kind === 'metric' ? (unit as Unit) : null,
    })),
    rows: answer.rows as Cell[][],
    reasons: answer.reasons,
  };
}

/** A dimension's name for people. */
export function labelOf(dimension: string): string {
  const text = dimension.replaceAll('_', ' ').replace(/\bmcp\b/, 'MCP');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A cell as text. */
export function cellText(cell: Cell, column: Column): string {
  return column.unit === null ? formatName(cell, column.name) : exact(cell as number | null, column.unit);
}

/** As comma-separated values: raw numbers with their unit in the head; text that a spreadsheet would run is made inert. */
export function csvOf(sheet: Sheet): string {
  const head = sheet.columns.map(({ name, unit }) => (unit && !name.endsWith(unit) ? `${name} (${unit})` : name));
  const lines = [head, ...sheet.rows].map((row) => row.map(quoted).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function quoted(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const inert = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
