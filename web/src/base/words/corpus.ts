// The words of the corpus view.

import { counted } from './common';

export const R = {
  page: (head: string): string => `Head ${head} over the corpus`,
  title: (head: string, name: string): string => `${head} over ${name}`,
  theCorpus: 'the corpus',
  status: (segments: number, model: string): string => `${counted(segments, 'segment', 'segments')}, ${model}`,
  notThere: (head: string): string => `${head} is not in this report.`,
  howToRead: 'How to read these numbers',
  firstOf: (count: number): string => ` · first of ${count} selected heads`,
  otherWeights: (model: string, sha: string): string => `This report is of other weights than the trace shown (${model}, sha256 ${sha}…).`,
  sample: (n: number, few: boolean): string => `n = ${n.toLocaleString('en')}${few ? ', few' : ''}`,
  count: (n: number, few: boolean): string => `${n.toLocaleString('en')}${few ? ' few' : ''}`,

  scores: 'Label scores',
  noLabel: 'No label over the corpus.',
  ofEachSegment: (score: string): string => `${score} of each segment `,
  distribution: (score: string, segments: number, mean: string, here: string): string =>
    `Distribution of ${score} over ${counted(segments, 'segment', 'segments')}: mean ${mean}${here && `, this input ${here}`}`,
  thisInput: (value: string): string => `This input: ${value}`,
  thisInputWords: (value: string, words: number): string => ` This input: ${value}, ${counted(words, 'word', 'words')}.`,
  bin: (low: string, high: string, segments: number): string => `${low} to ${high}: ${counted(segments, 'segment', 'segments')}`,
  scoreTable: ['Score', 'Corpus', '± se', 'Chance', 'Input', 'Words'],

  targets: 'Where it looks',
  offsets: 'Key − query, tokens ',
  itself: 'the word itself',
  byOffset: (peak: string, value: string): string => `Mean attention by offset, −10 to +10; most at ${peak}: ${value}`,
  attended: 'Most attended tokens',
  noneRecorded: 'None recorded.',
  attendedTable: ['Token', 'Share', 'Occurrences'],
  spread: (distance: string, reach: string, entropy: string): string =>
    `Mean distance ${distance}, reach of the heaviest key ${reach} tokens, entropy ${entropy} nats.`,

  examples: 'Examples',
  examplesOf: 'Examples of',
  noExamples: 'This head has no label and leans to none, so there are no examples of it.',
  load: 'Choose one to load it as input, with its word pinned.',
  excerpts: ' The report holds excerpts: on an excerpt alone the weights are not those of the whole segment.',
  strongest: 'Strongest',
  exceptions: 'Exceptions',

  relations: 'Dependency relations',
  noRelations: 'Relations need an annotated corpus: ',
  relationsCommand: 'headscope analyze FILE.conllu -o R.json',
  relationsHelp: 'How often the heaviest word is the relation’s other end, against always looking at the best fixed offset.',
  relation: 'Relation',
  direction: 'Direction',
  accuracy: 'Accuracy',
  baseline: 'Baseline',
  offset: 'Offset',
  gain: 'Gain',
  n: 'n',

  links: 'Links',
  linksOf: {
    file: 'the links that the corpus names',
    fromDependent: (relation: string): string => `${relation}, from the dependent to the word that governs it`,
    fromGoverning: (relation: string): string => `${relation}, from the governing word to its dependent`,
  },
  linksCount: (n: number, of: string): string => `${n.toLocaleString('en')} ${n === 1 ? 'link' : 'links'}: ${of}.`,
  leftOut: (n: number): string => ` ${n.toLocaleString('en')} left out: a span has no token of its own.`,
  hidden: (n: number): string => ` ${n.toLocaleString('en')} hidden from every head.`,
  linksHelp: 'The heads with the largest mean weight, what the query gives the key. Chance: the weight after shuffling within each class of keys. ' +
    'Rank: of the key among the words that the query sees, 1 = heaviest. First: share of links whose key is the heaviest.',
  linksTable: ['Head', 'Weight', '± se', 'Chance', 'Lift', 'Rank', 'First', 'Links'],

  alike: 'Heads that attend alike',
  alikeHelp: 'Least mean Jensen–Shannon divergence of their rows over the corpus, nats.',

  commands: 'headscope analyze FILE -o R.json\nheadscope serve --corpus R.json',
  none: 'No corpus yet',
  what: 'A corpus shows whether a head does on many texts what it does on this one: label scores with their spread, the words it looks ' +
    'at, its best and worst examples and, for annotated text, which grammatical relations it follows.',
  alt: (head: string, segments: number, words: string, score: string): string =>
    `${head} over ${counted(segments, 'segment', 'segments')}: ${words}${score && `, ${score}`}.`,
} as const;
