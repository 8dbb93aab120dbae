// How labels are shown: glyph, family and words. Twin of src/analysis/labels.cc (labels.test.ts
// compares the two). What a label means, and which head bears it, is decided in the core alone.

export type LabelFamily = 'positional' | 'lexical' | 'delimiter' | 'diffuse' | 'mixed';

export interface LabelInfo {
  /** As in JSON: "same-word"; "" = no label. */
  name: string;
  /** One character wide. */
  glyph: string;
  family: LabelFamily;
  /** In running text. */
  words: string;
  /** The score that it is drawn from, as in JSON. */
  score: string;
  /** Only heads of these models bear it; a causal model sees no later token. */
  models?: 'causal' | 'others';
}

/** In the order of docs/patterns.md. */
export const LABELS: readonly LabelInfo[] = [
  { name: 'next', glyph: '→', family: 'positional', words: 'next token', score: 'next', models: 'others' },
  { name: 'previous', glyph: '←', family: 'positional', words: 'previous token', score: 'previous' },
  { name: 'same-word', glyph: '≈', family: 'lexical', words: 'same word', score: 'same_including_itself' },
  { name: 'self', glyph: '=', family: 'positional', words: 'itself', score: 'self' },
  { name: 'other-sentence', glyph: '⇄', family: 'lexical', words: 'same word in the other sentence', score: 'same_across' },
  { name: 'predictive', glyph: '◇', family: 'lexical', words: 'words that predict the word', score: 'predictive', models: 'others' },
  { name: 'induction', glyph: '↻', family: 'lexical', words: 'induction, on the probe', score: 'induction', models: 'causal' },
  { name: 'duplicate', glyph: '⧉', family: 'lexical', words: 'earlier self, on the probe', score: 'duplicate', models: 'causal' },
  { name: 'first-token', glyph: '⌈', family: 'delimiter', words: 'first token', score: 'cls', models: 'causal' },
  { name: 'cls', glyph: '⌈', family: 'delimiter', words: '[CLS]', score: 'cls', models: 'others' },
  { name: 'sep', glyph: '⌊', family: 'delimiter', words: '[SEP]', score: 'sep', models: 'others' },
  { name: 'delimiters', glyph: '‖', family: 'delimiter', words: '[CLS] and [SEP]', score: 'delimiters', models: 'others' },
  { name: 'punctuation', glyph: '¦', family: 'delimiter', words: 'punctuation', score: 'punctuation' },
  { name: 'broad', glyph: '▦', family: 'diffuse', words: 'broad', score: 'broad' },
  { name: 'sentence', glyph: '▤', family: 'diffuse', words: 'own sentence, evenly', score: 'sentence' },
];

/** A head without a label: nothing above its threshold. */
export const MIXED: LabelInfo = { name: '', glyph: '·', family: 'mixed', words: 'mixed', score: '' };

export interface FamilyInfo {
  family: LabelFamily;
  words: string;
  /** Slot of the head colours whose tint the family bears; null = no tint. */
  slot: number | null;
}
export const FAMILIES: readonly FamilyInfo[] = [
  { family: 'positional', words: 'Positional', slot: 0 },
  { family: 'lexical', words: 'Lexical', slot: 2 },
  { family: 'delimiter', words: 'Delimiter', slot: 5 },
  { family: 'diffuse', words: 'Diffuse', slot: 4 },
  { family: 'mixed', words: 'Mixed', slot: null },
];

/** The row of a name; for "" and unknown names the row of "mixed". */
export function labelInfo(name: string): LabelInfo { return LABELS.find((l) => l.name === name) ?? MIXED; }

/** The labels that heads of a model may bear. */
export function labelsOf(causal: boolean): readonly LabelInfo[] {
  return LABELS.filter((l) => l.models === undefined || (l.models === 'causal') === causal);
}

/** On causal models the sink is the first token, whatever it is called. */
export function labelWords(name: string, causal: boolean): string {
  return causal && name === 'cls' ? 'first token' : labelInfo(name).words;
}

const SCORE_WORDS: Readonly<Record<string, string>> = {
  next: 'next token', previous: 'previous token', self: 'itself', same_including_itself: 'same word, with itself', same_elsewhere: 'same word, elsewhere',
  same_across: 'same word, other sentence', same_across_content: '… content words', same_across_all: '… all words',
    cross_preference: 'rather the other sentence',
  cls: '[CLS]', sep: '[SEP]', delimiters: '[CLS] and [SEP]', punctuation: 'punctuation', piece: 'pieces of one word', related: 'related words',
  related_across: 'related, other sentence', broad: 'evenness', sentence: 'own sentence, evenly', predictive: 'words that predict it',
    induction: 'induction (probe)',
  duplicate: 'duplicate (probe)',
};
/** A score of the core in words; names that are new to this page as they are. */
export function scoreWords(name: string): string { return SCORE_WORDS[name] ?? name.replaceAll('_', ' '); }
