// A trace and facts for unit tests: the article's pair on a 12×12 model.

import type { Facts, LabelFact } from './state';
import { PLAIN_RULE } from './layer_rule';
import type { TraceInfo } from './trace_info';

export const ARTICLE_TOKENS = '[CLS] i went to the store . [SEP] at the store , i bought fresh straw ##berries . [SEP]'.split(' ');

export function fixtureTrace(tokens: readonly string[] = ARTICLE_TOKENS, layers = 12, heads = 12): TraceInfo {
  const special = tokens.map((t) => (t === '[CLS]' || t === '[SEP]' ? 1 : 0));
  const firstSep = tokens.indexOf('[SEP]');
  let word = -1;
  return {
    id: `fixture-${tokens.join('-')}`, model: { name: 'bert-base-uncased' },
    stacks: [{ name: 'self', layers: Array.from({ length: layers }, (_, i) => i), heads: Array.from({ length: layers }, () => heads),
      kv_heads: Array.from({ length: layers }, () => heads), rules: Array.from({ length: layers }, () => PLAIN_RULE) }],
    query: { tokens, ids: tokens.map((_, i) => i), special, sentences: tokens.map((_, i) => (i > firstSep ? 1 : 0)),
      words: tokens.map((t, i) => (special[i] ? null : t.startsWith('##') ? word : ++word)) },
    key: null,
  };
}

export function fixtureFacts(trace: TraceInfo | null = fixtureTrace()): Facts {
  const label: LabelFact = { name: 'L2H0', label: 'next token', score: 0.99 };
  return { trace, labels: new Map([[label.name, label]]), can: () => true };
}
