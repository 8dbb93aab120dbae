// Rotary position embedding (Su et al. 2021): which neurons turn together, and by which angle at a
// position. Twin of RopeInfo in include/headscope/trace_info.h.

import type { RopeInfo } from '../../base/layer_rule';

export type Rope = RopeInfo;

/** The neuron that turns with this one; null beyond the rotated dimensions. */
export function partner(rope: Rope, neuron: number): number | null {
  if (neuron >= rope.dims) return null;
  if (rope.interleaved) return neuron ^ 1;
  const half = rope.dims / 2;
  return neuron < half ? neuron + half : neuron - half;
}

/** Number of the pair, from the fastest. */
export function pairOf(rope: Rope, neuron: number): number {
  return rope.interleaved ? neuron >> 1 : neuron % (rope.dims / 2);
}

/** Radians by which the pair of a neuron is turned at a position. */
export function angle(rope: Rope, neuron: number, position: number): number {
  const pair = pairOf(rope, neuron);
  const frequency = rope.inverse_frequencies?.[pair] ?? rope.theta ** (-2 * pair / rope.dims);
  return position * frequency;
}

/** "pair 5 (neurons 5, 37) turns by 0.312 rad at query 7, 0.089 at key 2" */
export function pairText(rope: Rope, neuron: number, query: number, key: number): string {
  const other = partner(rope, neuron);
  if (other === null) return 'not rotated';
  const turn = (position: number): string => {
    const wrapped = angle(rope, neuron, position) % (2 * Math.PI);
    return wrapped.toFixed(3);
  };
  return `pair ${pairOf(rope, neuron)} (neurons ${Math.min(neuron, other)}, ${Math.max(neuron,
    other)}) turns by ${turn(query)} rad at query ${query}, ${turn(key)} at key ${key}`;
}
