// Engine: the one data interface of the front end. Twin of src/rpc (include/headscope/rpc.h);
// docs/wire.md is the contract both keep. Requests are JSON, arrays travel as safetensors; only this
// folder knows the wire. Numbers are the core's: nothing here computes a label or a score.

import type { Ablation, Scope, ViewState } from '../base/state';
import type { Pixels } from '../base/patches';
import type { Priority, TileEngine, TileOps, NeuronData, PartsData } from '../base/tiles';
import type { Tokens } from '../base/trace_info';
import type { CorpusAnswer, CorpusRequest } from './engine_corpus';
import type { CompareRequest, Comparison, HeadEvidence, HeadLink, HeadsOpts, HeadSummary, LinkRequest } from './engine_heads';
import type { EngineInfo, ListedModel, ModelEntry, TraceEntry } from './engine_info';

export type { Priority, Tile, TileEngine, TileOps, TileSpec, NeuronData, PartsData } from '../base/tiles';
export type * from './engine_corpus';
export type * from './engine_heads';
export type * from './engine_info';

/** Content hash: the same id never names other numbers, so what is cached never goes stale. */
export type TraceId = string;

export interface Opts {
  /** Aborting takes the request from the queue, or stops it at the core's next look. */
  signal: AbortSignal;
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
