/** Commands in sentences, as the server writes them: between backticks. */

export interface Part {
  readonly text: string;
  readonly isCode: boolean;
}

/** The parts of a sentence; a backtick without its second stays one. */
export function codeParts(text: string): Part[] {
  const parts: Part[] = [];
  let rest = text;
  for (let found = /`([^`]+)`/.exec(rest); found; found = /`([^`]+)`/.exec(rest)) {
    if (found.index > 0) parts.push({ text: rest.slice(0, found.index), isCode: false });
    parts.push({ text: found[1] ?? '', isCode: true });
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) parts.push({ text: rest, isCode: false });
  return parts;
}
