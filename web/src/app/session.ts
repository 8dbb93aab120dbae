// From texts to the trace on screen: live runs, debounced, the newer cancelling the older; label
// summaries after each. Knows the engine and nothing of elements. The old trace stays until the new
// one is whole.

import { CANCELLED, EngineError, type Engine, type EngineInfo, type HeadEvidence, type HeadSummary, type RunInput, type TraceEntry } from '../api/engine';
import type { Scope, ViewState } from '../base/state';
import type { Precision } from '../base/precision';
import { P } from '../base/words/precision';
import { S } from '../base/words/shell';
import { labelled, stackOf, textsOf } from '../base/trace_info';
import { Evidence } from './evidence';
import type { ModelLibrary } from './model_library';

export const TYPING_DELAY = 250;
/** Above this many tokens a text runs when it is told to, not while it is typed. */
export const LIVE_TOKENS = 128;

/** What makes two states the same run. */
export interface RunKey {
  model: string;
  precision: Precision;
  a: string;
  b: string | null;
  masked: readonly number[];
  ablations: ViewState['ablations'];
  trace: string;
  picture: string;
  generate: number;
}
const NO_RUN: RunKey = { model: '', precision: 'f32', a: '', b: null, masked: [], ablations: [], trace: '', picture: '', generate: 0 };
/** A trace by its id is whole: texts, masks, ablations and precision are its own. */
export function runKey(s: ViewState): RunKey {
  const { model, precision, picture, masked, ablations, generate } = s;
  if (s.trace) return { ...NO_RUN, trace: s.trace };
  if (picture) return { ...NO_RUN, model, precision, picture, ablations };
  return { ...NO_RUN, model, precision, a: s.textA, b: s.textB, masked, ablations, generate };
}
/** Neither a text nor anything in its place. */
function isEmpty(key: RunKey): boolean { return !key.trace && !key.picture && key.a.trim() === ''; }
export function sameRun(a: RunKey, b: RunKey): boolean { return JSON.stringify(a) === JSON.stringify(b); }

export type Status =
  | { kind: 'idle' }
  | { kind: 'waiting' }
  /** No text, or no target for a decoder: nothing to run. */
  | { kind: 'empty'; target?: boolean }
  | { kind: 'manual' }
  /** reading: the model whose weights are being read (bytes), in which precision; "" = the text runs (layers). */
  | { kind: 'running'; since: number; done: number; total: number; reading: string };

export interface Failure { code: string; message: string; details: string }

/** Not CustomEvent: the oldest Node that runs the tests has none. */
export class TraceEvent extends Event { constructor(readonly trace: TraceEntry) { super('trace'); } }
export class ProblemEvent extends Event { constructor(readonly failure: Failure) { super('problem'); } }

/** Words, punctuation marks and the template's tokens: near enough to choose between live and Run. */
export function estimateTokens(a: string, b: string | null): number {
  const pieces = (text: string): number => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0;
  return pieces(a) + 2 + (b === null ? 0 : pieces(b) + 1);
}

export class Session extends EventTarget {
  trace: TraceEntry | null = null;
  /** Of the input's stack; null while they are computed, none where the stack has no labels. */
  summaries: readonly HeadSummary[] | null = null;
  /** The same text's trace without ablations, while there are some; what effects are measured against. */
  baseline: TraceEntry | null = null;
  /** Of the corpus that the server was given, the heads of the stack on screen; null without one. */
  corpus: readonly HeadSummary[] | null = null;
  private corpusStack = '';
  private readonly found: Evidence;
  /** Of the heads that somebody looks at, by "scope name"; a new map whenever more has come. */
  get evidence(): ReadonlyMap<string, HeadEvidence> { return this.found.known; }
  /** Exact length of a text that was not run: it waits for Run, or is too long. */
  counted: { tokens: number; limit: number } | null = null;
  status: Status = { kind: 'idle' };
  failure: Failure | null = null;
  /** Key of the run that made `trace`. */
  shown: RunKey | null = null;
  private wanted: RunKey | null = null;
  private stack = '';
  /** The summaries hold pattern 5. */
  private predictive = false;
  /** Last trace without ablations: usually the baseline of the next one. */
  private plain: { key: RunKey; trace: TraceEntry } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;
  private countAbort: AbortController | null = null;
  private labelsAbort: AbortController | null = null;
  private waiting: (() => void)[] = [];
  private fetching = false;
  /** Ends a generating run with what there is. */
  private end: AbortController | null = null;
  /** The tokens of a text that waits for Run are being counted. */
  private counting = false;
  /** The picture is of a text that is still being generated. */
  growing = false;

  constructor(private readonly engine: Engine, private readonly info: () => EngineInfo | null,
              private readonly canRun: (key: RunKey) => true | string, private readonly library: Pick<ModelLibrary, 'needed' | 'load' | 'own'>,
                private readonly now: () => number = () => performance.now()) {
    super();
    this.found = new Evidence(engine, { changed: () => { this.tell(); }, failed: (error) => { this.dispatchEvent(new ProblemEvent(failureOf(error))); } });
  }

  /** The state's run, after `delay` ms; at once where the trace is already here. */
  request(key: RunKey, delay: number, live = true): void {
    if (this.wanted && sameRun(key, this.wanted) && (this.status.kind === 'running' || (this.status.kind !== 'manual' && !this.failure))) return;
    this.cancel();
    this.wanted = key;
    this.failure = null;
    this.counted = null;
    if (this.shown && sameRun(key, this.shown)) this.become({ kind: 'idle' });
    else if (isEmpty(key)) this.become({ kind: 'empty' });
    else if (this.lacksTarget(key)) this.become({ kind: 'empty', target: true });
    else if (!live && estimateTokens(key.a, key.b) > LIVE_TOKENS) {
      this.counting = true;
      this.become({ kind: 'manual' });
      this.timer = setTimeout(() => { void this.count(key); }, delay);
    } else if (delay > 0) {
      this.become({ kind: 'waiting' });
      this.timer = setTimeout(() => { void this.start(key, false); }, delay);
    } else void this.start(key, false);
  }

  /** Run now: long texts, Retry, and "Run the first 512". */
  runNow(truncate = false): void {
    const key = this.wanted;
    if (!key || isEmpty(key) || this.lacksTarget(key)) return;
    this.cancel();
    void this.start(key, truncate);
  }

  /** What was generated so far stays; another run is given up. */
  stop(): void {
    if (this.end && this.growing) {
      this.end.abort();
      return;
    }
    this.cancel();
    this.fail({ code: 'HS-STOP', message: S.stopped, details: '' });
  }

  /** predictive: pattern 5 too, which takes seconds; the summaries on screen stay until it is there. */
  reloadSummaries(predictive = false): void { if (this.trace) void this.loadSummaries(this.trace, predictive); }

  /** Labels are of one stack: the one on screen. */
  labelsOf(stack: string): void {
    if (stack === this.stack) return;
    this.stack = stack;
    if (this.trace && this.trace.stacks.length > 1) void this.loadSummaries(this.trace);
  }

  /** Where the wanted text cannot be shown: a trace that is there, so that the screen is never blank. */
  fallBack(key: RunKey, trace: TraceEntry): void {
    if (this.trace) return;
    const { failure } = this;
    this.arrive(key, trace);
    this.failure = failure;
    this.tell();
  }

  /** Evidence of heads. Where the summaries are not yet there, neither is it. */
  want(scope: Scope, heads: readonly string[], priority: 0 | 1 | 2 = 1): void {
    const { trace, predictive } = this;
    const listed = scope === 'corpus' ? this.corpus : this.summaries;
    if (!trace || !listed || listed.length === 0) return;
    this.found.want(heads, { trace, scope, listed, predictive, priority, stack: stackOf(trace, this.stack).name });
  }

  get stale(): boolean { return !this.growing && this.wanted !== null && !(this.shown !== null && sameRun(this.wanted, this.shown)); }

  busy(): boolean { return this.status.kind === 'waiting' || this.status.kind === 'running' || this.counting || this.labelsAbort !== null || this.found.busy; }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.busy()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Asks for nothing any more; what is on screen stays. */
  dispose(): void {
    this.cancel();
    this.labelsAbort?.abort();
    this.labelsAbort = null;
    this.found.stop();
    this.become({ kind: 'idle' });
  }

  /** Tokens without a run. A failure is no news: the run will tell. A text that is too long is counted all the same. */
  private async count(key: RunKey): Promise<void> {
    const abort = (this.countAbort = new AbortController());
    try {
      const answer = await this.engine.tokens({ ...key, model: this.modelOf(key) }, { signal: abort.signal, priority: 0 });
      if (this.countAbort === abort) this.counted = { tokens: answer.tokens.length, limit: answer.max_tokens };
    } catch (error) {
      if (this.countAbort === abort) this.counted = countOf(error);
    }
    if (this.countAbort !== abort) return;
    this.counting = false;
    this.tell();
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.countAbort?.abort();
    this.countAbort = null;
    this.counting = false;
    this.abort?.abort();
    this.abort = null;
    this.end = null;
    this.growing = false;
  }

  private become(status: Status): void {
    this.status = status;
    this.tell();
  }

  private tell(): void {
    this.dispatchEvent(new Event('change'));
    if (!this.busy()) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private fail(failure: Failure): void {
    this.failure = failure;
    this.become({ kind: 'idle' });
  }

  /** A trace that the server already has: no model is needed. The demo's is of its own model only. */
  private known(key: RunKey): TraceEntry | undefined {
    const info = this.info();
    const traces = info?.traces ?? [];
    if (key.trace) return traces.find((t) => t.id === key.trace);
    if (key.picture || key.masked.length > 0 || key.ablations.length > 0) return undefined;
    const open = this.library.own || (info?.models[0]?.name ?? info?.loading?.model ?? '');
    if (key.generate > 0) return undefined;
    const fits = (t: TraceEntry): boolean => (key.model === '' ? open === '' || t.source === 'file' || t.model.name === open : t.model.name === key.model);
    const precise = (t: TraceEntry): boolean => !t.computed || t.computed.precision === key.precision;
    return traces.find((t) => {
      const texts = textsOf(t);
      return fits(t) && precise(t) && texts !== null && texts.a === key.a && texts.b === key.b;
    });
  }

  private async start(key: RunKey, truncate: boolean): Promise<void> {
    const known = this.known(key);
    if (known) {
      this.arrive(key, known);
      return;
    }
    const abort = (this.abort = new AbortController());
    try {
      const trace = key.trace ? await this.fetchTrace(key.trace, abort) : await this.run(key, truncate, abort);
      if (this.abort !== abort) return;
      this.abort = null;
      this.arrive(key, trace);
    } catch (error) {
      if (this.abort !== abort) return;
      this.abort = null;
      const failure = failureOf(error);
      this.counted = countOf(error);
      if (failure.code === CANCELLED) this.become({ kind: 'idle' });
      else this.fail(failure);
    }
  }

  /** A trace that is none of the start's: the server may still hold it. */
  private async fetchTrace(id: string, abort: AbortController): Promise<TraceEntry> {
    this.running('');
    return this.engine.trace(id, { signal: abort.signal, priority: 0 });
  }

  /** On the model of the key, which is read first where another one is open. */
  private async run(key: RunKey, truncate: boolean, abort: AbortController): Promise<TraceEntry> {
    const { signal } = abort;
    const progress = (done: number, total: number): void => {
      if (this.abort === abort && this.status.kind === 'running') this.become({ ...this.status, done, total });
    };
    this.running('');
    const model = this.modelOf(key);
    if (!this.info()?.loading && model !== '' && await this.library.needed(model, key.precision)) {
      signal.throwIfAborted();
      this.running(P.modelIn(model, key.precision));
      await this.library.load(model, key.precision, { signal, priority: 0, progress });
      signal.throwIfAborted();
    }
    const able = this.canRun(key);
    if (able !== true) throw new EngineError('HS-CAP-01', able, '', '', able);
    if (this.status.kind === 'running' && this.status.reading) this.running('');
    const end = (this.end = new AbortController());
    const grown = (id: string): void => { void this.grow(id, abort); };
    return this.engine.run(this.inputOf(key, truncate), { signal, priority: 0, progress, ...(key.generate > 0 ? { end: end.signal, grown } : {}) });
  }

  /** By its name, so that no text runs on a model that another page has opened. */
  private modelOf(key: Pick<RunKey, 'model'>): string { return key.model || this.library.own; }

  private inputOf(key: RunKey, truncate: boolean): RunInput {
    const { precision, picture, a, b, masked, ablations, generate } = key;
    const model = this.modelOf(key);
    if (picture) return { model, precision, pictureOf: picture, a, b, ablations, masked, truncate };
    const texts = this.readsTarget(model) ? { a, b: null, ...(generate > 0 && !b ? {} : { target: b ?? '' }) } : { a, b };
    return { model, precision, ...texts, ablations, masked, truncate, ...(generate > 0 ? { generate } : {}) };
  }

  /** The model is an encoder–decoder: the second text is what its decoder reads. */
  readsTarget(model: string): boolean { return this.info()?.models.some((m) => (model === '' || m.name === model) && m.target === true) ?? false; }

  private lacksTarget(key: RunKey): boolean {
    return !key.trace && !key.picture && key.generate === 0 && (key.b ?? '').trim() === '' && this.readsTarget(key.model) && this.known(key) === undefined;
  }

  /** A generating run tells of a trace that holds what is there: it is shown at once. */
  private async grow(id: string, abort: AbortController): Promise<void> {
    if (this.trace?.id === id || this.fetching) return;
    this.fetching = true;
    const trace = await this.engine.trace(id, { signal: abort.signal, priority: 0 }).catch(() => null);
    this.fetching = false;
    if (!trace || this.abort !== abort || this.status.kind !== 'running') return;
    this.growing = true;
    this.trace = trace;
    this.baseline = null;
    this.dispatchEvent(new TraceEvent(trace));
    this.tell();
  }

  private running(reading: string): void { this.become({ kind: 'running', since: this.now(), done: 0, total: 0, reading }); }

  private arrive(key: RunKey, trace: TraceEntry): void {
    const from = this.trace;
    this.growing = false;
    this.end = null;
    this.shown = key;
    this.trace = trace;
    this.failure = null;
    this.status = { kind: 'idle' };
    if (key.ablations.length === 0) this.plain = { key, trace };
    this.baseline = null;
    if (from?.id !== trace.id) {
      this.dispatchEvent(new TraceEvent(trace));
      void this.loadSummaries(trace);
    }
    if (key.ablations.length > 0) void this.findBaseline(key, trace);
    this.tell();
  }

  private async findBaseline(key: RunKey, trace: TraceEntry): Promise<void> {
    const wanted: RunKey = { ...key, ablations: [], trace: '' };
    let found = this.plain && sameRun(this.plain.key, wanted) ? this.plain.trace : this.known(wanted);
    if (!found && !key.trace) {
      const abort = (this.abort ??= new AbortController());
      const { signal } = abort;
      const input = this.inputOf(wanted, trace.settings.truncated);
      // Without a baseline the effects are not shown; the picture itself needs none.
      found = await this.engine.run(input, { signal, priority: 2 }).catch(() => undefined);
      if (this.abort === abort) this.abort = null;
    }
    if (found && this.trace === trace) {
      this.baseline = found;
      this.tell();
    }
  }

  private async loadSummaries(trace: TraceEntry, predictive = trace.predictive): Promise<void> {
    this.labelsAbort?.abort();
    const stack = stackOf(trace, this.stack).name;
    if (this.corpusStack !== stack) {
      this.corpusStack = stack;
      this.corpus = null;
      this.found.forget('corpus');
    }
    if (!labelled(trace, this.stack)) {
      this.labelsAbort = null;
      this.summaries = [];
      this.found.forget('input');
      this.tell();
      return;
    }
    const abort = (this.labelsAbort = new AbortController());
    if (predictive === trace.predictive) this.summaries = null;
    // Every weight of a long text is looked at: all pictures go first.
    const priority = trace.query.tokens.length > LIVE_TOKENS * 4 ? 4 as const : 1 as const;
    const opts = { signal: abort.signal, priority };
    try {
      const summaries = await this.engine.heads(trace.id, 'input', { ...opts, predictive, stack });
      if (this.labelsAbort !== abort) return;
      this.predictive = predictive;
      this.summaries = summaries;
      this.found.forget('input');
      this.tell();
      if (this.corpus === null && this.info()?.capabilities.corpus === true) {
        const corpus = await this.engine.heads(trace.id, 'corpus', { ...opts, stack });
        if (this.labelsAbort !== abort) return;
        this.corpus = corpus;
      }
    } catch (error) {
      if (this.labelsAbort === abort) this.dispatchEvent(new ProblemEvent(failureOf(error)));
    }
    if (this.labelsAbort !== abort) return;
    this.labelsAbort = null;
    this.tell();
  }
}

/** The tokens of a text that was refused for its length; null after any other error. */
function countOf(error: unknown): Session['counted'] {
  const numbers = error instanceof EngineError && error.code === 'HS-LEN-01' ? error.numbers : null;
  return numbers && { tokens: numbers.got, limit: numbers.limit };
}

export function failureOf(error: unknown): Failure {
  const { code, message, details } = error as { code?: unknown; message?: unknown; details?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  if (typeof code === 'string') return { code, message: text, details: typeof details === 'string' ? details : '' };
  return { code: 'HS-BUG-01', message: S.bug(text), details: error instanceof Error ? error.stack ?? '' : '' };
}
