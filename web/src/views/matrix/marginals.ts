// Marginals of the matrix view: row entropy on the left, received mass on top (ui.md §3.4). Received
// mass is one pooled row of the whole matrix; entropy needs the rows themselves, so it is there for
// whole matrices up to a million weights and, above that, for the rows on screen once they fit.

import type { Tile, TileSpec } from '../../base/tiles';

/** Weights asked for at once. */
export const ENTROPY_WEIGHTS = 2 ** 20;
const ALIGN = 64;

export interface Size { rows: number; cols: number }

/** Rows whose entropy is worth asking for; null where they are too many. */
export function entropyRows(size: Size, first: number, end: number): { q0: number; q1: number } | null {
  if (size.rows * size.cols <= ENTROPY_WEIGHTS) return { q0: 0, q1: size.rows };
  const q0 = Math.max(0, Math.floor(first / ALIGN) * ALIGN);
  const q1 = Math.min(size.rows, Math.ceil(end / ALIGN) * ALIGN);
  return (q1 - q0) * size.cols <= ENTROPY_WEIGHTS ? { q0, q1 } : null;
}

export function entropySpec(base: TileSpec, size: Size, range: { q0: number; q1: number }): TileSpec {
  return { ...base, ...range, k0: 0, k1: size.cols, outQ: 0, outK: 0, pool: 'max', dtype: 'f32' };
}

/** The mean over queries of every key, exact. */
export function receivedSpec(base: TileSpec, size: Size): TileSpec {
  return { ...base, q0: 0, q1: size.rows, k0: 0, k1: size.cols, outQ: 1, outK: 0, pool: 'mean', dtype: 'f32' };
}

/** −Σ a ln a of each row of a tile, nats. */
export function rowEntropies(tile: Tile): Float32Array {
  const { rows, cols, data } = tile;
  const out = new Float32Array(rows);
  for (let q = 0; q < rows; q++) {
    let sum = 0;
    for (let k = 0; k < cols; k++) {
      const a = data[q * cols + k] as number;
      if (a > 0) sum -= a * Math.log(a);
    }
    out[q] = sum;
  }
  return out;
}

export interface Marginals {
  /** Entropy of the rows q0 …; empty where it is not known. */
  q0: number;
  entropy: Float32Array;
  /** Received mass of every key, sum over queries. */
  received: Float32Array;
}

/** Computed once a tile. */
const computed = new WeakMap<Tile, Float32Array>();
export function marginals(entropyTile: Tile | undefined, q0: number, receivedTile: Tile | undefined, size: Size): Marginals {
  const once = (tile: Tile | undefined, make: (t: Tile) => Float32Array): Float32Array => {
    if (!tile) return new Float32Array();
    const known = computed.get(tile) ?? make(tile);
    computed.set(tile, known);
    return known;
  };
  return { q0, entropy: once(entropyTile, rowEntropies),
    received: once(receivedTile, (t) => Float32Array.from(t.data as Float32Array, (v) => v * size.rows)) };
}
