// A whole engine without a server, for the app's own page and unit tests: a plain tokenizer, weights
// by rule (views/dev/synthetic_engine.ts), labels from the rule. No part of the app.

import {
  EngineError, type CompareRequest, type Comparison, type CorpusAnswer, type Engine, type EngineInfo, type FigureAnswer, type HeadDelta, type HeadEvidence,
  type HeadLink, type HeadSummary, type LinkRequest, type ListedModel, type ModelEntry, type NumbersAnswer, type Opts, type Prediction, type RowDetail,
  type RowRequest, type RunInput, type TokensAnswer, type TraceEntry,
} from '../../api/engine';
import { ARTICLE_FINGERPRINT } from '../../base/article';
import type { Computed } from '../../base/precision';
import { ARTICLE_A, ARTICLE_B } from '../../base/state';
import { NOT_ABLE } from '../../base/words/common';
import { briefOf } from '../../panels/common/summary';
import type { Pixels } from '../../base/patches';
import { parseHead, type Tokens } from '../../base/trace_info';
import { SyntheticEngine, syntheticTrace } from '../../views/dev/synthetic_engine';

const LABELS = ['next', 'previous', 'self', 'sep', '', 'broad'];

function pieces(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).flatMap((w) => (w === 'strawberries' ? ['straw', '##berries'] : [w]));
}

function tokenize(a: string, b: string | null): string[] {
  return ['[CLS]', ...pieces(a), '[SEP]', ...(b === null ? [] : [...pieces(b), '[SEP]'])];
}

export class FakeEngine implements Engine {
  runs = 0;
  private get limit(): number { return this.options.positions ?? 512; }
  /** Thrown by the next run. */
  failNext: EngineError | null = null;
  readonly demo: TraceEntry;
  private readonly ids = new Map<string, string>();
  private readonly traces = new Map<string, TraceEntry>();
  private readonly synthetic: SyntheticEngine;

  constructor(readonly options: { delay?: number; positions?: number; model?: boolean; layers?: number; heads?: number; corpus?: boolean;
    /** false: the model takes ids and no texts. */ tokenizer?: boolean } = {}) {
    this.demo = this.make({ model: '', a: ARTICLE_A, b: ARTICLE_B, ablations: [], masked: [], truncate: false }, 'demo');
    const { traces } = this;
    this.synthetic = new SyntheticEngine({ find: (wanted: (t: TraceEntry) => boolean) =>
      [...traces.values()].find(wanted) } as unknown as TraceEntry[], options.delay ?? 5);
  }

  private idOf(content: string): string {
    const known = this.ids.get(content) ?? `fake-${this.ids.size}`;
    this.ids.set(content, known);
    return known;
  }

  private make(input: RunInput, source: 'demo' | 'run'): TraceEntry {
    const tokens = tokenize(input.a, input.b).map((t, i) => (input.masked.includes(i) ? '[MASK]' : t)).slice(0, this.limit);
    const made = syntheticTrace(tokens.length, this.options.layers ?? 12, this.options.heads ?? 12, tokens);
    const query: Tokens = { ...made.query, text_a: input.a, text_b: input.b };
    const entry: TraceEntry = { ...made, id: this.idOf(JSON.stringify([this.openModel, this.precision, tokens, input.a, input.b, input.ablations])), query,
      model: { name: this.openModel, family: 'bert', fingerprint: this.openModel === 'other' ? '' : ARTICLE_FINGERPRINT }, source, title: '',
        computed: this.computed(source === 'demo' ? 'f32' : this.precision),
      settings: { ablations: input.ablations, masked: input.masked, truncated: input.truncate, zero_segment_ids: false },
      quantities: { weight: true, norm: true, score: true, rollout: true, flow: true }, pinned_quantities: [], vectors: true,
        predictive: source === 'demo' };
    this.traces.set(entry.id, entry);
    return entry;
  }

  private computed(precision: string): Computed {
    return { precision, path: 'avx2', error: precision === 'f32' ? null : { attention_max: 0.0131, gemm_rel_l2: 0.0024 } };
  }

  private async wait(o: { signal: AbortSignal }, ms = this.options.delay ?? 5): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    o.signal.throwIfAborted();
  }

  /** Name of the open model; load() takes "other" too. */
  openModel = 'bert-base-uncased';
  precision = 'f32';
  /** Thrown by the next load. */
  failLoad: EngineError | null = null;

  async models(o: Opts): Promise<readonly ListedModel[]> {
    await this.wait(o);
    const one = (name: string, runnable: true | string): ListedModel => ({ name, source: 'folder', kind: 'safetensors', family: 'bert',
      layers: 12, heads: 12, bytes: 440e6, runnable, open: name === this.openModel });
    return [one('bert-base-uncased', true), one('other', true), one('far', 'It is not on this machine. Run: headscope pull far')];
  }

  async load(model: string, precision: string, o: Opts): Promise<ModelEntry> {
    o.progress?.(1, 2);
    await this.wait(o);
    const failure = this.failLoad;
    this.failLoad = null;
    if (failure) throw failure;
    this.openModel = model;
    this.precision = precision;
    return this.entry(model);
  }

  private entry(name: string): ModelEntry {
    return { name, family: 'bert', fingerprint: name === 'bert-base-uncased' ? ARTICLE_FINGERPRINT : '', source: name,
      layers: this.options.layers ?? 12, heads: this.options.heads ?? 12, precision: this.precision, max_tokens: this.limit };
  }

  async info(): Promise<EngineInfo> {
    const model = this.options.model ?? true;
    const able = (what: string): true | string => (model ? true
      : `${what} needs the model; this server holds only the demo trace. Run: headscope pull bert-base-uncased`);
    return { version: '0.0.0', traces: [this.demo], problem: null, loading: null, corpus: null,
      thresholds: { next: 0.45, previous: 0.45, self: 0.25, sep: 0.6, broad: 0.79 },
      models: model ? [this.entry(this.openModel)] : [],
      capabilities: {
        run: model && this.options.tokenizer === false ? 'It has no tokenizer here.' : able('Running a text'),
        ablate: able('Ablation'), predict: able('Prediction'),
        generate: 'This model does not generate text.',
        corpus: this.options.corpus ? true : NOT_ABLE.corpus, figure: true },
      limits: { text_bytes: 1 << 20, tiles: 1024, answer_bytes: 1 << 26, csv_rows: 2e6, top: 64, file_bytes: 1 << 20 },
        cache: { traces: 1, trace_bytes: 0, tiles: 0, tile_bytes: 0, tile_limit: 0 } };
  }

  async tokens(input: Pick<RunInput, 'a' | 'b'>, o: Opts): Promise<TokensAnswer> {
    await this.wait(o);
    const { query } = this.make({ model: '', ablations: [], masked: [], truncate: false, ...input }, 'run');
    const all = tokenize(input.a, input.b);
    this.fits(all.length);
    return { ...query, tokens: all, offsets: all.map(() => null), segment_ids: all.map(() => 0), max_tokens: this.limit };
  }

  async run(input: RunInput, o: Opts): Promise<TraceEntry> {
    this.runs++;
    for (let layer = 1; layer <= 3; layer++) {
      await this.wait(o);
      o.progress?.(layer, 3);
    }
    const failure = this.failNext;
    this.failNext = null;
    if (failure) throw failure;
    if (input.precision !== undefined && input.precision !== this.precision) throw new EngineError('HS-CAP-01', `open in ${this.precision}`);
    const n = tokenize(input.a, input.b).length;
    if (input.a.trim() === '') throw new EngineError('HS-TEXT-01', 'Text A is empty');
    if (!input.truncate) this.fits(n);
    return this.make(input, 'run');
  }

  private fits(n: number): void {
    if (n <= this.limit) return;
    throw new EngineError('HS-LEN-01', '', '', '',
      `The text has ${n} tokens; bert-base-uncased has ${this.limit} positions. Nothing was run. ` +
      `Shorten it by ${n - this.limit} tokens, or choose Run the first ${this.limit} (the cut is marked in every figure).`, { got: n, limit: this.limit });
  }

  async trace(t: string): Promise<TraceEntry> {
    const entry = this.traces.get(t);
    if (!entry) throw new EngineError('HS-TRACE-01', `no trace ${t}`);
    return entry;
  }

  async open(_file: Blob, name: string, o: Opts): Promise<TraceEntry> {
    await this.wait(o);
    const entry: TraceEntry = { ...this.make({ model: '', a: `the text of ${name}`, b: null, ablations: [], masked: [], truncate: false }, 'run'),
      source: 'file', title: name };
    this.traces.set(entry.id, entry);
    return entry;
  }

  async heads(t: string, _scope: string, o: Opts): Promise<HeadSummary[]> { return (await this.whole(t, o)).map((h) => briefOf(h, 'self')); }

  async head(t: string, _scope: string, name: string, o: Opts): Promise<HeadEvidence> {
    return (await this.whole(t, o)).find((h) => `L${h.layer}H${h.head}` === name) ?? Promise.reject(new EngineError('HS-LINK-01', `no head ${name}`));
  }

  /** By the weight of the synthetic attention. */
  async link(t: string, r: LinkRequest, o: Opts): Promise<HeadLink[]> {
    await this.wait(o);
    const trace = await this.trace(t);
    const n = trace.query.tokens.length;
    const links = (await this.whole(t, o)).map(({ layer, head }): HeadLink => {
      const row = this.synthetic.row(trace, `L${layer}H${head}`, r.query);
      const weight = row[r.key] ?? 0;
      return { layer, head, weight, rank: 1 + row.filter((v) => v > weight).length, chance: 1 / n, lift: weight * n };
    });
    return links.sort((x, y) => y.weight - x.weight);
  }

  private async whole(t: string, o: Opts): Promise<HeadEvidence[]> {
    await this.wait(o);
    const trace = await this.trace(t);
    const stack = trace.stacks[0];
    return (stack?.layers ?? []).flatMap((layer, i) => Array.from({ length: stack?.heads[i] ?? 0 }, (_, head): HeadEvidence => {
      const label = LABELS[(layer * 5 + head * 3) % 6] as string;
      const value = 0.5 + ((layer * 7 + head * 3) % 10) / 21;
      const score = { value, chance: 0.1, lift: value / 0.1, z: 5, se: 0.02, queries: 14, words_only: null, uniform: 0.05 };
      return { layer, head, labels: label ? [label] : [], leaning: [], too_few: [], distance: 2, reach: 3, entropy: 1.5,
        offsets: Array.from({ length: 21 }, () => 1 / 21), attended: [], histogram: {},
        scores: label ? { [label]: score } : {},
        label_details: label ? { [label]: { confidence: 0.99, near_line: false, undecided: false, incl_itself: false, obey: 14, of: 14,
          content_share: null, examples: [], exceptions: [] } } : {} };
    }));
  }

  tiles(...args: Parameters<Engine['tiles']>): ReturnType<Engine['tiles']> { return this.synthetic.tiles(...args); }
  neuron(t: string, r: Parameters<Engine['neuron']>[1]): ReturnType<Engine['neuron']> { return this.synthetic.neuron(t, r); }

  async row(t: string, r: RowRequest, o: Opts): Promise<RowDetail> {
    await this.wait(o);
    const trace = await this.trace(t);
    const n = trace.query.tokens.length;
    const name = r.heads[0] ?? '';
    const values = r.side === 'q' ? this.synthetic.row(trace, name, r.index)
      : Float32Array.from({ length: n }, (_, i) => this.synthetic.row(trace, name, i)[r.index] ?? 0);
    const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
    const top = order.slice(0, r.top).map((at) => ({ at, index: at, token: trace.query.tokens[at] ?? '', value: values[at] as number }));
    return { values, tokens: Array.from({ length: n }, (_, i) => [i, i + 1] as const), top, total: values.reduce((a, b) => a + b, 0),
      rest: { count: n - top.length, mass: order.slice(r.top).reduce((s, at) => s + (values[at] as number), 0) } };
  }

  async predict(t: string, r: { positions: readonly number[] }, o: Opts): Promise<Prediction[]> {
    await this.wait(o);
    const { query } = await this.trace(t);
    return r.positions.map((position) => ({ position, token: query.tokens[position] ?? '', id: 1, probability: 0.6,
      predictions: ['store', 'kitchen', 'market', 'shop', 'garden'].map((token, i) => ({ token, id: i, probability: 0.42 / (i + 1) })) }));
  }

  parts(): ReturnType<Engine['parts']> { return Promise.reject(new EngineError('HS-CAP-01', 'Synthetic heads have no parts')); }

  runPicture(): Promise<TraceEntry> { return Promise.reject(new EngineError('HS-CAP-01', 'The fake model reads texts')); }

  picture(): Promise<Pixels> { return Promise.reject(new EngineError('HS-CAP-01', 'This trace has no picture')); }

  /** Token by token; the heads by the divergence of their synthetic rows. */
  async compare(left: string, r: CompareRequest, o: Opts): Promise<Comparison> {
    await this.wait(o);
    const [a, b] = await Promise.all([this.trace(left), this.trace(r.right)]);
    const sizes = [a, b].map((t) => t.query.tokens.length) as [number, number];
    const n = Math.min(...sizes);
    const rest = (size: number): [number, number][] => Array.from({ length: size - n }, (_, i) => [n + i, n + i + 1]);
    const words = { matched: Array.from({ length: n }, (_, i) => [i, i + 1, i, i + 1] as const), left_only: rest(sizes[0]), right_only: rest(sizes[1]) };
    const heads = (await this.whole(left, o)).map(({ layer, head }): HeadDelta => {
      const rows = (t: TraceEntry): number[][] => Array.from({ length: n }, (_, i) => [...this.synthetic.row(t, `L${layer}H${head}`, i)].slice(0, n));
      const [x, y] = [rows(a), rows(b)];
      const mean_abs = x.flatMap((row, i) => row.map((v, j) => Math.abs(v - (y[i]?.[j] ?? 0)))).reduce((s, v) => s + v, 0) / (n * n);
      return { stack: 'self', layer, head, js: mean_abs / 2, mean_abs, labels: { left: [], right: [] }, queries: n };
    });
    return { stack: 'self', alignment: { matched: n, left_only: sizes[0] - n, right_only: sizes[1] - n }, queries: words, keys: words, notes: [],
      heads: heads.sort((p, q) => (q.js ?? 0) - (p.js ?? 0)) };
  }

  async corpus(): Promise<CorpusAnswer> { throw new EngineError('HS-CAP-01', 'There are no corpus statistics'); }

  async figure(_t: string, state: { heads: readonly string[] }): Promise<FigureAnswer> {
    const heads = state.heads.filter((h) => parseHead(h)).join(', ');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120"><rect width="320" height="120" fill="white"/>' +
      `<text x="20" y="60">${heads}</text></svg>`;
    return { bytes: new TextEncoder().encode(svg), type: 'image/svg+xml', caption: '', description: 'A figure', warnings: [] };
  }

  async numbers(_t: string, state: { heads: readonly string[] }): Promise<NumbersAnswer> {
    return { bytes: new TextEncoder().encode('layer,head\r\n'), rows: 0, name: `headscope-${state.heads.join('-')}.csv` };
  }
}
