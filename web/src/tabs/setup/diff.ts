/** A unified difference as lines that can be drawn one by one. */

export interface DiffLine {
  readonly kind: 'added' | 'removed' | 'same' | 'place' | 'file';
  /** Without the sign in front. */
  readonly text: string;
}

/** The lines of a unified difference. What stands before the first `@@` names files; behind it every sign counts. */
export function diffLines(diff: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let isInside = false;
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    if (line === '' && !isInside) continue;
    if (line.startsWith('@@')) {
      isInside = true;
      lines.push({ kind: 'place', text: line });
    } else if (!isInside) lines.push({ kind: 'file', text: line.replace(/^(---|\+\+\+) /, '') });
    else if (line.startsWith('+')) lines.push({ kind: 'added', text: line.slice(1) });
    else if (line.startsWith('-')) lines.push({ kind: 'removed', text: line.slice(1) });
    else if (line.startsWith('\\')) lines.push({ kind: 'place', text: line.slice(2) });
    else lines.push({ kind: 'same', text: line.slice(1) });
  }
  return lines;
}

/** How many lines come and go, for people. */
export function diffSummary(lines: readonly DiffLine[]): string {
  const added = lines.filter(({ kind }) => kind === 'added').length;
  const removed = lines.filter(({ kind }) => kind === 'removed').length;
  const counted = (count: number) => `${count} ${count === 1 ? 'line' : 'lines'}`;
  if (!added) return removed ? `${counted(removed)} removed` : '';
  return removed ? `${counted(added)} added, ${removed} removed` : `${counted(added)} added`;
}
