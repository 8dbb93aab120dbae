// Engine: the one data interface of the front end. Twin of src/rpc (include/headscope/rpc.h);
// docs/wire.md is the contract both keep. Requests are JSON, arrays travel as safetensors; only this
// folder knows the wire. Numbers are the core's: nothing here computes a label or a score.

import type { Ablation, Capability, Scope, ViewState } from '../base/state';
import type { Pixels } from '../base/patches';
import type { Priority, TileEngine, TileOps, NeuronData, PartsData } from '../base/tiles';
import type { Tokens, TraceInfo } from '../base/trace_info';

export type { Priority, Tile, TileEngine, TileOps, TileSpec, NeuronData, PartsData } from '../base/tiles';

/** Content hash: the same id never names other numbers, so what is cached never goes stale. */
export type TraceId = string;

export interface Opts {
  /** Aborting takes the request from the queue, or stops it at the core's next look. */
  signal: AbortSignal;
  /** 0 selected head, 1 visible, 2 one screen around, 3 refinement. */
  priority: Priority;
  /** Layers of a run, forward passes of pattern 5; units of the work itself, total 0 = not known. */
  progress?: (done: number, total: number) => void;
  /** Of a generating run: aborting it ends the run with what there is. */
  end?: AbortSignal;
  /** Of a generating run: a trace of what is there by now. */
  grown?: (trace: TraceId) => void;
}

/** What there is and what is allowed, in the unit of the limit: tokens for HS-LEN-01. */
export interface LimitNumbers { readonly got: number; readonly limit: number }

/** Every error of the wire, in the form: got, expected, what to do. `code` is stable (HS-LEN-01, …). */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  constructor(
    readonly code: string,
    readonly got: string,
    readonly expected = '',
    readonly action = '',
    /** The whole as shown: ui.md §5's wording where it has one. */
    message = [expected ? `${got}; expected ${expected}.` : `${got}.`, action].filter(Boolean).join(' '),
    /** Of an error about a limit (HS-LEN, HS-LIMIT, HS-MEM); null elsewhere. */
    readonly numbers: LimitNumbers | null = null,
  ) { super(message); }
  /** What a folded "details" holds. */
  get details(): string {
    return [`code: ${this.code}`, `got: ${this.got}`, this.expected && `expected: ${this.expected}`, this.action && `do: ${this.action}`]
      .filter(Boolean).join('\n');
  }
}
/** The caller aborted, or a newer run of this page took its place: nothing to show. */
export const CANCELLED = 'HS-CANCEL-01';

// — info —————————————————————————————————————————————————————————————————————————————————————————

export interface ModelEntry {
  name: string;
  family: string;
  /** "" = not known. */
  fingerprint: string;
  /** Last component of its directory; never a path. */
  source: string;
  layers: number;
  /** The most of any layer. */
  heads: number;
  precision: string;
  /** streamed: read from disk layer by layer in each run; absent on older servers. */
  weights?: 'resident' | 'streamed';
  /** Positions of the model: the most tokens of a text, special tokens included. */
  max_tokens: number;
  /** An encoder–decoder: text B is the target, which its decoder reads. */
  target?: boolean;
  /** It reads pictures, and no texts. */
  picture?: boolean;
}

/** A model that could take the place of the open one; listed without reading its weights. */
export interface ListedModel {
  name: string;
  /** known: to be fetched; cache, hub, ollama, folder: where it is. */
  source: string;
  kind: string | null;
  family: string | null;
  layers: number | null;
  heads: number | null;
  bytes: number | null;
  /** true, or why it cannot be opened. */
  runnable: true | string;
  open: boolean;
}

/** A trace as the engine describes it. */
export interface TraceEntry extends TraceInfo {
  source: 'demo' | 'file' | 'run';
  /** File name of a trace file; "" else. Never a path. */
  title: string;
  /** What the numbers were made under. */
  settings: { ablations: readonly Ablation[]; masked: readonly number[]; truncated: boolean; zero_segment_ids: boolean };
  /** true, or why this trace has no such numbers. */
  quantities: Readonly<Record<'weight' | 'norm' | 'score' | 'rollout' | 'flow', true | string>>;
  /** q, k and log-sum-exp are there: the neuron view works. */
  vectors: boolean;
  /** C of pattern 5 is known: heads() has the predictive score without asking. */
  predictive: boolean;
}

export interface EngineInfo {
  version: string;
  /** The open model; empty where there is none. */
  models: readonly ModelEntry[];
  /** Traces held from the start: --trace files in order, then the demo. The first is shown. */
  traces: readonly TraceEntry[];
  /** true, or why not, in words for a tooltip. */
  capabilities: Readonly<Record<Capability, true | string>>;
  /** Why there is no model (HS-MODEL-01, …); null where one is open or loading. */
  problem: { code: string; got: string; expected: string; action: string; message: string } | null;
  /** The model being read: bytes. Ask info() again until it is null. */
  loading: { model: string; precision?: string; done: number; total: number } | null;
  corpus: CorpusOverview | null;
  /** The labelling rule's numbers, by name ("next", "sep.short"): what a label's line is. */
  thresholds: Readonly<Record<string, number>>;
  limits: {
    text_bytes: number;
    tiles: number;
    answer_bytes: number;
    csv_rows: number;
    top: number;
    /** Of a file that open() sends. */
    file_bytes: number;
  };
  cache: { traces: number; trace_bytes: number; tiles: number; tile_bytes: number; tile_limit: number };
}

// — run, tokens ———————————————————————————————————————————————————————————————————————————————————

export interface RunInput {
  /** Must be the open model's name; "" = whatever is open. */
  model: string;
  /** Must be the open model's; absent = whatever it is open in. */
  precision?: string;
  /** Instead of texts: the picture that this trace was run on. */
  pictureOf?: TraceId;
  a: string;
  b: string | null;
  /** Of encoder–decoders, whose b is null. */
  target?: string;
  /** Tokens to go on with; such a run answers when they are there, or when it is told to end (Opts.end). */
  generate?: number;
  ablations: readonly Ablation[];
  /** Tokens replaced by the mask token before the run. */
  masked: readonly number[];
  /** Shortens a text that is too long, longest sentence first; without it that is HS-LEN-01. */
  truncate: boolean;
  /** Every token in segment 0. */
  zero_segment_ids?: boolean;
}

export interface TokensAnswer extends Tokens {
  /** [start, end) in UTF-8 bytes of the text the token comes from; null for special tokens. */
  offsets: readonly (readonly [number, number] | null)[];
  segment_ids: readonly number[];
  max_tokens: number;
}

// — heads —————————————————————————————————————————————————————————————————————————————————————————

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

// — row, neuron ———————————————————————————————————————————————————————————————————————————————————

export interface RowRequest {
  stack: string;
  /** One, or several where ops.combine is not 'separate'. */
  heads: readonly string[];
  /** 'q': whom the query attends to; 'k': who attends to the key. */
  side: 'q' | 'k';
  /** Token index; with ops.words the row of its word. */
  index: number;
  /** How many of the heaviest; 1–64. */
  top: number;
  /** Absent: plain weights. */
  ops?: TileOps;
}

export interface RowDetail {
  /** Exact f32, one an entry of `tokens`. */
  values: Float32Array;
  /** [first, end) tokens that each value stands for: the axis of tile_axes. */
  tokens: readonly (readonly [number, number])[];
  /** Heaviest first; `at` indexes values, `index` is its first token. */
  top: readonly { at: number; index: number; token: string; value: number }[];
  /** What `top` leaves out. */
  rest: { count: number; mass: number };
  total: number;
}

export interface NeuronRequest {
  stack: string;
  head: string;
  /** Token index. */
  query: number;
  /** false: before the rotary embedding (models that have one). */
  rotated: boolean;
}

// — predict ———————————————————————————————————————————————————————————————————————————————————————

export interface PredictRequest {
  /** Where the answer is read; empty = the trace's [MASK] tokens. */
  positions: readonly number[];
  /** 1–64. */
  top: number;
  /** Replace the token at each position by the mask token first, one at a time. */
  mask: boolean;
  /** Absent: those of the trace. */
  ablations?: readonly Ablation[];
}

export interface Prediction {
  position: number;
  /** Of causal models: what comes after the position. Then id and probability say nothing of what stands there. */
  next?: boolean;
  /** The token that stands there, and how probable the model finds it. */
  token: string;
  id: number;
  probability: number;
  /** Most probable first. */
  predictions: readonly { token: string; id: number; probability: number }[];
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

// — corpus ————————————————————————————————————————————————————————————————————————————————————————

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

// — figure, numbers ———————————————————————————————————————————————————————————————————————————————

export interface FigureAnswer {
  bytes: Uint8Array;
  type: string;
  caption: string;
  description: string;
  warnings: readonly string[];
}
export interface FigureOpts extends Opts {
  width_mm?: number;
  title?: string;
  note?: string;
  output?: string;
  /** The right-hand side, where the view compares. */
  right?: TraceId;
}

/**
 * pinned: the pinned tokens' rows and columns of the selected heads; drawn: the lines of the picture;
 * heads, all: whole matrices; table: one line a head, labels and scores; neuron: what the neuron view takes apart.
 */
export type NumbersChoice = 'pinned' | 'drawn' | 'heads' | 'all' | 'table' | 'neuron';
export type NumbersFormat = 'csv' | 'npy' | 'safetensors';
export type FigureFormat = 'svg' | 'pdf' | 'png';
export interface NumbersAnswer {
  /** The file: CSV has layer, head, query_index, query, key_index, key, value, quantity; docs/formats.md has the others. */
  bytes: Uint8Array;
  rows: number;
  /** Proposed file name; says "filtered" where lines are left out. */
  name: string;
}

export interface Engine extends TileEngine {
  info(): Promise<EngineInfo>;
  /** Models that load() takes, and others with the reason; HS-CAP-01 where there is no choice. */
  models(o: Opts): Promise<readonly ListedModel[]>;
  /** Opens a listed model in the place of the open one, which is back where that fails. Progress in bytes. */
  load(model: string, precision: string, o: Opts): Promise<ModelEntry>;
  /** Tokens without a run: the live count, and what a token index will be. */
  tokens(input: Pick<RunInput, 'model' | 'a' | 'b'>, o: Opts): Promise<TokensAnswer>;
  /** A newer run of this page cancels the older ones. */
  run(input: RunInput, o: Opts): Promise<TraceEntry>;
  /** A PNG or JPEG file through a model that reads pictures; takes the place of a run that is on its way. */
  runPicture(model: string, file: Blob, name: string, o: Opts): Promise<TraceEntry>;
  /** Describes a trace that the server holds; HS-TRACE-01 where it is gone. */
  trace(t: TraceId, o: Opts): Promise<TraceEntry>;
  /** A trace file, under its name; HS-FILE-01 (a newer format), HS-FILE-02 (no such file, or a damaged one). */
  open(file: Blob, name: string, o: Opts): Promise<TraceEntry>;
  heads(t: TraceId, scope: Scope, o: HeadsOpts): Promise<readonly HeadSummary[]>;
  /** One head with its evidence, under the same options as heads(). */
  head(t: TraceId, scope: Scope, name: string, o: HeadsOpts): Promise<HeadEvidence>;
  /** Every head by one weight, the heaviest first. */
  link(t: TraceId, r: LinkRequest, o: Opts): Promise<readonly HeadLink[]>;
  row(t: TraceId, r: RowRequest, o: Opts): Promise<RowDetail>;
  neuron(t: TraceId, r: NeuronRequest, o: Pick<Opts, 'signal'> & Partial<Opts>): Promise<NeuronData>;
  /** Of a head of the first layer, with the model that made the trace; else HS-CAP-01 says why not. */
  parts(t: TraceId, r: Omit<NeuronRequest, 'rotated'>, o: Pick<Opts, 'signal'> & Partial<Opts>): Promise<PartsData>;
  predict(t: TraceId, r: PredictRequest, o: Opts): Promise<readonly Prediction[]>;
  /** The picture that a trace of patches was made from. */
  picture(t: TraceId, o: Pick<Opts, 'signal'> & Partial<Opts>): Promise<Pixels>;
  /** Two traces, head by head; long. */
  compare(left: TraceId, r: CompareRequest, o: Opts): Promise<Comparison>;
  corpus(r: CorpusRequest, o: Opts): Promise<CorpusAnswer>;
  /** The state's picture, drawn by the core: the same bytes as `headscope render`. */
  figure(t: TraceId, state: ViewState, format: FigureFormat, o: FigureOpts): Promise<FigureAnswer>;
  numbers(t: TraceId, state: ViewState, choice: NumbersChoice, format: NumbersFormat, o: Opts): Promise<NumbersAnswer>;
}
