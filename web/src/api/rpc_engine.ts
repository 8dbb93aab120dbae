// RpcEngine: the Engine over any transport. Adds the limit of four requests in flight, cancellation, the
// watch over a silent server, progress and the revival of lost traces; what a method asks and answers
// is docs/wire.md, one function each.

import { readableToken } from '../base/byte_tokens';
import { toLink } from '../base/link';
import type { Scope, ViewState } from '../base/state';
import type { Pixels } from '../base/patches';
import type { NeuronData, PartsData, Priority, Tile, TileSpec } from '../base/tiles';
import { generatedTokens, textsOf } from '../base/trace_info';
import {
  CANCELLED, EngineError, type CompareRequest, type Comparison, type CorpusAnswer, type CorpusRequest, type Engine, type EngineInfo,
    type FigureAnswer, type FigureFormat, type FigureOpts, type HeadEvidence,
  type HeadLink, type HeadsOpts, type HeadSummary, type LinkRequest, type ListedModel, type ModelEntry, type NeuronRequest, type NumbersAnswer,
  type NumbersChoice, type NumbersFormat, type Opts, type PredictRequest, type Prediction, type RowDetail, type RowRequest, type RunInput, type TokensAnswer,
  type TraceEntry, type TraceId,
} from './engine';
import { modelRead } from './model_read';
import { RequestQueue } from './request_queue';
import { Revival } from './revival';
import type { Tensor } from './safetensors';
import type { SendOptions, Transport } from './transport';
import { watch } from './watch';
import { traceOf } from './trace_json';
import { bug, readAnswer, requestText, type Json, type WireAnswer } from './wire';

const MAX_IN_FLIGHT = 4;
const BUSY = 'HS-BUSY-01';
const BUSY_TRIES = 4;
const TRACE_GONE = 'HS-TRACE-01';

type Call = Pick<Opts, 'signal'> & Partial<Opts>;
/** Of work that nobody asked for by itself, and nobody cancels. */
const UNASKED: Opts = { signal: new AbortController().signal, priority: 0 };

/** `rule` of a trace file: the bias comes before the soft cap (BiasOrder in include/headscope/score_rule.h). */
const BIAS_FIRST = 2;

const FIGURE_TYPES: Readonly<Record<FigureFormat, string>> = { svg: 'image/svg+xml', pdf: 'application/pdf', png: 'image/png' };

function fromBase64(text: string): Uint8Array { return Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); }

export class RpcEngine implements Engine {
  private readonly queue = new RequestQueue(MAX_IN_FLIGHT);
  private readonly client = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, '0')).join('');
  private nextId = 1;
  private epoch = 0;
  private lastSeen: Date | null = null;
  private cancelling: number[] = [];
  private readonly sent = new Set<number>();
  private readonly revival = new Revival();
  /** Traces whose tokens are of byte letters. */
  private readonly byteTokens = new Set<TraceId>();

  constructor(private readonly transport: Transport, private readonly now: () => Date = () => new Date()) {}

  async info(): Promise<EngineInfo> {
    const { json } = await this.post('info', {}, this.nextId++, 0, this.patience());
    const info = json as unknown as EngineInfo;
    return { ...info, traces: info.traces.map((trace) => this.traceOf(trace)) };
  }

  async models(o: Opts): Promise<readonly ListedModel[]> { return field<ListedModel[]>(await this.ask('models', {}, o), 'models'); }

  async load(model: string, precision: string, o: Opts): Promise<ModelEntry> {
    return field<ModelEntry>(await this.ask('load', { model, precision }, o), 'model');
  }

  async tokens(input: Pick<RunInput, 'model' | 'a' | 'b'>, o: Opts): Promise<TokensAnswer> {
    return (await this.ask('tokens', { model: input.model, a: input.a, b: input.b }, o)).json as unknown as TokensAnswer;
  }

  async run(input: RunInput, o: Opts): Promise<TraceEntry> {
    this.epoch++;
    return this.make(input, o);
  }

  /** In the epoch of the last run: a trace that is made again takes no run's place. */
  private async make(input: RunInput, o: Opts): Promise<TraceEntry> {
    const { model, precision, pictureOf, a, b, target, generate, ablations, masked, truncate } = input;
    const read = pictureOf === undefined ? { a, b, ...(target === undefined ? {} : { target }) } : { picture_of: pictureOf };
    return this.entry(await this.ask('run', { model, ...(precision === undefined ? {} : { precision }), ...read, ablations, masked, truncate,
      zero_segment_ids: input.zero_segment_ids ?? false, ...(generate ? { generate } : {}) }, o), input);
  }

  async runPicture(model: string, file: Blob, name: string, o: Opts): Promise<TraceEntry> {
    this.epoch++;
    return this.makeOfPicture(model, file, name, o);
  }

  private async makeOfPicture(model: string, file: Blob, name: string, o: Opts): Promise<TraceEntry> {
    const entry = this.traceOf(field(await this.ask('run', { model, picture: name }, o, file), 'trace'));
    this.revival.remember(entry.id, () => this.makeOfPicture(model, file, name, UNASKED));
    return entry;
  }

  async trace(t: TraceId, o: Opts): Promise<TraceEntry> { return this.entry(await this.ask('trace', { trace: t }, o)); }

  async open(file: Blob, name: string, o: Opts): Promise<TraceEntry> {
    const entry = this.traceOf(field(await this.ask('open', { name }, o, file), 'trace'));
    this.revival.remember(entry.id, () => this.open(file, name, UNASKED));
    return entry;
  }

  /** A trace as the wire has it: for what asks the wire itself. */
  readTrace(json: unknown): TraceEntry { return this.traceOf(json); }

  /** made: what it was run on; without it, what it says of that itself. */
  private entry(answer: WireAnswer, made?: RunInput): TraceEntry {
    const entry = this.traceOf(field(answer, 'trace'));
    const { notes } = (answer.json as { generated?: { notes?: readonly string[] } }).generated ?? {};
    if (notes) entry.generationNotes = notes;
    const input = made?.pictureOf === undefined ? inputOf(entry) : made;
    if (input) {
      this.revival.remember(entry.id, async () => {
        await modelRead(this, { signal: UNASKED.signal, poll: this.transport.liveness?.poll });
        return this.make(input, UNASKED);
      });
    }
    return entry;
  }

  async heads(t: TraceId, scope: Scope, o: HeadsOpts): Promise<readonly HeadSummary[]> {
    return field<HeadSummary[]>(await this.ask('heads', { trace: t, scope, stack: o.stack ?? '', predictive: o.predictive ?? false }, o), 'heads');
  }

  async head(t: TraceId, scope: Scope, name: string, o: HeadsOpts): Promise<HeadEvidence> {
    const { stack = '', predictive = false } = o;
    const evidence = field<HeadEvidence>(await this.ask('head', { trace: t, scope, stack, head: name, predictive }, o), 'head');
    return this.byteTokens.has(t) ? readNames(evidence) : evidence;
  }

  async link(t: TraceId, r: LinkRequest, o: Opts): Promise<readonly HeadLink[]> {
    return field<HeadLink[]>(await this.ask('link', { trace: t, ...r }, o), 'heads');
  }

  async tiles(t: TraceId, specs: readonly TileSpec[], o: { signal: AbortSignal; priority: Priority }): Promise<Tile[]> {
    const { tensors } = await this.ask('tiles', { trace: t, tiles: specs }, o);
    return specs.map((_, i) => {
      const tensor = need(tensors, String(i));
      const [rows = 0, cols = 0] = tensor.shape;
      if (tensor.data instanceof Uint8Array) throw bug('a tile of bytes');
      return { rows, cols, data: tensor.data };
    });
  }

  async row(t: TraceId, r: RowRequest, o: Opts): Promise<RowDetail> {
    const { stack, heads, side, index, top, ops } = r;
    const { json, tensors } = await this.ask('row', { trace: t, stack, heads, side, index, top, ...(ops ? { ops } : {}) }, o);
    const detail = json as unknown as Omit<RowDetail, 'values'>;
    // A masked key has no score: JSON says null, and it is none of the heaviest.
    const heaviest = detail.top.filter((one) => (one.value as number | null) !== null).map((one) => ({ ...one, token: this.readToken(t, one.token) }));
    return { ...detail, top: heaviest, values: floats(need(tensors, 'values')) };
  }

  async neuron(t: TraceId, r: NeuronRequest, o: Call): Promise<NeuronData> {
    const { json, tensors } = await this.ask('neuron', { trace: t, stack: r.stack, head: r.head, query: r.query, rotated: r.rotated }, o);
    const { dim, logsumexp, scale, softcap, rule, sink } = json as { dim: number; logsumexp: number; scale: number; softcap: number | null; rule: number;
      sink: number | null };
    const bias = tensors.get('bias');
    return { dim, q: floats(need(tensors, 'query')), k: floats(need(tensors, 'key')), lse: logsumexp, scale, softcap, biasFirst: rule === BIAS_FIRST,
             bias: bias ? floats(bias) : null, weights: floats(need(tensors, 'weights')), sink };
  }

  async parts(t: TraceId, r: Omit<NeuronRequest, 'rotated'>, o: Call): Promise<PartsData> {
    const { json, tensors } = await this.ask('parts', { trace: t, stack: r.stack, head: r.head, query: r.query }, o);
    const key = need(tensors, 'key');
    return { names: json.parts as string[], q: floats(need(tensors, 'query')), k: floats(key), keys: key.shape[1] ?? 0 };
  }

  async predict(t: TraceId, r: PredictRequest, o: Opts): Promise<readonly Prediction[]> {
    const { positions, top, mask, ablations } = r;
    const answer = await this.ask('predict', { trace: t, positions, top, mask, ...(ablations ? { ablations } : {}) }, o);
    const next = answer.json.next as readonly Pick<Prediction, 'position' | 'token' | 'predictions'>[] | null | undefined;
    const read = <P extends Pick<Prediction, 'token' | 'predictions'>>(p: P): P =>
      ({ ...p, token: this.readToken(t, p.token), predictions: p.predictions.map((x) => ({ ...x, token: this.readToken(t, x.token) })) });
    if (next) return next.map((n) => ({ ...read(n), next: true, id: -1, probability: NaN }));
    return field<Prediction[]>(answer, 'predictions').map(read);
  }

  async picture(t: TraceId, o: Call): Promise<Pixels> {
    const { shape, data } = need((await this.ask('picture', { trace: t }, o)).tensors, 'picture');
    const [height = 0, width = 0, channels] = shape;
    if (!(data instanceof Uint8Array) || channels !== 3) throw bug('a picture that is not red, green and blue');
    return { width, height, rgb: data };
  }

  async compare(left: TraceId, r: CompareRequest, o: Opts): Promise<Comparison> {
    const { json } = await this.ask('compare', { left, right: r.right, stack: r.stack, ...(r.labels === undefined ? {} : { labels: r.labels }),
      ...(r.queries === undefined ? {} : { queries: r.queries }) }, o);
    return json as unknown as Comparison;
  }

  async corpus(r: CorpusRequest, o: Opts): Promise<CorpusAnswer> {
    const { json } = await this.ask('corpus', { ...r }, o);
    // The corpus is one of the open model's: its tokens are like those of the traces.
    if (r.question !== 'similarity') return (this.byteTokens.size > 0 ? readNames(json) : json) as unknown as CorpusAnswer;
    return { question: 'similarity', ...(json.similarity as object) } as CorpusAnswer;
  }

  async figure(t: TraceId, state: ViewState, format: FigureFormat, o: FigureOpts): Promise<FigureAnswer> {
    const { width_mm, title, note, output, right } = o;
    // The trace holds what was switched off; the picture's options do not repeat it.
    const link = toLink({ ...state, ablations: [] }, t);
    const { json } = await this.ask('figure', { trace: t, ...(right ? { right } : {}), state: link, format, width_mm, title, note, output }, o);
    const { caption, description, warnings } = json as { caption: string; description: string; warnings: string[] };
    const file = (json as Record<FigureFormat, string>)[format];
    return { bytes: format === 'svg' ? new TextEncoder().encode(file) : fromBase64(file), type: FIGURE_TYPES[format], caption, description, warnings };
  }

  async numbers(t: TraceId, state: ViewState, choice: NumbersChoice, format: NumbersFormat, o: Opts): Promise<NumbersAnswer> {
    const { json } = await this.ask('numbers', { trace: t, state: toLink(state, t), choice, format }, o);
    const { rows, name } = json as { rows: number; name: string };
    const file = (json as Record<NumbersFormat, string>)[format];
    return { bytes: format === 'csv' ? new TextEncoder().encode(file) : fromBase64(file), rows, name };
  }

  /** For pagehide: nothing of this page keeps the server busy. */
  cancelAll(): void {
    if (this.sent.size > 0) this.cancel([...this.sent]);
  }

  private traceOf(json: unknown): TraceEntry {
    const entry = traceOf(json);
    if (entry.query.raw ?? entry.key?.raw) this.byteTokens.add(entry.id);
    return entry;
  }

  /** A token that the wire names beside a trace. */
  private readToken(trace: TraceId, token: string): string { return this.byteTokens.has(trace) ? readableToken(token, true) : token; }

  private async ask(method: string, fields: Json, o: Call, file?: Blob): Promise<WireAnswer> {
    const priority = o.priority ?? 1;
    const once = (): Promise<WireAnswer> => this.queue.run(priority, o.signal, () => this.watched(method, fields, priority, o, file));
    try {
      return await once().catch(async (error: unknown) => {
        if (!(error instanceof EngineError && error.code === TRACE_GONE && (await this.revived([fields.trace, fields.right, fields.picture_of])))) throw error;
        return once();
      });
    } catch (error) {
      if (o.signal.aborted && !(error instanceof EngineError)) throw new EngineError(CANCELLED, 'cancelled');
      throw error;
    }
  }

  /** Waits without a place in the queue, which the run needs. */
  private async revived(traces: readonly unknown[]): Promise<boolean> {
    try {
      // Which of two is gone the error does not say: both are made again.
      const again = [];
      for (const trace of traces) if (typeof trace === 'string') again.push(await this.revival.again(trace));
      return again.includes(true);
    } catch (error) {
      // Why it is not there says more than that it is not there.
      if (error instanceof EngineError && (error.code === CANCELLED || error.code === 'HS-NET-01')) throw error;
      return false;
    }
  }

  /** One request, its cancellation, and an eye on whether the server still lives. */
  private async watched(method: string, fields: Json, priority: Priority, o: Call, file?: Blob): Promise<WireAnswer> {
    for (let attempt = 1; ; attempt++) {
      const id = this.nextId++;
      const abort = new AbortController();
      const give = (): void => {
        abort.abort();
        this.cancelLater(id);
      };
      // Its turn may come in the moment that it is given up.
      o.signal.throwIfAborted();
      o.signal.addEventListener('abort', give, { once: true });
      const end = (): void => { this.cancelLater(id); };
      o.end?.addEventListener('abort', end, { once: true });
      const stop = this.watch(id, abort, o);
      this.sent.add(id);
      try {
        return await this.post(method, fields, id, priority, abort.signal, file ? { file, ...(o.progress ? { sent: o.progress } : {}) } : {});
      } catch (error) {
        if (!(error instanceof EngineError && error.code === BUSY && attempt < BUSY_TRIES)) throw error;
      } finally {
        this.sent.delete(id);
        stop();
        o.end?.removeEventListener('abort', end);
        o.signal.removeEventListener('abort', give);
      }
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
      o.signal.throwIfAborted();
    }
  }

  private watch(id: number, abort: AbortController, { progress, grown }: Pick<Opts, 'progress' | 'grown'>): () => void {
    const { liveness } = this.transport;
    if (!liveness) return () => undefined;
    return watch(liveness, {
      eager: progress !== undefined,
      lost: () => { abort.abort(liveness.lost(this.lastSeen)); },
      probe: async () => {
        const { json } = await this.post('progress', { ids: [id] }, this.nextId++, 0, this.patience());
        const [one] = json.progress as { state: string; done: number; total: number; trace?: string }[];
        if (one?.state === 'running') progress?.(one.done, one.total);
        if (one?.trace) grown?.(one.trace);
      },
    });
  }

  /** Of questions that are answered at once, or never. */
  private patience(): AbortSignal {
    const { liveness } = this.transport;
    return liveness ? AbortSignal.timeout(liveness.silence) : UNASKED.signal;
  }

  private cancelLater(id: number): void {
    this.cancelling.push(id);
    if (this.cancelling.length > 1) return;
    queueMicrotask(() => { this.cancel(this.cancelling.splice(0)); });
  }

  private cancel(ids: readonly number[]): void {
    for (let at = 0; at < ids.length; at += 512) {
      // Nobody waits for it: where it does not arrive, the work ends by itself.
      this.post('cancel', { ids: ids.slice(at, at + 512) }, this.nextId++, 0, this.patience(), { last: true }).catch(() => undefined);
    }
  }

  private async post(method: string, fields: Json, id: number, priority: number, signal: AbortSignal,
                     options: Pick<SendOptions, 'file' | 'last' | 'sent'> = {}): Promise<WireAnswer> {
    const { transport } = this;
    try {
      const answer = await transport.send(method, requestText({ client: this.client, id, epoch: this.epoch, priority }, fields), { signal, ...options });
      this.lastSeen = this.now();
      return readAnswer(answer);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      if (signal.aborted && signal.reason instanceof EngineError) throw signal.reason;
      if (signal.aborted && (signal.reason as Error | undefined)?.name !== 'TimeoutError') throw error;
      throw transport.liveness?.lost(this.lastSeen) ?? bug(`no answer (${String((error as Error).message)})`);
    }
  }
}

/** Fields that hold tokens, wherever they stand in an answer. */
const TOKEN_FIELDS = new Set(['token', 'tokens', 'query_token', 'key_token']);

/** An answer whose tokens of byte letters are read. */
function readNames<T>(json: T): T {
  const read = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return TOKEN_FIELDS.has(name) ? readableToken(value, true) : value;
    if (Array.isArray(value)) return value.map((one) => read(one, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, read(one, key)]));
  };
  return read(json, '') as T;
}

/** What makes the trace again; undefined where it was no run of a text. */
function inputOf(entry: TraceEntry): RunInput | undefined {
  const { source, model, settings } = entry;
  const texts = textsOf(entry);
  if (source !== 'run' || texts === null || entry.picture) return undefined;
  const generate = generatedTokens(entry);
  const { ablations, masked, truncated, zero_segment_ids } = settings;
  const both = entry.key ? { a: texts.a, b: null, target: texts.b ?? '' } : texts;
  const precision = entry.computed?.precision;
  return { model: model.name, ...(precision ? { precision } : {}), ...both,
    ablations, masked, truncate: truncated, zero_segment_ids, ...(generate > 0 ? { generate } : {}) };
}

function field<T>(answer: WireAnswer, name: string): T {
  const value = answer.json[name];
  if (value === undefined) throw bug(`an answer without ${name}`);
  return value as T;
}

function need(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw bug(`an answer without the array ${name}`);
  return tensor;
}

function floats(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw bug('an array of another type');
  return tensor.data;
}
