// Tiles of the block matrix of all stacks (base/trace_info.ts), out of the tiles of its blocks:
// encoder × encoder, decoder × encoder (cross) and decoder × decoder. Each block is asked of its own
// stack; encoder × decoder does not exist and is 0. Texts of models with stacks are short: pooled
// tiles are made here from unpooled ones.

import type { SentenceFilter, SpecialMode } from '../base/state';
import { ALL_STACKS, headsOfLayer, isBlock, keyTokens, parseHead, type StackInfo, type TraceInfo } from '../base/trace_info';
import type { Tile, TileEngine, TileSpec } from '../base/tiles';
import { floatsToHalves } from './half';
import { axisIndex, type AxisItem } from './axes';
import { pictureAxes, type PictureAxes } from './picture_axes';

const MOST_WEIGHTS = 2 ** 20;

interface Range { first: number; end: number }
interface Part { spec: TileSpec; row: number; col: number }

export class BlockEngine implements TileEngine {
  constructor(private readonly engine: TileEngine, private readonly trace: TraceInfo) {}

  async tiles(trace: string, specs: readonly TileSpec[], options: Parameters<TileEngine['tiles']>[2]): Promise<Tile[]> {
    const parts = specs.map((s) => this.parts(s));
    const tiles = await this.engine.tiles(trace, parts.flat().map((p) => p.spec), options);
    let next = 0;
    return specs.map((s, i) => {
      const rows = s.q1 - s.q0;
      const cols = s.k1 - s.k0;
      const whole: Tile = { rows, cols, data: new Float32Array(rows * cols) };
      for (const part of parts[i] ?? []) place(whole, tiles[next++] as Tile, part.row, part.col);
      const pooled = pool(whole, s);
      return s.dtype === 'f16' ? { ...pooled, data: floatsToHalves(pooled.data as Float32Array) } : pooled;
    });
  }

  /** What of a tile lies in which stack. */
  private parts(s: TileSpec): Part[] {
    if ((s.q1 - s.q0) * (s.k1 - s.k0) > MOST_WEIGHTS) {
      throw Object.assign(new Error('All stacks at once are drawn up to a million weights. Choose one stack.'), { code: 'HS-CAP-01' });
    }
    const settings = { attention: s.ops.filter as SentenceFilter, special: s.ops.special as SpecialMode, words: s.ops.words, marked: [] };
    const all = pictureAxes(this.trace, { ...settings, stack: ALL_STACKS });
    const start = keyTokens(this.trace).tokens.length;
    return this.trace.stacks.flatMap((stack): Part[] => {
      const heads = s.heads.filter((h) => { const id = parseHead(h); return id !== null && id.head < headsOfLayer(stack, id.layer); });
      if (heads.length === 0) return [];
      const axes = pictureAxes(this.trace, { ...settings, stack: stack.name });
      const q = overlap(all.q, { first: s.q0, end: s.q1 }, axes.q, stack.name === 'encoder' ? 0 : start);
      const k = overlap(all.k, { first: s.k0, end: s.k1 }, axes.k, stack.name === 'decoder' ? start : 0);
      return q && k ? [{ row: q.at, col: k.at, spec: { ...s, stack: stack.name, heads, q0: q.first, q1: q.end, k0: k.first, k1: k.end, outQ: 0,
        outK: 0, dtype: 'f32', ops: { ...s.ops, extraSpecial: [] } } }] : [];
    });
  }
}

/**
 * The run of a stack's own rows that lies in [range) of the block matrix's, and where it begins
 * there. `offset`: tokens of the other text that stand before this one's.
 */
function overlap(all: readonly AxisItem[], range: Range, own: readonly AxisItem[], offset: number): (Range & { at: number }) | null {
  let found: (Range & { at: number }) | null = null;
  for (let i = range.first; i < range.end; i++) {
    const token = (all[i]?.first ?? -1) - offset;
    const index = token < 0 ? -1 : axisIndex(own, token);
    if (index < 0 || own[index]?.first !== token) continue;
    if (!found) found = { first: index, end: index + 1, at: i - range.first };
    else if (index === found.end) found.end++;
  }
  return found;
}

function place(whole: Tile, part: Tile, row: number, col: number): void {
  for (let r = 0; r < part.rows; r++) whole.data.set(part.data.subarray(r * part.cols, (r + 1) * part.cols), (row + r) * whole.cols + col);
}

/** Run i of `out` over `size` starts at ⌊i·size/out⌋, as the core pools. */
export function pool(tile: Tile, s: TileSpec): Tile {
  const outQ = Math.min(s.outQ || tile.rows, tile.rows);
  const outK = Math.min(s.outK || tile.cols, tile.cols);
  if (outQ === tile.rows && outK === tile.cols) return tile;
  const data = new Float32Array(outQ * outK);
  const start = (i: number, size: number, out: number): number => Math.floor((i * size) / out);
  for (let r = 0; r < outQ; r++) for (let c = 0; c < outK; c++) {
    const [q0, q1, k0, k1] = [start(r, tile.rows, outQ), start(r + 1, tile.rows, outQ), start(c, tile.cols, outK), start(c + 1, tile.cols, outK)];
    let sum = 0;
    let max = -Infinity;
    for (let q = q0; q < q1; q++) for (let k = k0; k < k1; k++) {
      const v = tile.data[q * tile.cols + k] as number;
      sum += v;
      max = Math.max(max, v);
    }
    data[r * outK + c] = s.pool === 'max' ? max : sum / ((q1 - q0) * (k1 - k0));
  }
  return { rows: outQ, cols: outK, data };
}

const blocks = new WeakMap<TileEngine, { trace: TraceInfo; engine: BlockEngine }>();
/** The engine that tiles of these settings are asked of. */
export function tileEngine(engine: TileEngine, trace: TraceInfo | undefined, stack: string): TileEngine {
  if (!trace || !isBlock(trace, stack)) return engine;
  const held = blocks.get(engine);
  if (held?.trace === trace) return held.engine;
  const made = new BlockEngine(engine, trace);
  blocks.set(engine, { trace, engine: made });
  return made;
}

/** Rows and columns of the block that does not exist: encoder queries × decoder keys. */
export function absentBlock(trace: TraceInfo, axes: PictureAxes): { rows: number; firstCol: number } {
  const start = keyTokens(trace).tokens.length;
  const before = (axis: readonly AxisItem[]): number => axis.filter((item) => item.first < start).length;
  return { rows: before(axes.q), firstCol: before(axes.k) };
}

/** Which stack a row belongs to is part of its numbers: a decoder row sums to 2, its two blocks to 1 each. */
export function blockNote(stacks: readonly StackInfo[]): string {
  return stacks.some((s) => s.name === 'cross') ? 'All stacks: decoder rows hold cross- and self-attention, each summing to 1.' : 'All stacks.';
}
