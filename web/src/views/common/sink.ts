// The share of each row that a sink takes, which is no key (Xiao et al. 2023; gpt-oss). Tiles leave it
// out, so it is what the plain weights of a row lack to 1.

import type { Tile, TileSpec } from '../../base/tiles';
import { isBlock, parseHead, ruleOf, sideTokens, stackOf, type TraceInfo } from '../../base/trace_info';
import type { AxisItem } from '../../ui/axes';
import type { Series } from '../../ui/identity';
import { tileOps } from '../../ui/tile_ops';
import type { TileStore } from '../../ui/tile_store';
import type { ViewSettings } from '../../ui/types';

/** The tile that the sink of one head is read from; null where rows have no sink, or are not whole rows of weights. */
export function sinkSpec(trace: TraceInfo, s: ViewSettings, series: Series): TileSpec | null {
  const [head] = series.heads;
  const layer = parseHead(head ?? '')?.layer;
  if (isBlock(trace, s.stack) || series.heads.length !== 1 || layer === undefined || s.quantity !== 'weight') return null;
  const stack = stackOf(trace, s.stack);
  if (!ruleOf(stack, layer).sinks || tileOps(s).renormalise) return null;
  const size = (side: 'q' | 'k'): number => sideTokens(trace, s.stack, side).tokens.length;
  return { stack: stack.name, heads: series.heads, q0: 0, q1: size('q'), k0: 0, k1: size('k'), outQ: 0, outK: 1, pool: 'mean', dtype: 'f32',
           ops: { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] } };
}

/** Of every row of the picture: a word's is the mean of its tokens', as its weights are. */
export function sinkShares(tile: Tile, keys: number, axis: readonly AxisItem[]): Float32Array {
  return Float32Array.from(axis, ({ first, end }) => {
    let sum = 0;
    for (let q = first; q < end; q++) sum += 1 - (tile.data[q] as number) * keys;
    return Math.max(0, sum / (end - first));
  });
}

/** The sinks of one picture's series, one entry each; null where a series has none, or its tile has not come. */
export class Sinks {
  private from: readonly unknown[] = [];
  private held: (TileSpec | null)[] = [];
  private trace = '';

  specs(trace: TraceInfo | undefined, s: ViewSettings, series: readonly Series[]): readonly (TileSpec | null)[] {
    const from = [trace, s, series.map((one) => one.name).join()];
    if (from.some((x, i) => x !== this.from[i])) {
      this.from = from;
      this.trace = trace?.id ?? '';
      this.held = trace ? series.map((one) => sinkSpec(trace, s, one)) : [];
    }
    return this.held;
  }

  shares(store: TileStore, axis: readonly AxisItem[]): (Float32Array | null)[] {
    return this.held.map((spec) => {
      const tile = spec && store.peek(this.trace, spec);
      return tile ? sinkShares(tile, spec.k1, axis) : null;
    });
  }
}
