// The largest |x| of a tile: what ink and colours are relative to where numbers are no weights.

import type { Tile } from '../base/tiles';
import { halvesToFloats } from './half';

const known = new WeakMap<Tile, number>();

/** 0 where there is no tile; masked scores (−∞) do not count. */
export function largestValue(tile: Tile | undefined): number {
  if (!tile) return 0;
  let most = known.get(tile);
  if (most === undefined) {
    most = 0;
    for (const v of tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data) if (Number.isFinite(v)) most = Math.max(most, Math.abs(v));
    known.set(tile, most);
  }
  return most;
}
