/** Columns of sheets that are made from answers of questions. */

import type { Cell, Column } from '../../lib/answers';
import type { Unit } from '../../lib/format';

export function column(name: string, label: string, unit: Unit | null = null): Column {
  return { name, label, unit };
}

/** A number that is of no unit of its own, with as many digits as say something. */
export function plain(value: number | null | undefined, digits = 4): Cell {
  return value === null || value === undefined ? null : Number(value.toPrecision(digits));
}
