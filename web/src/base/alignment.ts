// Which words of two texts stand for each other. Twin of the alignment that `compare` answers
// (docs/wire.md): runs of tokens by character spans, as the core aligned them.

export interface Run { first: number; end: number }
export interface Pair { left: Run; right: Run }

export interface Aligned {
  pairs: readonly Pair[];
  leftOnly: readonly Run[];
  rightOnly: readonly Run[];
}

interface Answered {
  matched: readonly (readonly [number, number, number, number])[];
  left_only: readonly (readonly [number, number])[];
  right_only: readonly (readonly [number, number])[];
}

export function alignedOf(answer: Answered): Aligned {
  const run = ([first, end]: readonly [number, number]): Run => ({ first, end });
  return {
    pairs: answer.matched.map(([lf, le, rf, re]) => ({ left: { first: lf, end: le }, right: { first: rf, end: re } })),
    leftOnly: answer.left_only.map(run), rightOnly: answer.right_only.map(run),
  };
}

/** The first token of the other side's run; null where the word has no partner. */
export function partnerOf(aligned: Aligned, from: 'left' | 'right', token: number): number | null {
  const pair = aligned.pairs.find((p) => token >= p[from].first && token < p[from].end);
  return pair ? pair[from === 'left' ? 'right' : 'left'].first : null;
}

/** Tokens without a partner. */
export function aloneOn(aligned: Aligned, side: 'left' | 'right'): Set<number> {
  const runs = side === 'left' ? aligned.leftOnly : aligned.rightOnly;
  return new Set(runs.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i)));
}
