// What is asked of all heads, and the answers: labels with their evidence, one link, two traces side by side.

import type { Opts, TraceId } from './engine';

/** null = undefined on this text. */
export interface ScoreValue {
  value: number | null;
  chance: number | null;
  lift: number | null;
  z: number | null;
  se: number | null;
  queries: number;
  words_only: number | null;
  uniform: number | null;
}

export interface Example {
  segment: number;
  query: number;
  key: number;
  weight: number | null;
  share: number | null;
  query_token: string;
  key_token: string;
  /** The segment's texts, where the report has them. */
  text?: { a: string; b: string | null };
  /** A window of the text: its first token, its tokens, attention from the query to each. */
  start?: number;
  tokens?: readonly string[];
  row?: readonly number[];
}

export interface LabelDetail {
  /** The line that the score was held against; absent in older reports, null for leanings. */
  threshold?: number | null;
  confidence: number | null;
  near_line: boolean;
  undecided: boolean;
  incl_itself: boolean;
  obey: number | null;
  of: number | null;
  content_share: number | null;
  examples: readonly Example[];
  exceptions: readonly Example[];
}

export interface GrammarRow { relation: string; direction: string; accuracy: number | null; baseline: number | null; offset: number; n: number }

/** What a map shows of a head; its evidence is asked for by itself (head). */
export interface HeadSummary {
  /** "" in the corpus's scope. */
  stack: string;
  layer: number;
  head: number;
  /** Best first. */
  labels: readonly string[];
  leaning: readonly string[];
  too_few: readonly string[];
  /** Of the labels: same word in either place cannot be told apart; near the line. */
  undecided: readonly string[];
  near_line: readonly string[];
  /** The label same-word includes the word itself. */
  incl_itself: boolean;
  /** null = undefined on this text, or not computed. */
  scores: Readonly<Record<string, number | null>>;
  distance: number | null;
  reach: number | null;
  entropy: number | null;
}

/** One entry of the `heads` of `headscope patterns --json` and `analyze` (heads_json in analysis.h). */
export interface HeadEvidence {
  layer: number;
  head: number;
  labels: readonly string[];
  leaning: readonly string[];
  too_few: readonly string[];
  label_details: Readonly<Record<string, LabelDetail>>;
  scores: Readonly<Record<string, ScoreValue>>;
  distance: number | null;
  reach: number | null;
  entropy: number | null;
  /** [21] mean mass on key − query = −10 … +10. */
  offsets: readonly number[];
  attended: readonly { token: string; mass: number | null; n: number }[];
  histogram: Readonly<Record<string, { edges: readonly number[]; counts: readonly number[] }>>;
  /** Reports of `analyze` only. */
  clark?: Readonly<Record<string, number | null>>;
  grammar?: readonly GrammarRow[];
}

export interface HeadsOpts extends Opts {
  stack?: string;
  /** Pattern 5 too: one masked forward pass a word and pair of words. Needs the model, takes seconds. */
  predictive?: boolean;
}

// — link ——————————————————————————————————————————————————————————————————————————————————————————

export interface LinkRequest {
  stack: string;
  /** Token indices. */
  query: number;
  key: number;
  /** Of their whole words. */
  words: boolean;
}

export interface HeadLink {
  layer: number;
  head: number;
  weight: number;
  /** Of the key among all keys of the query; null where this head masks it. */
  rank: number | null;
  chance: number;
  lift: number | null;
}

// — compare ——————————————————————————————————————————————————————————————————————————————————————

export interface CompareRequest {
  right: TraceId;
  stack: string;
  /** false: without the labels of both sides, in half the time. */
  labels?: boolean;
  /** Divergences of at most this many queries, evenly spaced; all without it. */
  queries?: number;
}

/** Runs of tokens [first, end) on both sides that stand for the same words, and those without a partner. */
export interface Alignment {
  /** [left first, left end, right first, right end) */
  matched: readonly (readonly [number, number, number, number])[];
  left_only: readonly (readonly [number, number])[];
  right_only: readonly (readonly [number, number])[];
}

export interface HeadDelta {
  stack: string;
  layer: number;
  head: number;
  /** Nats, mean over the matched queries, of rows restricted to matched keys and renormalised. */
  js: number | null;
  /** Mean |difference| of the same rows. */
  mean_abs: number | null;
  labels: { left: readonly string[]; right: readonly string[] };
  /** How many rows were compared. */
  queries: number;
}

export interface Comparison {
  stack: string;
  /** Words, or pieces of words where both sides cut them alike; matched ones without the template's tokens. */
  alignment: { matched: number; left_only: number; right_only: number };
  queries: Alignment;
  keys: Alignment;
  /** By falling divergence. */
  heads: readonly HeadDelta[];
  notes: readonly string[];
}
