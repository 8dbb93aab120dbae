// What the views take and give. The vocabulary is the one of the link, the command line and the
// elements' attributes; twin of include/headscope/trace_info.h where a trace is described.

import type { SentenceFilter, SpecialMode, TokenList } from './axes';
import type { ScaleName } from './ink';
import type { TileEngine } from './tile_store';
import type { Density } from '../head/layout';

export interface HeadId { layer: number; head: number }
export function headName(id: HeadId): string { return `L${id.layer}H${id.head}`; }
export function parseHead(name: string): HeadId | null {
  const match = /^L(\d+)H(\d+)$/.exec(name);
  return match ? { layer: Number(match[1]), head: Number(match[2]) } : null;
}

export interface StackInfo {
  name: string;
  layers: readonly number[];
  heads: readonly number[];
  kv_heads: readonly number[];
  head_dim: number;
  scale: number;
  softcap?: number | null;
  mask: { kind: 'none' | 'causal' | 'window' | 'dense'; left?: number; right?: number };
  bias?: 'none' | 'distance' | 'dense';
  rope?: { theta: number; dims: number; interleaved: boolean; inverse_frequencies?: readonly number[] } | null;
}

export interface Tokens extends TokenList { ids: readonly number[] }

export interface TraceInfo {
  /** Content hash. */
  id: string;
  model: { name: string };
  stacks: readonly StackInfo[];
  query: Tokens;
  key: Tokens | null;
}

export type Combine = 'separate' | 'mean' | 'max' | 'sum';
export type Quantity = 'weight' | 'norm' | 'score' | 'rollout' | 'flow';

export interface ViewSettings {
  heads: readonly string[];
  /** "q3" or "k0": token indices, up to four. */
  pins: readonly string[];
  attention: SentenceFilter;
  stack: string;
  special: SpecialMode;
  renorm: boolean;
  combine: Combine;
  quantity: Quantity;
  threshold: number;
  /** null = by length: off up to 128 tokens, 8 above. 0 = off. */
  topk: number | null;
  scale: ScaleName;
  words: boolean;
  density: Density;
  values: boolean;
  panels: 'one' | 'both';
  /** Tokens that the user marks as special. */
  marked: readonly number[];
  thumb: 'auto' | 'lines' | 'matrix' | 'received';
  order: 'layer' | 'label' | 'score';
  details: readonly string[];
  pool: 'max' | 'mean';
}

export const DEFAULTS: ViewSettings = {
  heads: ['L0H0'], pins: [], attention: 'all', stack: '', special: 'show', renorm: false, combine: 'separate',
  quantity: 'weight', threshold: 0.01, topk: null, scale: 'linear', words: false, density: 'comfortable',
  values: false, panels: 'one', marked: [], thumb: 'auto', order: 'layer', details: [], pool: 'max',
};

/** What the core says of a head; the views only print it. */
export interface HeadLabel { name: string; label: string; score: number; text?: string; family?: string; glyph?: string }

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

export function stackOf(trace: TraceInfo, name: string): StackInfo {
  const stack = trace.stacks.find((s) => s.name === name) ?? trace.stacks[0];
  if (!stack) throw new Error('a trace has at least one stack');
  return stack;
}

export function keyTokens(trace: TraceInfo): Tokens { return trace.key ?? trace.query; }

export function headsOfLayer(stack: StackInfo, layer: number): number {
  return stack.heads[stack.layers.indexOf(layer)] ?? 0;
}

export function effectiveTopk(settings: ViewSettings, n: number): number {
  return settings.topk ?? (n <= 128 ? 0 : 8);
}
