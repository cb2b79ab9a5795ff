/** Reasons by name, the same reason once. */
export function grouped(reasons: Readonly<Record<string, string>>): { reason: string; names: string[] }[] {
  const found = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(reasons)) found.set(reason, [...(found.get(reason) ?? []), name]);
  return [...found].map(([reason, names]) => ({ reason, names }));
}
