// The app without its elements: state and its history, commands, and what follows from each. The parts
// that it holds know the rest: the session runs texts, the server's state, the library of models, the
// state before, uploads, the voice. Elements read it and send it commands; it tells them when to look again.

import { CANCELLED, type Engine, type EngineInfo, type FigureAnswer, type FigureFormat, type NumbersAnswer, type NumbersChoice, type NumbersFormat, type Opts,
  type TraceEntry } from '../api/engine';
import { ARTICLE, ARTICLE_FINGERPRINT, findToken } from '../base/article';
import { carry } from '../base/carry';
import { findCommand, runCommand } from '../base/commands';
import { patched } from '../base/commands/build';
import { fitTo, type Fitted } from '../base/fit';
import { shapeText } from '../base/heads';
import { History } from '../base/history';
import type { LinkProblem } from '../base/link';
import { isPrecision } from '../base/precision';
import { CommandError, DEFAULT_STATE, type Capability, type CommandArgs, type Facts, type LabelFact, type ViewState } from '../base/state';
import { isCausal, sideTokens, stackOf, textsOf } from '../base/trace_info';
import { S } from '../base/words/shell';
import { labelFacts } from '../panels/common/wording';
import { bestHeads, isArticleModel } from '../panels/map/article_strip';
import { effectiveTopk } from '../ui/types';
import { isChosen } from '../views/compare/compare_source';
import { rightSide } from '../views/compare/right_side';
import { Announcer } from './announcer';
import { Before } from './before';
import { ModelLibrary } from './model_library';
import { Notices } from './notices';
import { ServerState } from './server_state';
import { failureOf, runKey, sameRun, Session, TYPING_DELAY, type Failure, type ProblemEvent, type RunKey, type TraceEvent } from './session';
import { FILE_PROBLEMS, Uploads } from './uploads';

/** Selected heads whose evidence is asked for unasked. */
const INSPECTED = 6;
const NOT_ABLE = 'HS-CAP-01';

export interface Linked { state: ViewState; problems: readonly LinkProblem[] }

/** The state that names this trace, with what the trace was made from. */
function withOwnTexts(state: ViewState, trace: TraceEntry): ViewState {
  const texts = textsOf(trace);
  if (!texts) return state;
  const { masked, ablations } = trace.settings;
  const precision = trace.computed?.precision ?? '';
  return patched(state, { textA: texts.a, textB: texts.b, masked, ablations, ...(isPrecision(precision) ? { precision } : {}) });
}

export class Controller extends EventTarget {
  readonly history = new History(DEFAULT_STATE);
  readonly notices = new Notices();
  readonly session: Session;
  readonly server: ServerState;
  readonly library: ModelLibrary;
  readonly before: Before;
  readonly uploads: Uploads;
  private readonly voice: Announcer;
  /** Errors that stand in the view: of tiles, summaries and the unexpected. */
  problems: readonly Failure[] = [];
  labels: ReadonlyMap<string, LabelFact> = new Map();
  /** Counts undo steps: the address makes one entry of each. */
  step = 0;
  readonly errorLog: { code: string; message: string }[] = [];
  /** Resolves when the first state is in place. */
  ready: Promise<void> = Promise.resolve();
  private labelled: { summaries: unknown; evidence: unknown } | undefined;
  private carryFrom: TraceEntry | null = null;
  private fromLink = false;
  private linked: Linked | null = null;
  private suspended = false;
  private fitted: { trace: TraceEntry; of: ViewState; state: ViewState } | undefined;

  constructor(readonly engine: Engine) {
    super();
    const changed = (): void => { this.tell(); };
    const looked = (): void => {
      this.library.looked();
      this.tell();
    };
    this.server = new ServerState(engine, looked, (error) => { this.problem(failureOf(error)); });
    this.library = new ModelLibrary(engine, () => this.info, () => this.server.settled(), changed);
    this.session = new Session(engine, () => this.info, (key) => this.canRun(key), this.library);
    this.before = new Before(engine, changed);
    this.voice = new Announcer(changed);
    this.uploads = new Uploads(engine, () => this.info,
      { changed, opened: (trace) => {
        if (trace.picture && trace.source === 'run') this.command('picture.open', { picture: trace.id });
        else this.command('trace.open', { trace: trace.id });
      }, failed: (failure) => { this.problem(failure); } });
    this.session.addEventListener('change', () => { this.sessionChanged(); });
    this.session.addEventListener('trace', (e) => { this.traceArrived((e as TraceEvent).trace); });
    this.session.addEventListener('problem', (e) => { this.problem((e as ProblemEvent).failure); });
  }

  get info(): EngineInfo | null { return this.server.info; }
  /** Last thing said to screen readers. */
  get spoken(): string { return this.voice.spoken; }
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
    return patched(drawn, { model: shown.model, precision: shown.precision, picture: shown.picture,
      textA: shown.a, textB: shown.b, masked: shown.masked, ablations: shown.ablations });
  }
  /** What is looked at: the present, or the state before while it is held. */
  get onScreen(): { trace: TraceEntry | null; state: ViewState } {
    return (this.trace && this.before.shown(this.state)) ?? { trace: this.trace, state: this.drawn };
  }
  /** Holds the state before on the screen, or lets it go. */
  hold(on: boolean): void { this.before.hold(on, this.trace, this.drawn); }

  /** Summaries of the scope that is chosen. */
  get scoped(): Session['summaries'] { return this.state.scope === 'corpus' && this.session.corpus ? this.session.corpus : this.session.summaries; }

  /** Asks the server what it has, then opens the state of the link, or the first trace. */
  start(linked: Linked | null): Promise<void> { return (this.ready = this.begin(linked)); }

  private async begin(linked: Linked | null): Promise<void> {
    this.linked = linked;
    try {
      await this.server.first();
      this.library.looked();
    } catch (error) {
      this.session.failure = failureOf(error);
      this.tell();
      return;
    }
    void this.library.refresh();
    this.history.amend(linked?.state ?? this.firstState());
    if (linked) this.linkNotices(linked.state, linked.problems);
    this.session.labelsOf(this.state.stack);
    this.session.request(runKey(this.state), 0);
    this.settle();
    this.tell();
    if (this.info?.loading) void this.awaitModel();
  }

  /** While the server reads the model, the first trace is shown; what waits for the model runs then. */
  private async awaitModel(): Promise<void> {
    if (!(await this.server.modelRead())) return;
    // What the page opened on without knowing the model may be none of its inputs.
    if (!this.linked && this.step === 0) {
      this.history.amend(this.firstState());
      this.session.request(runKey(this.state), 0);
    } else this.runRefused();
  }

  private runRefused(): void {
    if (this.session.failure?.code === NOT_ABLE) this.session.runNow();
  }

  /** The server cannot run what it said it could: by now it may be another process, one that reads its model. */
  private async lookAgain(): Promise<void> {
    if (await this.server.lookOnce()) this.runRefused();
  }

  /** The way out where a text cannot run. */
  showFirst(): void { this.follow(this.firstState(), []); }

  /** Without a link: the server's first trace with its texts, else the article's pair; the trace itself where the model reads no texts. */
  private firstState(): ViewState {
    const first = this.info?.traces[0];
    const readsTexts = !this.info?.models.length || (!this.readsPictures && this.info.capabilities.run === true);
    const texts = first && readsTexts ? textsOf(first) : null;
    const { models, loading } = this.info ?? {};
    // A link that names no precision means float32; a page without a link takes what the server was started with.
    const precision = [models?.[0]?.precision, loading?.precision, first?.computed?.precision].find((p) => p !== undefined) ?? 'f32';
    const state = isPrecision(precision) ? { ...DEFAULT_STATE, precision } : DEFAULT_STATE;
    return texts ? { ...state, textA: texts.a, textB: texts.b } : { ...state, trace: first?.id ?? '' };
  }

  /** Texts are shown and not changed: for pages that only show. */
  setReadOnly(on: boolean): void {
    this.readOnly = on;
    this.tell();
  }
  private readOnly = false;

  can(capability: Capability): true | string { return this.capabilities[capability] ?? S.unknownCapability(capability); }

  /** true, or why not, of what the server can and this page may. */
  get capabilities(): Readonly<Partial<Record<Capability, true | string>>> {
    const able = this.info?.capabilities ?? {};
    if (this.readOnly) return { ...able, run: S.readOnlyPage, ablate: S.readOnlyPage, generate: S.readOnlyPage };
    return this.readsPictures ? { ...able, run: S.readsPictures, ...(this.state.picture ? {} : { ablate: S.pictureFirst }) } : able;
  }

  /** What the server can run of this; texts, of which the page says more, or a picture. */
  private canRun(key: RunKey): true | string {
    if (!key.picture || this.readOnly) return this.can('run');
    return this.info?.capabilities.run ?? S.unknownCapability('run');
  }

  /** The open model has pictures for its input, and no texts. */
  get readsPictures(): boolean { return this.info?.models[0]?.picture === true; }

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
    const edited = before.textA !== next.textA || before.textB !== next.textB || before.model !== next.model || before.picture !== next.picture;
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
    this.server.stepTaken();
    const key = runKey(this.state);
    if (!sameRun(key, runKey(before))) {
      this.before.giveUp();
      this.session.request(key, delay, live);
    }
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
    this.before.arrived(to);
    const from = this.carryFrom;
    this.carryFrom = null;
    if (from) {
      const { pins, marked, selection, lost } = carry(from, to, this.state);
      this.history.amend(patched(this.state, { pins, marked, selection }));
      if (lost.length > 0) this.notices.add('HS-PIN-01', S.lostPins(lost));
    }
    this.problems = [];
    this.settle();
    this.fromLink = false;
    this.say(S.runFinished(to.query.tokens.length, this.state.heads.join(', ')));
  }

  /** Texts of a trace that the state names; heads, pins and view that this trace and version have; what is missing is named. */
  private settle(): void {
    let state = this.state;
    if (state.view === 'map') {
      this.notices.add('HS-LINK-01', S.linkView(state.view));
      state = patched(state, { view: 'head' });
    }
    const { trace } = this;
    if (trace && !this.session.stale) {
      if (state.trace === trace.id) state = withOwnTexts(state, trace);
      const fitted = fitTo(trace, state);
      state = patched(state, fitted.state);
      if (fitted.noQuantity !== null) this.notices.add('HS-CAP-01', S.noQuantity(fitted.noQuantity));
      if (this.fromLink) this.fitNotices(fitted, trace);
    }
    this.history.amend(state);
  }

  private fitNotices(fitted: Fitted, trace: TraceEntry): void {
    const { missingHeads, lostPins, state } = fitted;
    if (missingHeads.length > 0) {
      const shape = shapeText(trace, state.stack);
      this.notices.add('HS-LINK-01', S.linkHead(missingHeads.join(', '), trace.model.name, shape, state.heads.join(', ')));
    }
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
    this.labels = labelFacts(this.scoped, this.causal, this.session.evidence, scope);
  }

  private get causal(): boolean { return this.trace !== null && isCausal(stackOf(this.trace, this.state.stack)); }

  /** Heads whose evidence the strip of patterns tells: the article's six, or the best ones. */
  private toured(): readonly string[] {
    return isArticleModel(this.trace ?? undefined) ? ARTICLE.map((p) => p.head) : bestHeads(this.scoped, this.causal).map((b) => b.head);
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

  /** Traces or pictures of this machine. */
  open(files: readonly File[]): Promise<void> {
    this.problems = this.problems.filter((p) => !FILE_PROBLEMS.includes(p.code));
    return this.uploads.send(files);
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
    if (!(await this.server.look())) return;
    void this.library.refresh();
    await this.awaitModel();
    // Not "failed": a run asked for meanwhile may still be on its way to a server that is gone.
    if (this.session.stale) this.session.runNow();
    else this.session.reloadSummaries();
    this.dispatchEvent(new Event('retry'));
    this.tell();
  }

  /** The picture and its numbers as files; both of exactly the state on screen. */
  figure(format: FigureFormat, opts: Opts, output: string): Promise<FigureAnswer> { return this.figureOf(this.pictured, format, opts, output); }
  async figureOf(state: ViewState, format: FigureFormat, opts: Opts, output: string): Promise<FigureAnswer> {
    const { trace } = this;
    // "By length" is the app's alone: the figure is told the number that it comes to here.
    const n = trace ? Math.max(...(['q', 'k'] as const).map((side) => sideTokens(trace, state.stack, side).tokens.length)) : 0;
    const topk = effectiveTopk(state, n);
    // Views show the first of many heads; a figure draws what it is given.
    const most = { neuron: 1, compare: 1, matrix: 9 }[state.view as string] ?? state.heads.length;
    const drawn = { ...state, heads: state.heads.slice(0, most), ...(topk > 0 ? { topk } : {}) };
    const right = trace && drawn.view === 'compare' && isChosen(drawn) ? { right: (await rightSide(this.engine, trace, drawn, opts)).id } : {};
    return this.engine.figure(this.drawnTrace(), drawn, format, { ...opts, output, ...right });
  }
  /** Of the article's six patterns, where this is its model and text; none elsewhere. */
  articleFigures(): { name: string; state: ViewState }[] {
    const { trace } = this;
    if (trace?.model.fingerprint !== ARTICLE_FINGERPRINT) return [];
    return ARTICLE.flatMap((p) => {
      const token = findToken(trace, p.word, p.occurrence);
      if (token === null) return [];
      const state: ViewState = { ...DEFAULT_STATE, heads: [p.head], pins: [`q${token}`], panels: 'both' };
      return [{ name: `pattern-${p.number}-${p.head}.svg`, state }];
    });
  }
  numbers(choice: NumbersChoice, format: NumbersFormat, opts: Opts): Promise<NumbersAnswer> {
    return this.engine.numbers(this.drawnTrace(), this.pictured, choice, format, opts);
  }
  private drawnTrace(): string {
    if (!this.trace) throw new CommandError('HS-CAP-01', S.noPicture);
    return this.trace.id;
  }

  say(text: string): void { this.voice.say(text); }

  tell(): void {
    if (this.trace && !this.session.stale) this.before.remember({ trace: this.trace, state: this.drawn });
    this.dispatchEvent(new Event('change'));
  }

  /** Nothing is asked for while the app is on no page. */
  suspend(): void {
    this.suspended = true;
    this.server.stop();
    this.voice.stop();
    this.uploads.stop();
    this.session.dispose();
  }

  /** Back on a page: what was on its way is asked for again. */
  resume(): void {
    if (!this.suspended) return;
    this.suspended = false;
    this.server.resume();
    if (this.info?.loading) void this.awaitModel();
    if (this.session.stale) this.session.runNow();
    else if (this.session.summaries === null) this.session.reloadSummaries();
    this.tell();
  }
}
