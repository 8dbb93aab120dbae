// What the views take and give. The vocabulary is the one of the link, the command line and the
// elements' attributes; twin of include/headscope/trace_info.h where a trace is described.

import { DEFAULT_SETTINGS, type LabelFact, type ViewSettings } from '../base/state';
import type { Pixels } from '../base/patches';
import type { NeuronData, PartsData, TileEngine } from '../base/tiles';

export { headName, parseHead, stackOf, keyTokens, headsOfLayer } from '../base/trace_info';
export type { HeadId, StackInfo, Tokens, TraceInfo } from '../base/trace_info';
export type { Combine, Quantity, ViewSettings } from '../base/state';
export type { NeuronData } from '../base/tiles';

export const DEFAULTS: ViewSettings = { ...DEFAULT_SETTINGS, heads: ['L0H0'] };

/** What the core says of a head; the views only print it. */
export type HeadLabel = LabelFact;

export interface ViewEngine extends TileEngine {
  neuron(trace: string, request: { stack: string; head: string; query: number; rotated: boolean },
         options: { signal: AbortSignal }): Promise<NeuronData>;
  /** The same split by what the embeddings are a sum of: heads of the first layer alone. */
  parts?(trace: string, request: { stack: string; head: string; query: number }, options: { signal: AbortSignal }): Promise<PartsData>;
  /** The picture that a trace of patches was made from. */
  picture?(trace: string, options: { signal: AbortSignal }): Promise<Pixels>;
}

export function effectiveTopk(settings: ViewSettings, n: number): number {
  return settings.topk ?? (n <= 128 ? 0 : 8);
}
