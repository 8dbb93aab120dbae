// One query of one head, taken apart: q·k neuron by neuron, then scale, soft-cap, bias, softmax.
// d = head width. Everything shown is computed from the parts shown, so a reader can verify it.

import type { ViewSettings } from '../../base/state';
import type { NeuronData } from '../../ui/types';
import { pairOf, partner, type Rope } from './rotation';

export type NeuronOrder = ViewSettings['neurons'];

/** q × k of one key, elementwise [d]. */
export function products(data: NeuronData, key: number): Float32Array {
  const { dim, q, k } = data;
  return Float32Array.from({ length: dim }, (_, d) => (q[d] as number) * (k[key * dim + d] as number));
}

export interface KeyParts {
  key: number;
  /** Σ q·k before the scale. */
  sum: number;
  /** Sum × scale, with the bias where that comes before the cap: what the cap is put on. */
  uncapped: number;
  /** After scale, soft cap and bias. */
  score: number;
  bias: number;
  /** exp(score − lse). */
  weight: number;
}

export function keyParts(data: NeuronData, key: number): KeyParts {
  const { dim, q, k, scale, softcap } = data;
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += (q[d] as number) * (k[key * dim + d] as number);
  const bias = data.bias?.[key] ?? 0;
  // A mask is no bias: a cap would make a number of its −∞.
  if (bias === -Infinity) return { key, sum, uncapped: -Infinity, score: -Infinity, bias, weight: 0 };
  const uncapped = sum * scale + (data.biasFirst ? bias : 0);
  const score = (softcap ? softcap * Math.tanh(uncapped / softcap) : uncapped) + (data.biasFirst ? 0 : bias);
  return { key, sum, uncapped, score, bias, weight: Math.exp(score - data.lse) };
}

/**
 * Order of the neurons: by index, by Σ_j a_j·|q_d·k_jd|, or by |q_d·k_d| of one key. Neurons that are
 * rotated together stand side by side, and a pair is sorted by what both contribute.
 */
export function neuronOrder(data: NeuronData, order: NeuronOrder, pinnedKey: number, rope: Rope | null = null): number[] {
  const groups = neuronGroups(data.dim, rope);
  if (order === 'index') return groups.flat();
  const size = contributions(data, order === 'pinned' ? pinnedKey : null);
  const of = (group: readonly number[]): number => group.reduce((sum, d) => sum + (size[d] as number), 0);
  return groups.sort((a, b) => of(b) - of(a) || (a[0] as number) - (b[0] as number)).flat();
}

/** Each neuron by itself, or with the one it is rotated with: by the number of the pair. */
function neuronGroups(dim: number, rope: Rope | null): number[][] {
  const all = Array.from({ length: dim }, (_, d) => d);
  if (!rope) return all.map((d) => [d]);
  const pairs = all.filter((d) => (partner(rope, d) ?? -1) > d).sort((a, b) => pairOf(rope, a) - pairOf(rope, b)).map((d) =>
    [d, partner(rope, d) as number]);
  return [...pairs, ...all.filter((d) => partner(rope, d) === null).map((d) => [d])];
}

/** [d] */
export function contributions(data: NeuronData, key: number | null): Float64Array {
  const { dim, q, k, weights } = data;
  const out = new Float64Array(dim);
  for (let j = 0; j < weights.length; j++) {
    if (key !== null && j !== key) continue;
    const a = key === null ? (weights[j] as number) : 1;
    for (let d = 0; d < dim; d++) out[d] = (out[d] as number) + a * Math.abs((q[d] as number) * (k[j * dim + d] as number));
  }
  return out;
}

export const ALL_KEYS_UP_TO = 128;
export const TOP_KEYS = 50;

export interface KeyRows { keys: number[]; restKeys: number; restMass: number }

/** Rows of the table: all keys by position or weight; long inputs: the heaviest 50 and the rest as one number. */
export function keyRows(weights: Float32Array, rows: 'position' | 'weight', expanded = false): KeyRows {
  const keys = Array.from(weights.keys());
  const byWeight = (a: number, b: number): number => (weights[b] as number) - (weights[a] as number) || a - b;
  if (weights.length <= ALL_KEYS_UP_TO || expanded) return { keys: rows === 'weight' ? keys.sort(byWeight) : keys, restKeys: 0, restMass: 0 };
  keys.sort(byWeight);
  const rest = keys.slice(TOP_KEYS);
  return { keys: keys.slice(0, TOP_KEYS), restKeys: rest.length, restMass: rest.reduce((sum, j) => sum + (weights[j] as number), 0) };
}

/** Root mean square of finite values: the σ of tanh(x/σ), printed beside the column. */
export function sigma(...parts: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  for (const part of parts) for (const x of part) if (Number.isFinite(x)) { sum += x * x; count++; }
  return count > 0 && sum > 0 ? Math.sqrt(sum / count) : 1;
}

/** Key head of a query head, and the query heads that share it (grouped-query attention). */
export function keyHead(head: number, heads: number, kvHeads: number): { kv: number; first: number; last: number } {
  const group = Math.max(1, Math.floor(heads / Math.max(1, kvHeads)));
  const kv = Math.floor(head / group);
  return { kv, first: kv * group, last: Math.min(heads, (kv + 1) * group) - 1 };
}
