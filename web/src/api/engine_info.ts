// What a server says of itself: models, traces, what it can do, its limits.

import type { Ablation, Capability } from '../base/state';
import type { TraceInfo } from '../base/trace_info';
import type { CorpusOverview } from './engine_corpus';

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
  /** Of a text that this page let the model generate: settings of the model that were not applied, each a sentence. */
  generationNotes?: readonly string[];
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
