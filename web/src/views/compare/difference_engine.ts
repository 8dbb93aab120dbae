// The difference of two traces as a trace of its own: its tokens are the words that both have, its
// weights those of the right side less those of the left. A view draws it like any other trace.
//
// Words made of several tokens: to one = sum over its tokens, from one = mean over its tokens (Clark et
// al. 2019), as everywhere.

import { PLAIN_RULE } from '../../base/layer_rule';
import type { Aligned, Pair, Run } from '../../base/alignment';
import type { Quantity, SentenceFilter, SpecialMode } from '../../base/state';
import type { Tile, TileEngine, TileSpec } from '../../base/tiles';
import { sideTokens, stackOf, type Tokens, type TraceInfo } from '../../base/trace_info';
import type { AxisItem } from '../../ui/axes';
import { pool } from '../../ui/block_engine';
import { floatsToHalves } from '../../ui/half';
import { pictureAxes } from '../../ui/picture_axes';
import type { ViewEngine } from '../../ui/types';

/** Weights of a side that are looked at: whole matrices are fetched. */
export const MOST_WEIGHTS = 2 ** 20;

export interface Sides { left: TraceInfo; right: TraceInfo; stack: string; queries: Aligned; keys: Aligned }

const TEXT_OF_PAIR = 'difference';

/** The words that both sides have, with the left one's names. */
export function differenceTrace({ left, right, stack, queries, keys }: Sides): TraceInfo {
  const own = stackOf(left, stack);
  const pick = (tokens: Tokens, pairs: readonly Pair[]): Tokens => ({
    tokens: pairs.map(({ left: run }) => words(tokens.tokens, run)), ids: pairs.map(({ left: run }) => tokens.ids[run.first] ?? 0),
    special: pairs.map(({ left: run }) => tokens.special[run.first] ?? 0), words: pairs.map((_, i) => i),
    sentences: pairs.map(({ left: run }) => tokens.sentences[run.first] ?? 0),
  });
  const [q, k] = [sideTokens(left, stack, 'q'), sideTokens(left, stack, 'k')];
  const query = pick(q, queries.pairs);
  // Of two rules there is no difference: nothing is hatched, and there is no sink.
  const rules = own.rules.map(() => PLAIN_RULE);
  return { id: `${TEXT_OF_PAIR} ${left.id} ${right.id} ${own.name}`, model: left.model, stacks: [{ ...own, rules }],
    query, key: k === q ? null : pick(k, keys.pairs) };
}

function words(tokens: readonly string[], { first, end }: Run): string {
  return tokens.slice(first, end).map((t, i) => (i > 0 && t.startsWith('##') ? t.slice(2) : t)).join('');
}

/** What the difference view draws; of no model's vectors. */
export class DifferenceEngine implements ViewEngine {
  readonly trace: TraceInfo;
  /** Of each head, [queries][keys]. */
  private readonly made = new Map<string, Promise<Float64Array>>();

  /** quantity: what is subtracted. */
  constructor(private readonly engine: TileEngine, private readonly sides: Sides, private readonly quantity: Quantity = 'weight') {
    this.trace = differenceTrace(sides);
  }

  /** Why there is no difference to be had; "" where there is. */
  static problem({ left, right, stack }: Sides): string {
    const size = (t: TraceInfo): number => sideTokens(t, stack, 'q').tokens.length * sideTokens(t, stack, 'k').tokens.length;
    return Math.max(size(left), size(right)) > MOST_WEIGHTS ? 'The difference is drawn up to a million weights. Longer texts: side by side.' : '';
  }

  neuron(): Promise<never> { return Promise.reject(Object.assign(new Error('A difference has no queries and keys.'), { code: 'HS-CAP-01' })); }

  async tiles(_trace: string, specs: readonly TileSpec[], options: Parameters<TileEngine['tiles']>[2]): Promise<Tile[]> {
    return Promise.all(specs.map(async (s) => {
      const whole = await this.shown(s, options);
      const pooled = pool(whole, s);
      return s.dtype === 'f16' ? { ...pooled, data: floatsToHalves(pooled.data as Float32Array) } : pooled;
    }));
  }

  /** The asked part of the picture's rows and columns, unpooled. */
  private async shown(s: TileSpec, options: Parameters<TileEngine['tiles']>[2]): Promise<Tile> {
    const ops = s.ops;
    const axes = pictureAxes(this.trace, { stack: s.stack, attention: ops.filter as SentenceFilter, special: ops.special as SpecialMode, words: ops.words,
      marked: ops.extraSpecial });
    const [q, k] = [axes.q.slice(s.q0, s.q1), axes.k.slice(s.k0, s.k1)];
    const data = new Float32Array(q.length * k.length);
    for (const head of s.heads) {
      const values = await this.difference(head, s, axes.k, options);
      q.forEach((row, i) => { k.forEach((col, j) => {
        const at = i * k.length + j;
        data[at] = (data[at] as number) + merged(values, this.cols, row, col) / (ops.combine === 'mean' ? s.heads.length : 1);
      }); });
    }
    return { rows: q.length, cols: k.length, data };
  }

  private get cols(): number { return this.sides.keys.pairs.length; }

  /** Right less left, over the matched words; kept a head. */
  private difference(head: string, s: TileSpec, shownKeys: readonly AxisItem[], options: Parameters<TileEngine['tiles']>[2]): Promise<Float64Array> {
    const keys = s.ops.renormalise ? shownKeys : null;
    const name = `${head} ${keys ? keys.map((k) => k.first).join() : ''}`;
    let known = this.made.get(name);
    if (!known) {
      known = Promise.all([this.side('left', head, keys, options), this.side('right', head, keys, options)])
        .then(([a, b]) => b.map((v, i) => v - (a[i] as number)));
      this.made.set(name, known);
      known.catch(() => { this.made.delete(name); });
    }
    return known;
  }

  /** One side's weights between the matched words; keys: those that rows are renormalised over. */
  private async side(side: 'left' | 'right', head: string, keys: readonly AxisItem[] | null,
    options: Parameters<TileEngine['tiles']>[2]): Promise<Float64Array> {
    const trace = this.sides[side];
    const size = (of: 'q' | 'k'): number => sideTokens(trace, this.sides.stack, of).tokens.length;
    const [tile] = await this.engine.tiles(trace.id,
      [{ stack: stackOf(trace, this.sides.stack).name, heads: [head], q0: 0, q1: size('q'), k0: 0, k1: size('k'),
      outQ: 0, outK: 0, pool: 'max', dtype: 'f32', ops: { quantity: this.quantity, combine: 'separate', filter: 'all', special: 'show', renormalise: false,
        words: false, extraSpecial: [] } }], options);
    const whole = tile as Tile;
    const runs = (aligned: Aligned): AxisItem[] => aligned.pairs.map((p) => ({ ...p[side], text: '' }));
    const [q, k] = [runs(this.sides.queries), runs(this.sides.keys)];
    const out = new Float64Array(q.length * k.length);
    q.forEach((row, i) => {
      k.forEach((col, j) => { out[i * k.length + j] = merged(whole.data, whole.cols, row, col); });
      if (keys) normalise(out.subarray(i * k.length, (i + 1) * k.length), keys);
    });
    return out;
  }
}

/** Mean over the row's items of the sum over the column's. */
function merged(values: ArrayLike<number>, cols: number, row: Run, col: Run): number {
  let sum = 0;
  for (let q = row.first; q < row.end; q++) for (let k = col.first; k < col.end; k++) sum += values[q * cols + k] as number;
  return sum / Math.max(1, row.end - row.first);
}

/** A row sums to 1 over the keys that are shown. */
function normalise(row: Float64Array, keys: readonly AxisItem[]): void {
  let sum = 0;
  for (const { first, end } of keys) for (let k = first; k < end; k++) sum += row[k] as number;
  if (sum > 0) for (let k = 0; k < row.length; k++) row[k] = (row[k] as number) / sum;
}
