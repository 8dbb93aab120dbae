// <headscope-inspector>: the selected head's pattern with its proof, the pinned token's weights and
// predictions, ablation and its effects, and how to reproduce what is shown (ui.md §2.1).
//
// Beside the inputs of every panel: `corpus` (summaries over a corpus, or null), `overview` (of the
// corpus report), `baseline` (the same text's trace without
// ablations), `link` (address of this state) and `source` (trace file shown, "demo" the built-in one, "" = a run).

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define } from '../../ui/define';
import type { CorpusOverview, Prediction, RowDetail } from '../../api/engine';
import { hasSentences, headsOfLayer, isBlock, parseHead, sideTokens, stackOf, type Tokens, type TraceInfo } from '../../base/trace_info';
import { computedInFull } from '../../base/precision';
import type { ViewState } from '../../base/state';
import { isOfLayer, wholeMapProblem } from '../../base/quantities';
import { tokenText } from '../../ui/axes';
import { tokensOf } from '../../ui/picture_axes';
import { tileOps } from '../../ui/tile_ops';
import { parsePin, type Pin } from '../../ui/pins';
import { ARTICLE } from '../../base/article';
import { choice } from '../common/choice';
import { copyButton } from '../common/copy';
import { sharedDivergences, type Moved } from '../common/divergence';
import { Latest } from '../../ui/latest';
import { PanelBase } from '../common/panel_base';
import { problem } from '../common/problem';
import { byName, type HeadSummary } from '../common/summary';
import { isArticleModel } from '../map/article_strip';
import { ablateSection, effectSection, type AblateProps } from './ablate_section';
import { commandLine } from './command_line';
import { headSection } from './head_section';
import { inspectorStyles } from './inspector_styles';
import { changeText, predictionsSection, wordEffects, TOP_PREDICTIONS, type WordEffect } from './predictions_section';
import { verdict } from './verdict';
import { TOP, weightsSection } from './weights_section';
import { I } from '../../base/words/inspector';
import { W } from '../../base/words/common';

/** Each word is one masked forward pass. */
const MEASURED_WORDS = 64;

export class Inspector extends PanelBase {
  static override properties = {
    ...PanelBase.properties, corpus: { attribute: false }, overview: { attribute: false }, baseline: { attribute: false },
    link: {}, source: {}, made: { attribute: false }, chosen: { state: true }, chosenPin: { state: true }, masking: { state: true },
      measured: { state: true },
  };
  static override styles = inspectorStyles;

  declare corpus: readonly HeadSummary[] | null;
  declare overview: CorpusOverview | null;
  declare baseline: TraceInfo | null;
  declare link: string;
  declare source: string;
  /** What the picture was made from, where another text is still to be run. */
  declare made: ViewState | null;
  /** The head inspected among the selected ones; "" = the first. */
  declare chosen: string;
  declare chosenPin: string;
  /** Predictions as the token stands, or with it masked. */
  declare masking: 'masked' | 'plain';
  /** Key of the run whose words are measured. */
  declare measured: string;

  private readonly row = new Latest<RowDetail>(this);
  private readonly now = new Latest<readonly Prediction[]>(this);
  private readonly without = new Latest<readonly Prediction[]>(this);
  private readonly moved = new Latest<Moved>(this);
  private readonly effects = new Latest<WordEffect[]>(this);

  constructor() {
    super();
    this.corpus = null;
    this.overview = null;
    this.baseline = null;
    this.link = '';
    this.source = '';
    this.made = null;
    this.chosen = '';
    this.chosenPin = '';
    this.masking = 'masked';
    this.measured = '';
  }

  // ---- what is inspected -----------------------------------------------------------------------

  private head(): string { return this.settings.heads.includes(this.chosen) ? this.chosen : this.settings.heads[0] ?? ''; }

  private pin(): Pin | null {
    const { pins } = this.settings;
    return parsePin(pins.includes(this.chosenPin) ? this.chosenPin : pins[0] ?? '');
  }

  /** Heads whose numbers the weights are: one, or all of a combination. */
  private series(): { heads: readonly string[]; name: string } {
    const { heads, combine, quantity } = this.settings;
    if (isOfLayer(quantity)) return { heads: [this.head()], name: I.ofLayer(quantity, String(parseHead(this.head())?.layer ?? '')) };
    if (combine === 'separate' || heads.length < 2) return { heads: [this.head()], name: this.head() };
    return { heads, name: I.combined(combine, heads.join(', ')) };
  }

  // ---- questions -------------------------------------------------------------------------------

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.askRow();
    this.askPredictions();
    this.askChanges();
  }

  /** A column of rollout or flow needs the whole map, which a long text does not have. */
  private unasked(pin: Pin): string { return pin.side === 'k' ? wholeMapProblem(this.trace, this.settings.quantity) : ''; }

  private askRow(): void {
    const { engine, trace, settings: s } = this;
    const pin = this.pin();
    const id = parseHead(this.head());
    if (!engine || !trace || !pin || !id || isBlock(trace, s.stack) || headsOfLayer(stackOf(trace, s.stack), id.layer) <= id.head || this.unasked(pin)) {
      this.row.ask('', never);
      return;
    }
    const ops = { ...tileOps(s), filter: hasSentences(trace, s.stack) ? s.attention
      : 'all', ...(this.series().heads.length > 1 ? {} : { combine: 'separate' }) };
    const request = { stack: stackOf(trace, s.stack).name, heads: this.series().heads, side: pin.side, index: pin.token, top: TOP, ops };
    this.row.ask(JSON.stringify([trace.id, request]), (signal) => engine.row(trace.id, request, { signal, priority: 0 }));
  }

  /** The model says what comes next, not what stands behind a mask. */
  private continues(): boolean { return this.causal || this.trace?.key !== null && this.trace?.key !== undefined; }

  /** The query tokens of the stack on screen: where predictions are read and words masked. */
  private queries(): Tokens | undefined { return tokensOf(this.trace, this.settings, 'q'); }

  private special(token: number): boolean { return this.queries()?.special[token] === 1; }

  private tokenMasked(token: number): boolean { return this.settings.masked.includes(token); }

  private askPredictions(): void {
    const { engine, trace, settings: s } = this;
    const pin = this.pin();
    if (!engine || !trace || this.can('predict') !== true) {
      this.now.ask('', never);
      this.without.ask('', never);
      return;
    }
    const mask = pin !== null && !this.continues() && this.masking === 'masked' && !this.special(pin.token) && !this.tokenMasked(pin.token);
    const request = { positions: pin ? [pin.token] : [], top: TOP_PREDICTIONS, mask };
    const key = JSON.stringify([trace.id, request]);
    this.now.ask(key, (signal) => engine.predict(trace.id, request, { signal, priority: 0 }));
    if (s.ablations.length === 0) this.without.ask('', never);
    else this.without.ask(`before ${key}`, (signal) => engine.predict(trace.id, { ...request, top: 64, ablations: [] }, { signal, priority: 1 }));
  }

  private askChanges(): void {
    const { engine, trace, baseline, settings: s } = this;
    if (!engine || !trace || !baseline || s.ablations.length === 0 || isBlock(trace, s.stack)) this.moved.ask('', never);
    else this.moved.ask([trace.id, baseline.id, s.stack].join(' '), (signal) => sharedDivergences(engine, trace, baseline, s.stack, signal));
    if (engine && trace && this.measured === trace.id && s.ablations.length > 0) this.effects.ask(trace.id, (signal) => this.measureWords(signal));
    else this.effects.ask('', never);
  }

  private async measureWords(signal: AbortSignal): Promise<WordEffect[]> {
    const { engine, trace } = this;
    if (!engine || !trace) return [];
    const positions = (this.queries()?.tokens ?? []).map((_, i) => i).filter((i) => !this.special(i) && !this.tokenMasked(i)).slice(0, MEASURED_WORDS);
    const request = { positions, top: 1, mask: true };
    const before = await engine.predict(trace.id, { ...request, ablations: [] }, { signal, priority: 2 });
    const after = await engine.predict(trace.id, request, { signal, priority: 2 });
    return wordEffects(before, after);
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { trace, settings: s } = this;
    if (!trace) return html`<p class="muted">${I.noText}</p>`;
    const name = this.head();
    return html`${this.effectPart()}${this.verdictPart(name, trace)}<section aria-labelledby="h-head"><div class="title"><h2
      id="h-head">${I.head(name)}</h2>${s.heads.length > 1
      ? choice({ label: I.inspected, value: name, choose: (head) => { this.chosen = head; },
      options: s.heads.slice(0, 6).map((h) => ({ value: h, text: h })) }) : nothing}</div>${this.headPart(name, trace)}</section>
      ${repeat(this.sections(), (x) => x.id, (x) => x.part())}
      <section aria-labelledby="h-ablate" data-testid="ablate"><h3 id="h-ablate">${I.ablate}</h3>${this.ablatePart()}</section>
      <section aria-labelledby="h-reproduce" data-testid="reproduce"><h3 id="h-reproduce">${I.reproduce}</h3>${this.reproducePart(trace)}</section>
      <p class="footnote">${W.caution}</p>`;
  }

  /** While heads are off, what that does to the predictions comes before the weights. */
  private sections(): { id: string; part: () => TemplateResult }[] {
    const order = [{ id: 'weights', part: () => this.weightsSection() }, { id: 'predictions', part: () => this.predictionsSection() }];
    return this.settings.ablations.length > 0 ? order.reverse() : order;
  }

  private weightsSection(): TemplateResult {
    const { settings: s } = this;
    return html`<section aria-labelledby="h-weights"
      data-testid="weights"><div class="title"><h3 id="h-weights">${I.weights}</h3>${s.pins.length > 1
      ? choice({ label: I.pinned, value: s.pins.includes(this.chosenPin) ? this.chosenPin : s.pins[0] ?? '',
      choose: (pin) => { this.chosenPin = pin; }, options: s.pins.map((p) => ({ value: p, text: this.pinText(p) })) })
      : nothing}</div>${this.weightsPart()}</section>`;
  }

  private predictionsSection(): TemplateResult {
    return html`<section aria-labelledby="h-predictions"
      data-testid="predictions"><div class="title"><h3
      id="h-predictions">${I.predictions}</h3>${this.predictionChoice()}</div>${this.predictionsPart()}</section>`;
  }

  private headPart(name: string, trace: TraceInfo): TemplateResult {
    const { settings: s } = this;
    const corpus = s.scope === 'corpus' && this.corpus !== null;
    const ablated = s.ablations.find((a) => a.head === name || a.head === name.replace(/H\d+$/, 'H*'));
    const able = this.can('predict');
    return headSection({ name, scope: corpus ? 'corpus' : 'input', causal: this.causal, summary: corpus ? byName(this.corpus).get(name)
      : this.summaryOf(name), computing: this.summaries === null,
      evidence: this.evidenceOf(name, corpus ? 'corpus' : 'input'), tokens: corpus ? Infinity : sideTokens(trace, s.stack, 'q').tokens.length,
        segments: this.overview?.segments ?? null,
      ablated: ablated?.mode ?? '', pin: (query) => { this.setPins([`q${query}`]); },
      predictive: corpus ? I.computeCorpus : able === true ? () => { this.command('heads.predictive'); } : able });
  }

  /** The pattern of the article that the one selected head stands for. */
  private verdictPart(name: string, trace: TraceInfo): TemplateResult | typeof nothing {
    const { settings: s } = this;
    const pattern = s.heads.length === 1 && isArticleModel(trace) ? ARTICLE.find((p) => p.head === name) : undefined;
    if (!pattern) return nothing;
    const scope = s.scope === 'corpus' && this.corpus !== null ? 'corpus' : 'input';
    return verdict({ pattern, scope, summary: scope === 'corpus' ? byName(this.corpus).get(name) : this.summaryOf(name),
      evidence: this.evidenceOf(name, scope),
      pair: hasSentences(trace, s.stack), go: (id) => { this.command(id); } });
  }

  private pinText(pin: string): string {
    const p = parsePin(pin);
    return p ? tokenText(tokensOf(this.trace, this.settings, p.side)?.tokens[p.token] ?? pin) : pin;
  }

  private setPins(pins: readonly string[]): void { this.command('pin.set', { pins }); }

  private weightsPart(): TemplateResult {
    const pin = this.pin();
    const failure = this.row.error;
    if (failure) return problem(failure, () => { this.row.retry(); });
    if (this.trace && isBlock(this.trace, this.settings.stack)) {
      return html`<p class="small">${I.oneStack(this.trace.stacks.map((s) => s.name).join(', '))}</p>`;
    }
    if (pin && this.unasked(pin)) return html`<p class="small">${this.unasked(pin)}</p>`;
    const other = pin?.side === 'q' ? 'k' : 'q';
    const suggestions = (this.queries()?.tokens ?? []).map((text, index) => ({ index, text })).filter((t) => !this.special(t.index)
      && /\p{L}/u.test(t.text)).slice(0, 3);
    return weightsSection({ pin, name: this.series().name, detail: this.row.value ?? (pin ? this.row.last : undefined),
      stale: this.row.value === undefined, quantity: this.settings.quantity,
      own: tokensOf(this.trace, this.settings, pin?.side ?? 'q'), other: tokensOf(this.trace, this.settings, other), suggestions,
        choose: (p) => { this.setPins([p]); } });
  }

  private predictionChoice(): TemplateResult | typeof nothing {
    const pin = this.pin();
    if (!pin || this.can('predict') !== true || this.continues() || this.special(pin.token) || this.tokenMasked(pin.token)) return nothing;
    return choice({ label: I.withWord, value: this.masking, choose: (v) => { this.masking = v as 'masked' | 'plain'; },
      options: [{ value: 'masked', text: I.ifMasked, title: I.ifMaskedHelp }, { value: 'plain', text: I.asIs, title: I.asIsHelp }] });
  }

  private predictionsPart(): TemplateResult {
    const pin = this.pin();
    const failure = this.now.error ?? this.without.error;
    if (failure) return problem(failure, () => { this.now.retry(); this.without.retry(); });
    const canMask = pin !== null && !this.special(pin.token) && !this.continues();
    const masked = pin !== null && this.tokenMasked(pin.token);
    const run = this.can('run');
    return html`${predictionsSection({ can: this.can('predict'), now: this.now.value ?? (this.now.busy ? this.now.last : undefined),
      before: this.settings.ablations.length > 0 ? this.without.value : undefined,
        busy: this.now.busy, hint: pin ? I.noPrediction : this.continues() ? I.clickNext : I.clickOrMask })}
      ${canMask ? html`<button type="button" class="small" data-testid="mask-word" aria-pressed=${masked ? 'true' : 'false'}
        aria-disabled=${run === true ? nothing : 'true'} title=${run === true ? I.maskHelp : run}
        @click=${() => { if (run === true) this.command('mask.toggle', { token: pin.token }); }}>${masked ? I.unmask : I.mask}</button>` : nothing}`;
  }

  private ablatePart(): TemplateResult { return ablateSection(this.ablateProps()); }

  /** On top, so that it is in sight when a head goes off. */
  private effectPart(): TemplateResult | typeof nothing {
    if (this.settings.ablations.length === 0) return nothing;
    return html`<section class="effect" aria-labelledby="h-effect"
      data-testid="effect"><h3 id="h-effect">${I.effect}</h3>${effectSection(this.ablateProps())}</section>`;
  }

  private wordChange(): string {
    const pin = this.pin();
    const [now, before] = [this.now.value, this.without.value].map((list) => list?.find((p) => p.position === pin?.token));
    return now && before ? changeText(tokenText(now.token), before.probability, now.probability) : '';
  }

  private ablateProps(): AblateProps {
    const { settings: s, trace } = this;
    const moved = this.moved.value;
    const { error } = this.moved as { error: { message?: string } | undefined };
    return { can: this.can('ablate'), heads: s.heads, ablations: s.ablations, set: (mode) => { this.command('ablate.set', { mode }); },
      remove: (head) => { this.command('ablate.remove', { head }); },
      changes: moved ? [...moved.js].sort((a, b) => b[1] - a[1]) : null, sample: moved?.sample ?? null,
      changesNote: error ? error.message ?? String(error) : this.moved.busy ? I.comparing : '',
      select: (head) => { this.command('head.select', { head }); },
      wordChange: this.wordChange(), effects: this.effects.value, measuring: this.effects.busy,
      measure: this.can('predict') === true && trace && !this.continues() ? () => { this.measured = trace.id; } : null };
  }

  private reproducePart(trace: TraceInfo): TemplateResult {
    const { settings: s } = this;
    const command = commandLine(this.made ?? s, { model: s.model || trace.model.name, target: trace.key !== null,
      ...(this.source ? { file: this.source } : trace.picture ? { image: sideTokens(trace, s.stack, 'q').text_a ?? '' } : {}) });
    const link = this.link || location.href;
    const made = computedInFull(trace);
    return html`${command ? html`<div class="code" tabindex="0" role="group"
      aria-label=${I.command}><code data-testid="command">${command}</code></div>` : html`<p class="muted">${I.noCommand}</p>`}
      <div class="row">${command ? copyButton(I.copyCommand, () => command, 'copy-command')
        : nothing}${copyButton(I.copyLink, () => link, 'copy-link')}</div>
      <dl class="ids"><dt>${I.trace}</dt><dd title=${trace.id}>${trace.id.slice(0,
        16)}</dd><dt>${I.model}</dt><dd title=${trace.model.fingerprint ?? ''}>${trace.model.name}${trace.model.fingerprint
        ? `, sha256 ${trace.model.fingerprint.slice(0, 12)}…` : ''}</dd>${made
        ? html`<dt>${I.run}</dt><dd data-testid="run-precision">${made}</dd>` : nothing}</dl>`;
  }

  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while ([this.row, this.now, this.without, this.moved, this.effects].some((l) => l.busy));
  }
}
define('headscope-inspector', Inspector);

const never = (): Promise<never> => Promise.reject(new Error('no question'));
