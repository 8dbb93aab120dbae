// The article's six patterns, one click each: head, the word that its figure selects, and what the
// article says of it, in our words. What the heads do is measured, never stored here. Twin of
// src/analysis/article.cc (article.test.ts compares the two).

import type { TraceInfo } from './trace_info';

export interface ArticlePattern {
  number: number;
  head: string;
  /** On its chip. */
  short: string;
  /** What the article calls it. */
  title: string;
  /** Where the attention goes, as the article has it. */
  says: string;
  /** The word of the figure, and which occurrence of it. */
  word: string;
  occurrence: number;
  /** The label that says that the pattern holds, and the score behind it. */
  label: string;
  score: string;
}

export const ARTICLE: readonly ArticlePattern[] = [
  { number: 1, head: 'L2H0', short: 'next', title: 'next word', word: 'i', occurrence: 0, label: 'next', score: 'next',
    says: 'Nearly all attention goes to the next token, within each sentence: “i” looks at “went”. [SEP] breaks the rule and looks at [CLS].' },
  { number: 2, head: 'L6H11', short: 'previous', title: 'previous word', word: 'went', occurrence: 0, label: 'previous', score: 'previous',
    says: 'Much of the attention goes to the previous token: “went” looks at “i”. It is less distinct; some goes to [SEP].' },
  { number: 3, head: 'L2H6', short: 'same', title: 'identical or related words', word: 'store', occurrence: 0, label: 'same-word',
    score: 'same_including_itself',
    says: 'Most attention goes to the same or a related word, itself included: “store” looks at both “store”.' },
  { number: 4, head: 'L10H10', short: 'across', title: 'the same word in the other sentence', word: 'store', occurrence: 1,
    label: 'other-sentence', score: 'same_across',
    says: 'Most attention goes to the same word in the other sentence: the second “store” looks at the first.' },
  { number: 5, head: 'L2H1', short: 'predictive', title: 'words that predict the word', word: '##berries', occurrence: 0, label: 'predictive',
    score: 'predictive',
    says: 'Attention goes to other words that predict the word: “##berries” looks at “straw”, not at itself. Much of the rest goes to [CLS].' },
  { number: 6, head: 'L6H4', short: 'delimiter', title: 'delimiter tokens', word: 'store', occurrence: 0, label: 'sep', score: 'sep',
    says: 'Most attention goes to the two [SEP] tokens: “store” looks at both.' },
];

/** bert-base-uncased (docs/formats.md, fingerprint): only there do the six heads mean these patterns. */
export const ARTICLE_FINGERPRINT = '811e91df67085f8647871a432911eee47f591284783238b7d6ab6c3db63ac223';

/** Token index of the n-th occurrence of a piece among the query tokens; null where there is none. */
export function findToken(trace: Pick<TraceInfo, 'query'>, piece: string, occurrence: number): number | null {
  let seen = 0;
  for (const [index, token] of trace.query.tokens.entries()) if (token === piece && seen++ === occurrence) return index;
  return null;
}
