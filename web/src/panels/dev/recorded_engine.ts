// The article's pair with its recorded attention (tests/golden/analysis), for the panels' own page.

import url from '../../../../tests/golden/analysis/article-pair-attention.safetensors?url';
import { allHeads } from '../../base/heads';
import { stackOf, type HeadId, type TraceInfo } from '../../base/trace_info';
import type { Comparison, CorpusAnswer, CorpusRequest, PredictRequest, Prediction, RowDetail, RowRequest } from '../../api/engine';
import { SyntheticEngine } from '../../views/dev/synthetic_engine';
import { parseHead } from '../../ui/types';
import { tileOps } from '../../ui/tile_ops';
import { DEFAULT_SETTINGS } from '../../base/state';
import { makeAxis } from '../../ui/axes';
import type { Example, HeadEvidence } from '../common/summary';

/** Of two distributions over the same keys, nats; 0 … ln 2. */
function jensenShannon(p: Float32Array, q: Float32Array): number {
  const half = (a: number, b: number): number => (a > 0 ? 0.5 * a * Math.log((2 * a) / (a + b)) : 0);
  return p.reduce((sum, a, i) => sum + half(a, q[i] as number) + half(q[i] as number, a), 0);
}

export class RecordedEngine extends SyntheticEngine {
  private maps: Float32Array | undefined;
  private side = 0;

  /** [L, H, N, N] of the one tensor in the file. */
  async load(): Promise<void> {
    const bytes = await (await fetch(url)).arrayBuffer();
    const length = Number(new DataView(bytes).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.slice(8, 8 + length))) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
    const entry = Object.entries(header).find(([name]) => name !== '__metadata__')?.[1];
    if (!entry) return;
    this.side = entry.shape[3] ?? 0;
    this.maps = new Float32Array(bytes.slice(8 + length + entry.data_offsets[0], 8 + length + entry.data_offsets[1]));
  }

  override row(trace: TraceInfo, name: string, i: number): Float32Array {
    const id = parseHead(name);
    if (!this.maps || !id || trace.query.tokens.length !== this.side) return super.row(trace, name, i);
    const at = ((id.layer * 12 + id.head) * this.side + i) * this.side;
    return this.maps.subarray(at, at + this.side);
  }

  async row_(trace: TraceInfo, r: RowRequest): Promise<RowDetail> {
    const ops = r.ops ?? tileOps(DEFAULT_SETTINGS);
    const options = { filter: ops.filter as 'all', special: ops.special as 'show', words: ops.words, extraSpecial: new Set(ops.extraSpecial) };
    const [q, k] = [makeAxis(trace.query, 'q', options), makeAxis(trace.query, 'k', options)];
    const at = (r.side === 'q' ? q : k).findIndex((item) => item.first <= r.index && r.index < item.end);
    const range = { q0: r.side === 'q' ? at : 0, q1: r.side === 'q' ? at + 1 : q.length, k0: r.side === 'k' ? at : 0, k1: r.side === 'k' ? at + 1
      : k.length };
    const [tile] = await this.tiles(trace.id, [{ stack: r.stack, heads: r.heads, ...range, outQ: 0, outK: 0, pool: 'max', dtype: 'f32', ops }],
      { signal: new AbortController().signal });
    const values = tile?.data as Float32Array;
    const axis = r.side === 'q' ? k : q;
    const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
    const one = (i: number): RowDetail['top'][number] => ({ at: i, index: axis[i]?.first ?? 0, token: axis[i]?.text ?? '', value: values[i] as number });
    const rest = order.slice(r.top);
    const sum = (list: readonly number[]): number => list.reduce((total, i) => total + (values[i] as number), 0);
    return { values, tokens: axis.map((item) => [item.first, item.end] as const), top: order.slice(0, r.top).map(one),
      rest: { count: rest.length, mass: sum(rest) }, total: sum(order) };
  }

  /** Jensen–Shannon divergence of every head's rows, as the core defines it; of one text under two settings. */
  compare_(left: TraceInfo, right: TraceInfo, stack: string): Comparison {
    const n = left.query.tokens.length;
    const all = { matched: Array.from({ length: n }, (_, i) => [i, i + 1, i, i + 1] as const), left_only: [], right_only: [] };
    const heads = allHeads(stackOf(left, stack)).map((name) => {
      const { layer, head } = parseHead(name) as HeadId;
      const js = Array.from({ length: n }, (_, i) => jensenShannon(this.row(left, name, i), this.row(right, name, i))).reduce((a, b) => a + b, 0) / n;
      return { stack, layer, head, js, mean_abs: js, labels: { left: [], right: [] }, queries: n };
    });
    return { stack, alignment: { matched: n, left_only: 0, right_only: 0 }, queries: all, keys: all, notes: [], heads: heads.sort((a, b) => b.js - a.js) };
  }

  /** Made-up words with made-up numbers that depend on position and ablations. */
  predict_(trace: TraceInfo, r: PredictRequest, ablated: number): Prediction[] {
    const words = ['store', 'kitchen', 'market', 'beach', 'park'];
    return r.positions.map((position) => {
      const own = trace.query.tokens[position] ?? '';
      const p = (r.mask ? 0.42 : 0.97) * (1 - 0.08 * ablated - 0.01 * position * ablated);
      const list = [own, ...words.filter((w) => w !== own)].slice(0, Math.max(5, Math.min(r.top, 5)));
      return { position, token: own, id: 0, probability: p, predictions: list.map((token, id) => ({ token, id, probability: p / 3 ** id })) };
    });
  }

  /** The input's numbers under another name, with windows of the text and made-up relations. */
  corpus_(trace: TraceInfo, r: CorpusRequest, summaries: readonly HeadEvidence[]): CorpusAnswer {
    if (r.question === 'links') {
      return { question: 'links', links: { of: 'rel:nsubj', n: 310, left_out: 2, hidden: 0, heads: summaries.map(({ layer, head }, i) =>
        ({ layer, head, mean: 0.6 / (i + 1), se: 0.01, chance: 0.05, lift: 12 / (i + 1), rank: 1 + i / 8, top1: 0.8 / (i + 1), n: 310 })) } };
    }
    if (r.question !== 'head') {
      const heads = summaries.map((s) => `L${s.layer}H${s.head}`);
      return { question: 'similarity', heads, js: heads.map((_, a) => heads.map((__, b) => (a === b ? 0 : ((a * 31 + b * 17) % 97) / 140))), xy: [] };
    }
    const head = summaries.find((s) => `L${s.layer}H${s.head}` === r.head) as HeadEvidence;
    const { tokens } = trace.query;
    const widened = (e: Example): Example => ({ ...e, start: 0, tokens, row: [...this.row(trace, r.head, e.query)] });
    return { question: 'head', head: { ...head,
      label_details: Object.fromEntries(Object.entries(head.label_details).map(([name, d]) =>
        [name, { ...d, examples: d.examples.map(widened), exceptions: d.exceptions.map(widened) }])),
      grammar: ['det', 'amod', 'nsubj', 'dobj', 'poss',
        'prt'].map((relation, i) => ({ relation, direction: i % 2 ? 'head_to_dependent' : 'dependent_to_head', accuracy: 0.9 - 0.1 * i,
        baseline: 0.5 + 0.05 * i, offset: i % 2 ? -2 : 1, n: [1200, 640, 310, 88, 12, 4][i] ?? 0 })) } };
  }
}
