// The tile of a head's thumbnail: the same for model view, pattern map and list, so that each is
// computed and fetched once.

import type { ViewSettings } from '../base/state';
import { stackOf, type TraceInfo } from '../base/trace_info';
import { tileOps } from './tile_ops';
import type { TileSpec } from './tile_store';

/** Tokens from which an exact thumbnail is work: previews come first, then a few at a time. */
export const LONG_ABOVE = 1024;

/** Texels a side of a thumbnail (ui.md §4); 0 = unpooled. */
export function thumbPixels(tokens: number, heads: number): number {
  const limit = heads <= 256 ? 64 : 32;
  return tokens <= limit ? 0 : limit;
}

/** rows, cols: of the picture's axes; heads: of the whole stack. */
export function thumbSpec(trace: TraceInfo, settings: ViewSettings, name: string, size: { rows: number; cols: number; heads: number },
  received = false): TileSpec {
  const { rows, cols, heads } = size;
  const px = thumbPixels(Math.max(rows, cols), heads);
  const base = { stack: stackOf(trace, settings.stack).name, heads: [name], q0: 0, q1: rows, k0: 0, k1: cols, pool: 'max' as const, dtype: 'f16' as const,
                 ops: { ...tileOps(settings), combine: 'separate' } };
  if (received) return { ...base, outQ: 1, outK: Math.min(64, cols), pool: 'mean' };
  return { ...base, outQ: px === 0 ? 0 : Math.min(px, rows), outK: px === 0 ? 0 : Math.min(px, cols) };
}
