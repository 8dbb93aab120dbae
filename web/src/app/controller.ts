// The app without its elements: state and its history, the session, notices. Elements read it and
// send it commands; it tells them when to look again.

import { CANCELLED, EngineError, type Engine, type EngineInfo, type FigureAnswer, type NumbersAnswer, type NumbersChoice, type Opts, type TraceEntry } from '../api/engine';
import { carry } from '../base/carry';
import { findCommand, runCommand } from '../base/commands';
import { patched } from '../base/commands/build';
import { fitTo, type Fitted } from '../base/fit';
import { shapeText } from '../base/heads';
import { History } from '../base/history';
import type { LinkProblem } from '../base/link';
import { CommandError, DEFAULT_STATE, type Capability, type CommandArgs, type Facts, type LabelFact, type ViewState } from '../base/state';
import { S } from '../base/strings';
import { isCausal, sideTokens, stackOf } from '../base/trace_info';
import { ARTICLE } from '../base/article';
import { comparable, sharedDivergences } from '../panels/common/divergence';
import { labelFacts } from '../panels/common/wording';
import { bestHeads, isArticleModel } from '../panels/map/article_strip';
import { effectiveTopk } from '../ui/types';
import { Notices } from './notices';
import { failureOf, runKey, sameRun, Session, TYPING_DELAY, type Failure, type ProblemEvent, type TraceEvent } from './session';

const LOADING_POLL = 300;
/** Selected heads whose evidence is asked for unasked. */
const INSPECTED = 6;
const NOT_ABLE = 'HS-CAP-01';
/** What a file may be refused with. */
export const FILE_PROBLEMS: readonly string[] = ['HS-FILE-01', 'HS-FILE-02', 'HS-LIMIT-01'];

export interface Linked { state: ViewState; problems: readonly LinkProblem[] }

export class Controller extends EventTarget {
  readonly history = new History(DEFAULT_STATE);
  readonly notices = new Notices();
  readonly session: Session;
  info: EngineInfo | null = null;
  /** Trace files that this page sent, beside those that the server was started with. */
  opened: readonly TraceEntry[] = [];
  /** Errors that stand in the view: of tiles, summaries and the unexpected. */
  problems: readonly Failure[] = [];
  labels: ReadonlyMap<string, LabelFact> = new Map();
  /** Counts undo steps: the address makes one entry of each. */
  step = 0;
  /** Last thing said to screen readers. */
  spoken = '';
  readonly errorLog: { code: string; message: string }[] = [];
  private labelled: { summaries: unknown; evidence: unknown } | undefined;
  private carryFrom: TraceEntry | null = null;
  private fromLink = false;
  private linked: Linked | null = null;

  constructor(readonly engine: Engine) {
    super();
    this.session = new Session(engine, () => this.info, () => this.can('run'));
    this.session.addEventListener('change', () => { this.sessionChanged(); });
    this.session.addEventListener('trace', (e) => { this.traceArrived((e as TraceEvent).trace); });
    this.session.addEventListener('problem', (e) => { this.problem((e as ProblemEvent).failure); });
  }

  get state(): ViewState { return this.history.state; }
  get trace(): TraceEntry | null { return this.session.trace; }
  /** The state as the trace on screen can show it: the two belong together. */
  get drawn(): ViewState {
    const { trace, state } = this;
    if (!trace) return state;
    // Once for both: every redraw asks, and views compare settings by identity.
    if (this.fitted?.trace !== trace || this.fitted.of !== state) this.fitted = { trace, of: state, state: fitTo(trace, state).state };
    return this.fitted.state;
  }
  /** … with the texts, masks and ablations that the picture was made from: what a caption or a command may name. */
  get pictured(): ViewState {
    const { drawn } = this;
    const { shown, stale } = this.session;
    if (!shown || !stale || shown.trace) return drawn;
    return patched(drawn, { model: shown.model, textA: shown.a, textB: shown.b, masked: shown.masked, ablations: shown.ablations });
  }
  /** What is looked at: the present, or the state before while it is held. */
  get onScreen(): { trace: TraceEntry | null; state: ViewState } {
    const { before, trace } = this;
    if (!this.held || !before || !trace) return { trace, state: this.drawn };
    const { pins, marked, selection } = before.state;
    this.past ??= fitTo(before.trace, { ...this.state, pins, marked, selection }).state;
    return { trace: before.trace, state: this.past };
  }
  /** The last trace but one, as it was shown. */
  before: { trace: TraceEntry; state: ViewState } | null = null;
  held = false;
  /** How far each head's attention moved since then, nats; or why nobody can say. null: being measured. */
  moved: ReadonlyMap<string, number> | string | null = null;
  private past: ViewState | null = null;
  private current: { trace: TraceEntry; state: ViewState } | null = null;

  /** Holds the state before on the screen, or lets it go. */
  hold(on: boolean): void {
    if (on === this.held || (on && !this.before)) return;
    this.held = on;
    this.past = null;
    this.moved = null;
    if (on) this.measureMoved();
    this.tell();
  }

  private measureMoved(): void {
    const { trace, before } = this;
    if (!trace || !before) return;
    const able = comparable(trace, before.trace);
    if (able !== true) {
      this.moved = able;
      return;
    }
    const done = (moved: ReadonlyMap<string, number> | string): void => { if (this.held && this.before === before) { this.moved = moved; this.tell(); } };
    sharedDivergences(this.engine, trace, before.trace, this.drawn).then(done, (error: unknown) => { done(failureOf(error).message); });
  }

  private fitted: { trace: TraceEntry; of: ViewState; state: ViewState } | undefined;
  /** Summaries of the scope that is chosen. */
  get scoped(): Session['summaries'] { return this.state.scope === 'corpus' && this.session.corpus ? this.session.corpus : this.session.summaries; }

  /** Asks the server what it has, then opens the state of the link, or the first trace. */
  start(linked: Linked | null): Promise<void> { return (this.ready = this.begin(linked)); }
  /** Resolves when the first state is in place. */
  ready: Promise<void> = Promise.resolve();

  private async begin(linked: Linked | null): Promise<void> {
    this.linked = linked;
    try {
      this.info = await this.engine.info();
    } catch (error) {
      this.session.failure = failureOf(error);
      this.tell();
      return;
    }
    this.history.amend(linked?.state ?? this.firstState());
    if (linked) this.linkNotices(linked.state, linked.problems);
    this.session.labelsOf(this.state.stack);
    this.session.request(runKey(this.state), 0);
    this.settle();
    this.tell();
    if (this.info.loading) void this.awaitModel();
  }

  /** While the server reads the model, the first trace is shown; what waits for the model runs then. */
  private async awaitModel(): Promise<void> {
    while (this.info?.loading && !this.suspended) {
      await new Promise((resolve) => setTimeout(resolve, LOADING_POLL));
      if (!(await this.look())) return;
    }
    if (this.session.failure?.code === NOT_ABLE) this.session.runNow();
  }

  /** The server cannot run what it said it could: by now it may be another process, one that reads its model. */
  private async lookAgain(): Promise<void> {
    if (this.looked) return;
    this.looked = true;
    if (await this.look()) await this.awaitModel();
  }
  /** Once for each step of the user: where the answer stays the same, so does the refusal. */
  private looked = false;

  /** What the server has by now; false where it does not answer. */
  private async look(): Promise<boolean> {
    try {
      this.info = await this.engine.info();
      this.tell();
      return true;
    } catch (error) {
      this.problem(failureOf(error));
      return false;
    }
  }
  private suspended = false;

  /** The way out where a text cannot run. */
  showFirst(): void { this.follow(this.firstState(), []); }

  /** Without a link: the server's first trace with its texts, else the article's pair. */
  private firstState(): ViewState {
    const first = this.info?.traces[0];
    if (!first || first.query.text_a === undefined) return { ...DEFAULT_STATE, trace: first?.id ?? '' };
    return { ...DEFAULT_STATE, textA: first.query.text_a, textB: first.query.text_b ?? null };
  }

  can(capability: Capability): true | string {
    return this.info?.capabilities[capability] ?? S.unknownCapability(capability);
  }

  facts(): Facts { return { trace: this.trace, labels: this.labels, can: (c) => this.can(c) }; }

  /** Runs a command by its id; a refusal becomes a notice. Returns whether it ran. */
  command(id: string, args: CommandArgs = {}): boolean {
    try {
      const result = runCommand(id, this.state, this.facts(), args);
      if (id === 'set') this.fromLink = true;
      if (result.place) this.place(result.state);
      else this.apply(result.state, result.name, result.coalesce);
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.notices.add(error.code, error.message);
      this.tell();
      return false;
    }
  }

  /** Where one looks travels in the link and is no undo step. */
  private place(next: ViewState): void {
    if (next === this.state) return;
    this.history.amend(next);
    this.tell();
  }

  isCommand(id: string): boolean { return findCommand(id) !== undefined; }

  apply(next: ViewState, name: string, coalesce = false): void {
    const before = this.state;
    if (this.history.push(next, name, coalesce)) this.step++;
    const edited = before.textA !== next.textA || before.textB !== next.textB || before.model !== next.model;
    // Pins that came with the text are of that text; others are of the picture that is still shown.
    if (edited) this.carryFrom = before.pins === next.pins ? this.carryFrom ?? this.trace : null;
    // Typing waits for its end; a text that came whole, from a link or a command, does not.
    const typed = edited && coalesce;
    this.stateChanged(before, typed ? TYPING_DELAY : 0, !typed);
  }

  undo(): void { this.travel(() => this.history.undo()); }
  redo(): void { this.travel(() => this.history.redo()); }

  private travel(move: () => string | null): void {
    const before = this.state;
    if (move() === null) return;
    this.step++;
    this.carryFrom = null;
    this.stateChanged(before, 0, true);
  }

  /** A link, or Back: one undoable step. */
  follow(state: ViewState, problems: readonly LinkProblem[]): void {
    const before = this.state;
    if (this.history.push(patched(before, state), 'open a link')) this.step++;
    this.carryFrom = null;
    this.linkNotices(state, problems);
    this.stateChanged(before, 0, true);
  }

  private stateChanged(before: ViewState, delay: number, live: boolean): void {
    this.looked = false;
    const key = runKey(this.state);
    if (!sameRun(key, runKey(before))) this.session.request(key, delay, live);
    this.session.labelsOf(this.state.stack);
    // After the request: heads and pins of a state belong to its own trace, not to the one on screen.
    this.settle();
    if (this.state.heads.join() !== before.heads.join()) this.say(S.selected(this.state.heads));
    this.relabel();
    this.tell();
  }

  private linkNotices(state: ViewState, problems: readonly LinkProblem[]): void {
    this.fromLink = true;
    for (const p of problems) this.notices.add('HS-LINK-01', S.linkValue(p.key, p.value, p.expected));
    if (state.unknown.length > 0) this.notices.add('HS-LINK-02', S.linkUnknown(state.unknown.map(([key]) => key).join(', ')));
  }

  private traceArrived(to: TraceEntry): void {
    if (this.current && this.current.trace.id !== to.id) this.before = this.current;
    this.held = false;
    const from = this.carryFrom;
    this.carryFrom = null;
    if (from) {
      const { pins, marked, selection, lost } = carry(from, to, this.state);
      this.history.amend(patched(this.state, { pins, marked, selection }));
      if (lost.length > 0) this.notices.add('HS-PIN-01', S.lostPins(lost));
    }
    this.problems = [];
    if (this.state.trace === to.id && to.query.text_a !== undefined) {
      this.history.amend(patched(this.state, { textA: to.query.text_a, textB: to.query.text_b ?? null, masked: to.settings.masked, ablations: to.settings.ablations }));
    }
    this.settle();
    this.fromLink = false;
    this.say(S.runFinished(to.query.tokens.length, this.state.heads.join(', ')));
  }

  /** Heads, pins and view that this trace and version have; what is missing is named. */
  private settle(): void {
    let state = this.state;
    if (state.view === 'compare' || state.view === 'map') {
      this.notices.add('HS-LINK-01', S.linkView(state.view));
      state = patched(state, { view: 'head' });
    }
    const { trace } = this;
    if (trace && !this.session.stale) {
      const fitted = fitTo(trace, state);
      state = patched(state, fitted.state);
      if (fitted.noQuantity !== null) this.notices.add('HS-CAP-01', S.noQuantity(fitted.noQuantity));
      if (this.fromLink) this.fitNotices(fitted, trace);
    }
    this.history.amend(state);
  }

  private fitNotices(fitted: Fitted, trace: TraceEntry): void {
    const { missingHeads, lostPins, state } = fitted;
    if (missingHeads.length > 0) this.notices.add('HS-LINK-01', S.linkHead(missingHeads.join(', '), trace.model.name, shapeText(trace, state.stack), state.heads.join(', ')));
    if (lostPins.length > 0) this.notices.add('HS-PIN-01', S.linkPins(lostPins, trace.query.tokens.length - 1));
    if (fitted.noSentences) this.notices.add('HS-LINK-01', S.linkSentences);
  }

  private sessionChanged(): void {
    this.relabel();
    const { failure } = this.session;
    if (failure) {
      this.log(failure);
      if (failure.code === NOT_ABLE && this.can('run') === true) void this.lookAgain();
      const first = this.info?.traces[0];
      if (first && !this.trace) this.session.fallBack(runKey(this.firstState()), first);
    }
    this.tell();
  }

  private relabel(): void {
    const { scope } = this.state;
    this.session.want(scope, this.state.heads.slice(0, INSPECTED), 0);
    this.session.want(scope, this.toured(), 2);
    if (this.labelled?.summaries === this.scoped && this.labelled.evidence === this.session.evidence) return;
    this.labelled = { summaries: this.scoped, evidence: this.session.evidence };
    this.labels = labelFacts(this.scoped, this.trace ? isCausal(stackOf(this.trace, this.state.stack)) : false, this.session.evidence, scope);
  }

  /** Heads whose evidence the strip of patterns tells: the article's six, or the best ones. */
  private toured(): readonly string[] {
    return isArticleModel(this.trace ?? undefined) ? ARTICLE.map((p) => p.head) : bestHeads(this.scoped).map((b) => b.head);
  }

  /** An error of a part: it stands in the view until Retry or the next trace. */
  problem(failure: Failure): void {
    if (failure.code === CANCELLED) return;
    this.log(failure);
    this.problems = [...this.problems.filter((p) => p.code !== failure.code), failure];
    this.tell();
  }

  forget(failure: Failure): void {
    this.problems = this.problems.filter((p) => p !== failure);
    this.tell();
  }

  /** Trace files of this machine; the last one that can be read is shown. */
  async open(files: readonly File[]): Promise<void> {
    this.problems = this.problems.filter((p) => !FILE_PROBLEMS.includes(p.code));
    for (const file of files) {
      try {
        const limit = this.info?.limits.file_bytes ?? Infinity;
        if (file.size > limit) throw new EngineError('HS-LIMIT-01', S.fileTooLarge(file.name, file.size, limit));
        const trace = await this.engine.open(file, file.name, { signal: new AbortController().signal, priority: 0 });
        this.opened = [...this.opened.filter((t) => t.id !== trace.id), trace];
        this.command('trace.open', { trace: trace.id });
      } catch (error) {
        this.problem(failureOf(error));
      }
    }
  }

  private log(f: Failure): void {
    if (f.code === 'HS-STOP') return;
    const last = this.errorLog[this.errorLog.length - 1];
    if (last?.code !== f.code || last.message !== f.message) this.errorLog.push({ code: f.code, message: f.message });
  }

  async retry(): Promise<void> {
    this.problems = [];
    if (!this.info) {
      this.session.failure = null;
      await this.start(this.linked);
      return;
    }
    // The server may be another process by now, one that still reads its model.
    if (!(await this.look())) return;
    await this.awaitModel();
    // Not "failed": a run asked for meanwhile may still be on its way to a server that is gone.
    if (this.session.stale) this.session.runNow();
    else this.session.reloadSummaries();
    this.dispatchEvent(new Event('retry'));
    this.tell();
  }

  /** The picture and its numbers as files; both of exactly the state on screen. */
  figure(opts: Opts, output: string): Promise<FigureAnswer> {
    const { pictured: state, trace } = this;
    // "By length" is the app's alone: the figure is told the number that it comes to here.
    const n = trace ? Math.max(...(['q', 'k'] as const).map((side) => sideTokens(trace, state.stack, side).tokens.length)) : 0;
    const topk = effectiveTopk(state, n);
    return this.engine.figure(this.drawnTrace(), topk > 0 ? { ...state, topk } : state, 'svg', { ...opts, output });
  }
  numbers(choice: NumbersChoice, opts: Opts): Promise<NumbersAnswer> { return this.engine.numbers(this.drawnTrace(), this.pictured, choice, opts); }
  private drawnTrace(): string {
    if (!this.trace) throw new CommandError('HS-CAP-01', S.noPicture);
    return this.trace.id;
  }

  private lastSpoken = 0;
  private speakTimer: ReturnType<typeof setTimeout> | undefined;
  /** To the live region; at most one message a second, the newest wins. */
  say(text: string): void {
    clearTimeout(this.speakTimer);
    const wait = Math.max(0, this.lastSpoken + 1000 - performance.now());
    this.speakTimer = setTimeout(() => { this.lastSpoken = performance.now(); this.spoken = text; this.tell(); }, wait);
  }

  tell(): void {
    if (this.trace && !this.session.stale) this.current = { trace: this.trace, state: this.drawn };
    this.dispatchEvent(new Event('change'));
  }

  /** Nothing is asked for while the app is on no page. */
  suspend(): void {
    this.suspended = true;
    clearTimeout(this.speakTimer);
    this.session.dispose();
  }

  /** Back on a page: what was on its way is asked for again. */
  resume(): void {
    if (!this.suspended) return;
    this.suspended = false;
    if (this.info?.loading) void this.awaitModel();
    if (this.session.stale) this.session.runNow();
    else if (this.session.summaries === null) this.session.reloadSummaries();
    this.tell();
  }
}
