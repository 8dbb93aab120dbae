// An engine for the views' own page and tests: q and k from a seeded generator, weights by softmax,
// tiles by the definitions of include/headscope/tile.h, slowly and plainly. No part of the app.

import { PLAIN_RULE } from '../../base/layer_rule';
import { isCausal } from '../../base/trace_info';
import { makeAxis, type AxisItem } from '../../ui/axes';
import { floatsToHalves } from '../../ui/half';
import { texelOf } from '../matrix/lod';
import type { Tile, TileSpec } from '../../ui/tile_store';
import { keyTokens, parseHead, type NeuronData, type TraceInfo, type ViewEngine } from '../../ui/types';

const D = 16;

export function syntheticTrace(n: number, layers = 12, heads = 12, words?: readonly string[]): TraceInfo {
  const tokens = words ? [...words] : Array.from({ length: n }, (_, i) => (i === 0 ? '[CLS]' : i === n - 1 ? '[SEP]' : `word${i % 97}`));
  const firstSep = Math.max(1, tokens.indexOf('[SEP]'));
  const special = tokens.map((t) => (t === '[CLS]' || t === '[SEP]' ? 1 : 0));
  let word = -1;
  return {
    id: `synthetic-${n}-${layers}-${heads}`, model: { name: 'synthetic' },
    stacks: [{ name: 'self', layers: Array.from({ length: layers }, (_, i) => i), heads: Array.from({ length: layers }, () => heads),
      kv_heads: Array.from({ length: layers }, () => heads), rules: Array.from({ length: layers }, () => PLAIN_RULE) }],
    query: { tokens, ids: tokens.map((_, i) => 1000 + i), special,
      words: tokens.map((t, i) => (special[i] ? null : t.startsWith('##') ? word : ++word)),
      sentences: tokens.map((_, i) => (i > firstSep ? 1 : 0)) },
    key: null,
  };
}

/** Score of a pair: mixtures of next, previous, self, delimiter and noise that depend on the head. */
function score(trace: TraceInfo, layer: number, head: number, i: number, j: number): number {
  const kind = (layer * 5 + head * 3) % 6;
  const d = j - i;
  const noise = (Math.imul(i * 73856093 ^ j * 19349663 ^ (layer * 131 + head) * 83492791, 2654435761) >>> 16) / 65536;
  const special = keyTokens(trace).special[j] ? 1 : 0;
  const base = [d === 1 ? 7 : 0, d === -1 ? 7 : 0, d === 0 ? 6 : 0, special * 6, 0, -Math.abs(d) / 3][kind] as number;
  return base + 2 * noise;
}

export class SyntheticEngine implements ViewEngine {
  constructor(private readonly traces: readonly TraceInfo[], private readonly delay = 5, private readonly keep = 20000) {}
  private readonly cache = new Map<string, Float32Array>();

  private trace(id: string): TraceInfo { return this.traces.find((t) => t.id === id) as TraceInfo; }

  row(trace: TraceInfo, name: string, i: number): Float32Array {
    const key = `${trace.id} ${name} ${i}`;
    const known = this.cache.get(key);
    if (known) return known;
    const { layer, head } = parseHead(name) as { layer: number; head: number };
    const n = keyTokens(trace).tokens.length;
    const causal = trace.stacks[0] !== undefined && isCausal(trace.stacks[0]);
    const row = Float32Array.from({ length: n }, (_, j) => (causal && j > i ? 0 : Math.exp(score(trace, layer, head, i, j))));
    const sum = row.reduce((a, b) => a + b, 0);
    for (let j = 0; j < n; j++) row[j] = (row[j] as number) / sum;
    if (this.cache.size < this.keep) this.cache.set(key, row);
    return row;
  }

  /** One value after operations, by its definition. */
  private shownRow(trace: TraceInfo, spec: TileSpec, item: AxisItem, cols: readonly AxisItem[]): Float64Array {
    const out = new Float64Array(cols.length);
    spec.heads.forEach((name, h) => {
      for (let i = item.first; i < item.end; i++) {
        const row = this.row(trace, name, i);
        cols.forEach((col, c) => {
          let v = 0;
          for (let j = col.first; j < col.end; j++) v += (row[j] as number) / (item.end - item.first);
          const old = out[c] as number;
          out[c] = spec.ops.combine === 'max' && h > 0 ? Math.max(old, v) : old + (spec.ops.combine === 'mean' ? v / spec.heads.length : v);
        });
      }
    });
    if (spec.ops.renormalise) {
      const sum = out.reduce((a, b) => a + b, 0);
      if (sum > 0) for (let c = 0; c < out.length; c++) out[c] = (out[c] as number) / sum;
    }
    return out;
  }

  async tiles(id: string, specs: readonly TileSpec[], options: { signal: AbortSignal }): Promise<Tile[]> {
    await new Promise((r) => setTimeout(r, this.delay));
    options.signal.throwIfAborted();
    const trace = this.trace(id);
    return specs.map((s) => {
      const axis = { filter: s.ops.filter as 'all', special: s.ops.special as 'show', words: s.ops.words, extraSpecial: new Set(s.ops.extraSpecial) };
      const all = makeAxis(trace.query, 'q', axis).slice(s.q0, s.q1);
      const rows = s.preview ? Array.from({ length: Math.min(s.preview, all.length) }, (_, i) =>
        all[Math.floor(((i + 0.5) * all.length) / Math.min(s.preview ?? 1, all.length))] as AxisItem) : all;
      const cols = makeAxis(keyTokens(trace), 'k', axis);
      const outQ = Math.min(s.outQ || rows.length, rows.length);
      const outK = s.outK || s.k1 - s.k0;
      const sum = new Float64Array(outQ * outK);
      const count = new Float64Array(outQ * outK);
      const max = new Float64Array(outQ * outK).fill(-Infinity);
      // Long inputs: every pixel looks at a few rows only; this is a stand-in, not the core.
      const stride = rows.length > 1024 && s.outQ && s.outQ < rows.length ? Math.max(1, Math.floor(rows.length / 128)) : 1;
      for (let r = 0; r < rows.length; r += stride) {
        const row = this.shownRow(trace, s, rows[r] as AxisItem, cols);
        const at = Math.min(outQ - 1, Math.floor(((r + 0.5) * outQ) / rows.length));
        for (let c = s.k0; c < s.k1; c++) {
          const cell = at * outK + texelOf(s.k0, s.k1, outK, c).texel;
          sum[cell] = (sum[cell] as number) + (row[c] as number);
          count[cell] = (count[cell] as number) + 1;
          max[cell] = Math.max(max[cell] as number, row[c] as number);
        }
      }
      const values = Float32Array.from(sum, (v, i) => (s.pool === 'max' ? (max[i] as number) : v / (count[i] as number)));
      return { rows: outQ, cols: outK, data: s.dtype === 'f16' ? floatsToHalves(values) : values };
    });
  }

  async neuron(id: string, request: { head: string; query: number }): Promise<NeuronData> {
    await new Promise((r) => setTimeout(r, this.delay));
    const n = keyTokens(this.trace(id)).tokens.length;
    const { head } = parseHead(request.head) as { head: number };
    const value = (a: number, b: number): number => Math.sin(a * 12.9898 + b * 78.233 + head) * 1.5;
    const q = Float32Array.from({ length: D }, (_, d) => value(request.query, d));
    const k = Float32Array.from({ length: n * D }, (_, at) => value(Math.floor(at / D) + 0.3, at % D));
    const scores = Array.from({ length: n }, (_, j) => q.reduce((s, x, d) => s + x * (k[j * D + d] as number), 0) / Math.sqrt(D));
    const lse = Math.log(scores.reduce((s, x) => s + Math.exp(x), 0));
    return { dim: D, q, k, lse, scale: 1 / Math.sqrt(D), softcap: null, biasFirst: true, bias: null, sink: null,
      weights: Float32Array.from(scores, (x) => Math.exp(x - lse)) };
  }
}
