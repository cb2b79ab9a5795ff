/** Reasons by name, the same reason once. */
export function grouped(
  reasons: Iterable<readonly [name: string, reason: string]>,
): { reason: string; names: string[] }[] {
  const found = new Map<string, string[]>();
  for (const [name, reason] of reasons) found.set(reason, [...(found.get(reason) ?? []), name]);
  return [...found].map(([reason, names]) => ({ reason, names }));
}
