// Which tiles a head view needs for what is on screen, and rows out of those that have come
// (the table of ui.md §3.1: whole matrices, 256-tiles, or a window with buckets).

import type { Series } from '../../ui/identity';
import { TileStore, type Tile, type TileOps, type TileSpec } from '../../ui/tile_store';
import { bucketCount, bucketSums, splitRange, type KeyRange } from './buckets';
import type { RowData } from './edges';

export const WHOLE_MAX = 256;
const BLOCK = 256;

export interface Window { q0: number; q1: number; k0: number; k1: number }

export interface DataInput {
  trace: string;
  stack: string;
  ops: TileOps;
  rows: number;
  cols: number;
  window: Window;
  pinnedRows: readonly number[];
  /** Nothing but the pinned rows can be had: rollout and flow of long texts. */
  pinnedOnly: boolean;
}

export function buckets(cols: number): number { return bucketCount(cols); }

/** Tiles of one series. */
export function seriesSpecs(input: DataInput, series: Series): TileSpec[] {
  return rowGroups(input).flatMap(([q0, q1]) => groupSpecs(input, series, q0, q1));
}

/** Runs of rows that are asked for together. */
function rowGroups(input: DataInput): [number, number][] {
  const { rows, cols, window } = input;
  if (input.pinnedOnly) return input.pinnedRows.map((q): [number, number] => [q, q + 1]);
  if (rows <= WHOLE_MAX && cols <= WHOLE_MAX) return [[0, rows]];
  const outside = input.pinnedRows.filter((q) => q < window.q0 || q >= window.q1);
  if (buckets(cols) > 0) return [[window.q0, window.q1], ...outside.map((q): [number, number] => [q, q + 1])];
  const blocks = new Set<number>(outside.map((q) => Math.floor(q / BLOCK)));
  for (let b = Math.floor(window.q0 / BLOCK); b * BLOCK < window.q1; b++) blocks.add(b);
  return [...blocks].map((b): [number, number] => [b * BLOCK, Math.min(rows, (b + 1) * BLOCK)]);
}

function spec(input: DataInput, series: Series, part: Partial<TileSpec>): TileSpec {
  return { stack: input.stack, heads: series.heads, q0: 0, q1: 0, k0: 0, k1: 0, outQ: 0, outK: 0, pool: 'max',
           dtype: 'f32', ops: input.ops, ...part };
}

function groupSpecs(input: DataInput, series: Series, q0: number, q1: number): TileSpec[] {
  const { cols, window } = input;
  if (q1 <= q0) return [];
  const count = buckets(cols);
  if (count === 0) {
    const width = cols <= WHOLE_MAX ? cols : BLOCK;
    const specs: TileSpec[] = [];
    for (let k0 = 0; k0 < cols; k0 += width) specs.push(spec(input, series, { q0, q1, k0, k1: Math.min(cols, k0 + width) }));
    return specs;
  }
  const specs = [spec(input, series, { q0, q1, k0: window.k0, k1: window.k1 })];
  for (const [k0, k1] of [[0, window.k0], [window.k1, cols]] as const) {
    if (k1 > k0) specs.push(spec(input, series, { q0, q1, k0, k1, outQ: q1 - q0, outK: Math.min(count, k1 - k0), pool: 'mean' }));
  }
  return specs;
}

export interface BucketRanges { above: KeyRange[]; below: KeyRange[] }
export function bucketRanges(input: DataInput): BucketRanges {
  const count = buckets(input.cols);
  if (count === 0) return { above: [], below: [] };
  return { above: splitRange(0, input.window.k0, count), below: splitRange(input.window.k1, input.cols, count) };
}

/** The rows of the window, and the pinned ones, that have come. */
export function loadedRows(store: TileStore, input: DataInput, series: Series): Map<number, RowData> {
  const rows = new Map<number, RowData>();
  const ranges = bucketRanges(input);
  for (const [q0, q1] of rowGroups(input)) {
    const specs = groupSpecs(input, series, q0, q1);
    const tiles = specs.map((s) => store.peek(input.trace, s));
    if (specs.length === 0 || tiles.some((t) => t === undefined)) continue;
    for (const q of wantedRows(input, q0, q1)) rows.set(q, joinRow(input, specs, tiles as Tile[], q - q0, ranges));
  }
  return rows;
}

/** Any row, if its tiles have come: of short texts all, else those asked for. */
export function rowOfQuery(store: TileStore, input: DataInput, series: Series, q: number): RowData | null {
  const group = rowGroups(input).find(([q0, q1]) => q >= q0 && q < q1);
  if (!group) return null;
  const specs = groupSpecs(input, series, ...group);
  const tiles = specs.map((s) => store.peek(input.trace, s));
  return specs.length === 0 || tiles.includes(undefined) ? null : joinRow(input, specs, tiles as Tile[], q - group[0], bucketRanges(input));
}

/** What is on screen or pinned. */
function wantedRows(input: DataInput, q0: number, q1: number): number[] {
  const { rows, window, pinnedRows } = input;
  const shown: number[] = [];
  for (let q = Math.max(q0, window.q0); q < Math.min(q1, window.q1); q++) shown.push(q);
  for (const q of pinnedRows) if (q >= q0 && q < q1 && (q < window.q0 || q >= window.q1) && q < rows) shown.push(q);
  return shown;
}

function joinRow(input: DataInput, specs: readonly TileSpec[], tiles: readonly Tile[], at: number, ranges: BucketRanges): RowData {
  if (ranges.above.length + ranges.below.length === 0) {
    if (tiles.length === 1) return { first: (specs[0] as TileSpec).k0, values: rowOf(tiles[0] as Tile, at) };
    const values = new Float32Array(input.cols);
    tiles.forEach((tile, i) => { values.set(rowOf(tile, at), (specs[i] as TileSpec).k0); });
    return { first: 0, values };
  }
  const row: RowData = { first: input.window.k0, values: rowOf(tiles[0] as Tile, at) };
  let next = 1;
  if (ranges.above.length > 0) row.above = bucketSums(rowOf(tiles[next++] as Tile, at), ranges.above);
  if (ranges.below.length > 0) row.below = bucketSums(rowOf(tiles[next] as Tile, at), ranges.below);
  return row;
}

/** Sum of a key's column over all queries of a short text; null where only a window is known. */
export function columnSum(store: TileStore, input: DataInput, series: Series, key: number): number | null {
  if (input.rows > WHOLE_MAX || input.cols > WHOLE_MAX || input.pinnedOnly) return null;
  const [whole] = seriesSpecs(input, series);
  const tile = whole && store.peek(input.trace, whole);
  if (!tile) return null;
  let sum = 0;
  for (let q = 0; q < tile.rows; q++) sum += tile.data[q * tile.cols + key] as number;
  return sum;
}

function rowOf(tile: Tile, at: number): Float32Array {
  return (tile.data as Float32Array).subarray(at * tile.cols, (at + 1) * tile.cols);
}

/** The whole matrix of a series, max-pooled for the minimap and for the largest value. */
export function minimapSpec(input: DataInput, series: Series): TileSpec {
  return spec(input, series, { q1: input.rows, k1: input.cols, outQ: Math.min(128, input.rows), outK: Math.min(128, input.cols), dtype: 'f16' });
}
