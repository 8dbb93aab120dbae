// What a report of `headscope analyze` says of a corpus.

import type { HeadEvidence } from './engine_heads';

/** The report of `headscope analyze` without its heads. */
export interface CorpusOverview {
  /** File name, never a path. */
  name: string;
  model: string;
  fingerprint: string;
  /** Same fingerprint as the open model or the first trace; null where either is not known. */
  same_model: boolean | null;
  segments: number;
  /** What was counted over which words; as analyze writes it. */
  settings: Readonly<Record<string, unknown>>;
  thresholds: Readonly<Record<string, number>>;
  notes: readonly string[];
  has_grammar: boolean;
  has_similarity: boolean;
  has_links: boolean;
}
/** What a head gives the links of the corpus; null = no such number (the se of one segment). */
export interface LinkedHead {
  /** Of a model with several stacks. */
  stack?: string;
  layer: number;
  head: number;
  /** Mean weight, its standard error over segments, and the weight after shuffling within each class of keys. */
  mean: number | null;
  se: number | null;
  chance: number | null;
  /** mean / chance */
  lift: number | null;
  /** Mean rank of the keys among the words that the queries see, 1 = heaviest; and the share of links of rank 1. */
  rank: number | null;
  top1: number | null;
  /** Links whose keys the head sees. */
  n: number;
}
export interface CorpusLinks {
  /** As after `--links`: "rel:nsubj", "rel:nsubj:head", "file". */
  of: string;
  n: number;
  /** Links with a span that has no token of its own, and those that the mask hides from every head. */
  left_out: number;
  hidden: number;
  /** By falling mean. */
  heads: readonly LinkedHead[];
}
/** head: one entry, whole. similarity: the map of heads by Jensen–Shannon divergence. */
export type CorpusRequest = { question: 'overview' } | { question: 'head'; head: string } | { question: 'similarity' } | { question: 'links' };
export type CorpusAnswer =
  | { question: 'overview'; overview: CorpusOverview }
  | { question: 'head'; head: HeadEvidence }
  | { question: 'links'; links: CorpusLinks }
  | { question: 'similarity'; heads: readonly string[]; js: readonly (readonly number[])[]; xy: readonly (readonly [number, number])[] };
