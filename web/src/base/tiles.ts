// Pieces of pictures as the core computes them. Twin of include/headscope/tile.h; docs/wire.md says
// how they travel. They stand here, before api and views, because both speak of them.

/** 0 selected head, 1 visible, 2 one screen around, 3 refinement, 4 labels of long texts. */
export type Priority = 0 | 1 | 2 | 3 | 4;

/** weights → norm-weighting → combination → filter → special tokens → renormalise → words. */
export interface TileOps {
  /** Quantity, Combine, SentenceFilter and SpecialMode of base/state.ts; the core checks them. */
  quantity: string;
  combine: string;
  filter: string;
  special: string;
  renormalise: boolean;
  words: boolean;
  /** Tokens that the user treats as special. */
  extraSpecial: readonly number[];
}

/** One tile: queries [q0, q1) × keys [k0, k1) of the axes after the operations; out 0 = unpooled. */
export interface TileSpec {
  stack: string;
  /** One, or several where ops.combine is not 'separate'. */
  heads: readonly string[];
  q0: number;
  q1: number;
  k0: number;
  k1: number;
  outQ: number;
  outK: number;
  pool: 'max' | 'mean';
  dtype: 'f16' | 'f32';
  ops: TileOps;
  /** Long inputs: only this many evenly spaced queries are computed, one a row (= outQ); absent or 0 = all. */
  preview?: number;
}

export interface Tile {
  rows: number;
  cols: number;
  /** f32, or the bits of f16; row by row. */
  data: Float32Array | Uint16Array;
}

/** What a store of tiles needs of an engine. */
export interface TileEngine {
  tiles(trace: string, specs: readonly TileSpec[], options: { signal: AbortSignal; priority: Priority }): Promise<Tile[]>;
}

/** q [d] of one query and k [keys, d] of one head, with what turns them into weights. */
export interface NeuronData {
  dim: number;
  q: Float32Array;
  k: Float32Array;
  /** Log-sum-exp of the query's row. */
  lse: number;
  scale: number;
  softcap: number | null;
  /** The bias is added before the soft cap, else after it. */
  biasFirst: boolean;
  /** −Infinity where masked; null where the layer has neither bias nor mask. */
  bias: Float32Array | null;
  weights: Float32Array;
  /** Share of the row that the sink takes; null where the layer has none. */
  sink: number | null;
}

/** q and k of a head of the first layer as sums of parts: word, position, segment, constants. */
export interface PartsData {
  names: readonly string[];
  /** [part, d] of one query. */
  q: Float32Array;
  /** [part, key, d] */
  k: Float32Array;
  keys: number;
}
