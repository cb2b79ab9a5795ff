/** Sentences that name commands between backticks, as the server's hints and notes do. */

export interface Word {
  readonly text: string;
  readonly isCode: boolean;
}

/** The pieces of a text: what stands between two backticks is code; a lone backtick is a sign like any other. */
export function words(text: string): Word[] {
  return text
    .split(/(`[^`]+`)/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const isCode = /^`[^`]+`$/.test(piece);
      return { text: isCode ? piece.slice(1, -1) : piece, isCode };
    });
}
