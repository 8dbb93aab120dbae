// What the core found, in sentences: never more than was counted.

import { labelWords } from '../labels';
import { W } from './common';

const TARGETS: Readonly<Record<string, string>> = {
  next: 'the next token', previous: 'the previous token', 'same-word': 'another occurrence of themselves', self: 'themselves',
  'other-sentence': 'their occurrence in the other sentence', predictive: 'the word that predicts them best', cls: '[CLS]', sep: '[SEP]',
  delimiters: '[CLS] or [SEP]', punctuation: 'a full stop or comma', 'first-token': 'the first token',
  induction: 'the token after an earlier occurrence of themselves', duplicate: 'an earlier occurrence of themselves',
};

export const E = {
  sameUndecided: 'same word, elsewhere or in the other sentence',
  sameWithItself: 'same word, incl. itself',
  /** "14 of 16 words look most at the next token." */
  obey: (obey: number, of: number, target: string): string => `${obey} of ${of} words ${obey === 1 ? 'looks' : 'look'} most at ${target}.`,
  target: (label: string, causal: boolean, withItself: boolean): string => {
    if (label === 'cls' && causal) return 'the first token';
    if (label === 'same-word' && withItself) return 'the same word, here or elsewhere';
    return TARGETS[label] ?? labelWords(label, causal);
  },
  /** "[SEP] at 7 to [CLS], 0.704" */
  example: (query: string, at: number, key: string, weight: string): string => `${query} at ${at} to ${key}${weight && `, ${weight}`}`,
  exceptions: (list: string): string => `Exceptions: ${list}.`,
  leansTo: (label: string): string => `leans to ${label}`,
  nothingLeans: (label: string): string => `Nothing above its threshold; leans to ${label}.`,
  spread: (entropy: string, distance: string): string => `Mean entropy ${entropy} nats, mean distance ${distance}.`,
  /** Of the article's patterns. */
  verdict: {
    measuring: 'Being measured…',
    onText: 'on this text',
    onCorpus: 'over the corpus',
    notYet: (where: string): string => `Not measured yet ${where}: it needs a run of the model for each pair of words.`,
    noPair: 'Cannot be measured: it lives between two texts, and there is no text B.',
    noTwice: (where: string): string => `Cannot be measured ${where}: no word occurs a second time.`,
    holds: (where: string, counts: string): string => `Holds ${where}: ${counts}`,
    shareOnly: (share: string): string => `share ${share}.`,
    not: (label: string, where: string, share: string, chance: string): string => `Not ${label} ${where}: ${share}${chance && `, by chance ${chance}`}.`,
    here: 'here',
    tooFew: ' Too few words to tell.',
    share: (share: string, chance: string): string => ` Share ${share}${chance && `, by chance ${chance}`}.`,
    title: (number: number, of: number, name: string): string => `Pattern ${number} of ${of}: ${name}`,
    previous: 'Previous pattern',
    next: 'Next pattern',
  },
  words: W.words,
} as const;
