// The article's six patterns, one click each: head, and the word that its figure selects.

import type { TraceInfo } from './trace_info';

export interface ArticlePattern {
  number: number;
  head: string;
  /** What the article calls it. */
  title: string;
  /** The word of the figure, and which occurrence of it. */
  word: string;
  occurrence: number;
}

export const ARTICLE: readonly ArticlePattern[] = [
  { number: 1, head: 'L2H0', title: 'next word', word: 'i', occurrence: 0 },
  { number: 2, head: 'L6H11', title: 'previous word', word: 'went', occurrence: 0 },
  { number: 3, head: 'L2H6', title: 'identical or related words', word: 'store', occurrence: 0 },
  { number: 4, head: 'L10H10', title: 'the same word in the other sentence', word: 'store', occurrence: 1 },
  { number: 5, head: 'L2H1', title: 'words that predict the word', word: '##berries', occurrence: 0 },
  { number: 6, head: 'L6H4', title: 'delimiter tokens', word: 'store', occurrence: 0 },
];

/** bert-base-uncased (docs/formats.md, fingerprint): only there do the six heads mean these patterns. */
export const ARTICLE_FINGERPRINT = '811e91df67085f8647871a432911eee47f591284783238b7d6ab6c3db63ac223';

/** Token index of the n-th occurrence of a piece among the query tokens; null where there is none. */
export function findToken(trace: Pick<TraceInfo, 'query'>, piece: string, occurrence: number): number | null {
  let seen = 0;
  for (const [index, token] of trace.query.tokens.entries()) if (token === piece && seen++ === occurrence) return index;
  return null;
}
