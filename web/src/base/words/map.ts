// The words of the pattern map, the list of heads, and the filter.

import { counted } from './common';

export const M = {
  map: 'Pattern map',
  heads: 'Heads',
  headsAs: 'Heads as',
  asMap: 'Map',
  asList: 'List',
  scope: 'Scope of labels and scores',
  scopeInput: ['Input', 'Labels and scores of this input'],
  scopeCorpus: ['Corpus', 'Labels and scores over the corpus'],
  thisInput: 'this input',
  corpus: 'corpus',

  // Article strip
  article: (corpus: boolean): string => `Article: six patterns, scores ${corpus ? 'over the corpus' : 'on this text'}`,
  articleGroup: 'The article’s patterns',
  pattern: (number: number, title: string, head: string, score: string): string => `Pattern ${number}, ${title}, head ${head}: ${score}`,
  beingMeasured: 'being measured',
  notMeasured: 'not measured on this text',
  pinWord: (word: string, second: boolean, head: string): string => `Pin ${second ? 'the second ' : ''}“${word}” in ${head}`,
  wordOf: (word: string, number: number): string => `${word}, the word of pattern ${number}`,
  best: (corpus: boolean): string => `Best head per pattern, scores ${corpus ? 'over the corpus' : 'on this text'}`,
  bestGroup: 'Best head per pattern',
  bestComputing: 'Best head per pattern: computing…',
  noneAbove: (words: string, head: string, score: string): string => `${words}: no head does it more than by chance (highest ${head}, ${score})`,
  none: (words: string): string => `${words}: none`,
  bestOf: (words: string, head: string, score: string): string => `${words}: ${head}, ${score}`,
  belowThreshold: ', below the threshold',
  bestHeadFor: (what: string): string => `Best head for ${what}`,
  onProbe: ', on the probe',

  // Link
  rankByLabels: 'Rank heads by their labels again',
  chooseLink: 'Click a word, then Alt-click the word that it looks at.',
  headsBy: 'Heads by ',
  wholeWords: ', whole words',
  ranking: 'Ranking…',
  linkRank: (rank: string, chance: string): string => `Rank ${rank} of the query’s keys; by chance ${chance}`,

  // Grid, list, strip
  layer: (layer: number): string => `Layer ${layer}`,
  cell: (layer: number, head: number, label: string, ablated: string, disagrees: string): string =>
    `Layer ${layer}, head ${head}, ${label}, ${ablated || 'not ablated'}${disagrees && `; ${disagrees}`}`,
  ablated: (mode: string): string => `ablated: ${mode}`,
  scored: (words: string, score: string): string => `${words}${score && `, score ${score}`}`,
  notComputedYet: 'not computed yet',
  otherScope: 'other scope',
  disagrees: (scope: string, words: string): string => `${scope}: ${words}`,
  columns: {
    name: ['Head', 'Layer and head'], label: ['Label', 'The label'], link: ['Link', 'Weight of the chosen link'], score: ['Score', 'Score of the label'],
    entropy: ['Entr.', 'Mean entropy of a row, nats'], distance: ['Dist.', 'Mean distance between query and key, tokens'],
    cls: ['[CLS]', 'Share of attention on [CLS]'], sep: ['[SEP]', 'Share of attention on both [SEP]'],
    punctuation: ['. ,', 'Share of attention on full stops and commas'], reach: ['Reach', 'Mean distance of the heaviest key, tokens'],
    change: ['Change', 'Divergence from the run without ablation, nats'],
  },
  firstToken: ['First', 'Share of attention on the first token'],
  sortHelp: (help: string): string => `${help}. Click sorts, Shift-click adds a second key.`,
  thumbnail: (head: string): string => `Thumbnail of ${head}`,
  computing: 'computing…',
  noLabel: 'no label',
  open: 'Open',
  differ: (count: number, of: number, corpus: boolean): string =>
    ` ${count} of ${of} heads ${count === 1 ? 'has' : 'have'} another label ${corpus ? 'on this input' : 'over the corpus'}.`,
  gridName: (model: string, heads: number): string => `Pattern map, ${model}: rows are layers, columns are heads, ${counted(heads, 'head', 'heads')}`,

  /** Where room is scarce. */
  short: {
    next: 'next', previous: 'previous', self: 'itself', 'same-word': 'same', 'other-sentence': 'across', predictive: 'predictive', cls: '[CLS]',
      sep: '[SEP]',
    punctuation: 'punct.', broad: 'broad', sentence: 'sentence', 'first-token': 'first', induction: 'induction', duplicate: 'duplicate',
  } as Readonly<Record<string, string>>,

  // Filter
  filterBy: 'Filter by label',
  count: (kept: number, total: number): string => (kept === total ? counted(total, 'head', 'heads') : `${kept} of ${counted(total, 'head', 'heads')}`),
  hideOthers: 'Hide others',
  clear: 'Clear',
  filter: 'Filter',
  mixedHelp: 'mixed: nothing above its threshold',
  mixed: 'mixed',
  first: 'first',
  labelCount: (words: string, count: number): string => `${words}: ${counted(count, 'head', 'heads')}`,
  scoreAtLeast: 'Score ≥',
  layers: 'Layers',
  layersExample: '0-3,7',
  layersWrong: 'Layers like 0-3,7.',
  name: 'Name',
  nameExample: 'L2, next',
  noHead: (label: string, score: string, scope: string): string =>
    `No head ${label ? `has label ${label}` : 'matches the filter'}${score && ` with a score ≥ ${score}`} on this ${scope}. `,
  highest: (head: string, words: string, score: string): string => `Highest: ${head}, ${words} ${score}.`,
  showIt: 'Show it',
} as const;
