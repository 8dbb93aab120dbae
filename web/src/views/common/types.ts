// What the views take and give. The vocabulary is the one of the link, the command line and the
// elements' attributes; twin of include/headscope/trace_info.h where a trace is described.

import { DEFAULT_SETTINGS, type LabelFact, type ViewSettings } from '../../base/state';
import type { TileEngine } from './tile_store';

export { headName, parseHead, stackOf, keyTokens, headsOfLayer } from '../../base/trace_info';
export type { HeadId, StackInfo, Tokens, TraceInfo } from '../../base/trace_info';
export type { Combine, Quantity, ViewSettings } from '../../base/state';

export const DEFAULTS: ViewSettings = { ...DEFAULT_SETTINGS, heads: ['L0H0'] };

/** What the core says of a head; the views only print it. */
export type HeadLabel = LabelFact;

/** q [rows, d], k [keys, d] of one head, with what turns them into weights. */
export interface NeuronData {
  dim: number;
  q: Float32Array;
  k: Float32Array;
  /** Log-sum-exp of the query's row. */
  lse: number;
  scale: number;
  softcap: number | null;
  /** Added after scaling, −Infinity where masked; null where the model has neither. */
  bias: Float32Array | null;
  weights: Float32Array;
}

export interface ViewEngine extends TileEngine {
  neuron(trace: string, request: { stack: string; head: string; query: number; rotated: boolean },
         options: { signal: AbortSignal }): Promise<NeuronData>;
}

export function effectiveTopk(settings: ViewSettings, n: number): number {
  return settings.topk ?? (n <= 128 ? 0 : 8);
}
