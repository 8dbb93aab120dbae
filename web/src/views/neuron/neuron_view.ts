// The neuron view: why a query attends to a key, number by number (ui.md §3.3).

import { html, nothing, render, type TemplateResult } from 'lit';
import { ruleWords } from '../../base/layer_rule';
import { chosenToken } from '../../base/pins';
import type { PartsData } from '../../base/tiles';
import { isBlock, sideTokens, stackOf } from '../../base/trace_info';
import { N } from '../../base/words/neuron';
import { W } from '../../base/words/common';
import { shorten, tokenText } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { define } from '../../ui/define';
import { exact4, exact9, fixed } from '../../ui/ink';
import { Latest } from '../../ui/latest';
import { longPress } from '../../ui/long_press';
import { rampStops } from '../../ui/ramps';
import { SIDE_ROLE, sideTitle } from '../../ui/side_title';
import { choiceSelect } from '../common/choice_select';
import { isMenuKey } from '../common/keys';
import type { TableData } from '../common/data_table';
import type { ViewEngine } from '../../ui/types';
import { ViewBase } from '../common/view_base';
import { keyParts } from './neuron_math';
import { columnsOf, LINES, planOf, questionOf, rowWindow, ROW, type Columns, type NeuronAnswer, type NeuronPlan } from './neuron_plan';
import { hasParts, partTable, partsTable } from './neuron_parts';
import { keyVectors, paintLines, paintVectors, productVectors, queryVector } from './neuron_paint';
import { neuronStyles } from './neuron_styles';
import { cellText, checkText, headText, scoreOf, scoreTitle, SCORE_DECIMALS, WEIGHT_DECIMALS, weightText } from './neuron_words';
import { partner } from './rotation';

/** Queries that have a button; the arrow keys reach the others. */
const QUERIES = 60;

export class NeuronView extends ViewBase {
  static override properties = { ...ViewBase.properties, allKeys: { state: true }, split: { state: true } };
  static override styles = neuronStyles;
  declare allKeys: boolean;
  /** The first layer's products are shown by their parts, too. */
  declare split: boolean;
  /** The cell that the numbers describe; it stays when the pointer leaves. */
  private cell: { neuron: number; key: number } | null = null;
  private pinnedNeuron: number | null = null;
  private readonly answers = new Latest<NeuronAnswer>(this);
  private readonly parts = new Latest<PartsData>(this);
  private reported: unknown;
  private planned: { from: unknown[]; plan: NeuronPlan } | undefined;
  private painted = '';

  constructor() {
    super();
    this.allKeys = false;
    this.split = false;
  }

  // ---- data ------------------------------------------------------------------------------------

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const { engine } = this;
    const question = questionOf(this.trace, this.settings);
    if (!engine || !question) {
      const none = (): Promise<never> => Promise.reject(new Error('no question'));
      this.answers.ask('', none);
      this.parts.ask('', none);
      return;
    }
    const { trace, ...request } = question;
    this.answers.ask(JSON.stringify(question), async (signal) => ({ ...question, data: await engine.neuron(trace, request, { signal }) }));
    const { stack, head, query } = question;
    const asked = this.split && this.divisible ? JSON.stringify(question) : '';
    this.parts.ask(asked, (signal) => (engine as Required<ViewEngine>).parts(trace, { stack, head, query }, { signal }));
    const { error } = this.answers;
    if (error !== undefined && error !== this.reported) this.report(error);
    this.reported = error;
  }

  override retry(): void { this.answers.retry(); }

  protected override pendingWork(): boolean { return this.answers.busy || this.parts.busy; }

  private get expanded(): boolean { return this.settings.computation === 'shown'; }

  /** Of the numbers that are there, under their own names: those of the question before while the new ones come. */
  private plan(): NeuronPlan | null {
    const { trace, settings } = this;
    const answer = this.answers.last;
    if (!trace || !answer || answer.trace !== trace.id) return null;
    const from = [answer, settings, this.allKeys];
    if (this.planned && from.every((x, i) => x === this.planned?.from[i])) return this.planned.plan;
    const plan = planOf(trace, settings, answer, this.allKeys);
    this.planned = { from, plan };
    return plan;
  }

  private get stale(): boolean { return this.answers.value === undefined; }

  private window(plan: NeuronPlan): { first: number; end: number } {
    const scroller = this.renderRoot.querySelector('.scroller');
    return rowWindow(plan.rows.keys.length, scroller?.scrollTop ?? 0, scroller?.clientHeight ?? 600);
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { trace } = this;
    if (!trace) return html``;
    if (isBlock(trace, this.settings.stack)) {
      const names = trace.stacks.map((s) => s.name).join(', ');
      return html`<p class="bar" data-testid="view-neuron">${N.oneStack(names)}</p>`;
    }
    const plan = this.plan();
    const error = this.answers.error as { message?: string } | undefined;
    return html`<div class="bar" data-testid="view-neuron">
        <button data-testid="nv-toggle" aria-pressed=${this.expanded ? 'true' : 'false'} @click=${() => { this.toggleComputation(); }}>${N.computation}</button>
        ${this.select('neurons', 'nv-order')}${this.select('keyRows', 'nv-rows')}${plan?.rule.rope ? this.select('vectors', 'nv-rotation') : nothing}
        ${this.partsButton()}${this.tableButton()}
        ${plan ? html`<span data-testid="nv-head">${headText(plan)}</span>` : nothing}
        ${plan && this.expanded ? this.legend(plan) : nothing}
        ${error ? html`<span class="notice" role="status">${N.failed(error.message ?? '')}</span><button
          @click=${() => { this.retry(); }}>${W.retry}</button>`
          : this.stale ? html`<span class="updating" role="status" data-testid="nv-updating">${W.updating}</span>` : nothing}</div>
      ${this.queries(plan)}
      <div class="stage ${this.stale ? 'stale' : ''}">${plan ? this.rows(plan) : html`<p class="bar">${W.loading}</p>`}${this.sheet()}</div>
      ${this.split && this.divisible ? html`<div class="parts" data-testid="nv-parts"></div>` : nothing}
      <div class="foot check" data-testid="nv-check"></div>${this.live()}`;
  }

  /** The head is of the first layer, which alone reads word, position and segment themselves. */
  private get divisible(): boolean {
    const { trace, settings, engine } = this;
    return trace !== undefined && engine?.parts !== undefined && hasParts(stackOf(trace, settings.stack), settings.heads[0] ?? 'L0H0');
  }

  private partsButton(): TemplateResult | typeof nothing {
    if (!this.divisible) return nothing;
    return html`<button data-testid="nv-split" aria-pressed=${this.split ? 'true' : 'false'} title=${N.partsHelp}
      @click=${() => { this.split = !this.split; }}>${N.parts}</button>`;
  }

  /** The parts of one key's score, or why there are none. */
  private partsOf(plan: NeuronPlan, key: number): TemplateResult {
    const error = this.parts.error as { message?: string } | undefined;
    if (error) return html`<p class="muted">${N.notSplit(error.message ?? '')}</p>`;
    const data = this.parts.value;
    if (!data) return html`<p class="muted">${N.splitting}</p>`;
    const word = (tokens: readonly string[], at: number): string => shorten(tokenText(tokens[at] ?? ''), 16);
    return partsTable(partTable(data, plan.data.scale, key), N.partsTitle(word(plan.queries.tokens, plan.answer.query), word(plan.keys.tokens, key),
      exact9(plan.data.scale)));
  }

  /** One of a few values, as the table of controls has them. */
  private select(field: 'neurons' | 'keyRows' | 'vectors', testid: string): TemplateResult {
    return choiceSelect({ field, value: this.settings[field], testid }, (value) => { this.command(`${field}.set`, { value }); });
  }

  private legend(plan: NeuronPlan): TemplateResult {
    const stops = rampStops(this.theme, 'signed').join(', ');
    const sigmas = N.sigmas(exact4(plan.sigmaVectors), exact4(plan.sigmaProducts));
    return html`<span class="legend" data-testid="nv-legend" role="img"
      aria-label=${N.legend(sigmas)} title=${N.colour(sigmas)}>−
      <i class="ramp" ${css$({ background: `linear-gradient(to right, ${stops})` })}></i>+ <span class="muted">${N.scale(sigmas)}</span></span>`;
  }

  /** The query as a line of words above the table: the chosen one decides every number below. */
  private queries(plan: NeuronPlan | null): TemplateResult {
    const trace = this.trace as NonNullable<typeof this.trace>;
    const tokens = sideTokens(trace, this.settings.stack, 'q').tokens;
    const query = questionOf(trace, this.settings)?.query ?? plan?.answer.query ?? 0;
    const first = Math.max(0, Math.min(tokens.length - QUERIES, query - QUERIES / 2));
    const shown = Array.from({ length: Math.min(QUERIES, tokens.length) }, (_, i) => first + i);
    const title = `${sideTitle(trace, this.settings.stack, 'q')}: ${SIDE_ROLE.q}`;
    return html`<div class="queries" role="listbox" aria-orientation="horizontal" aria-label="${title}" data-testid="nv-query" tabindex="0"
      @keydown=${(e: KeyboardEvent) => { this.queryKey(e, query); }}><span class="title" role="presentation">${title}</span>
      ${shown.map((i) => html`<div role="option" aria-selected=${i === query ? 'true' : 'false'} data-index=${i} title=${N.position(i)}
        @click=${() => { this.chooseQuery(i); }}
        @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.menu('q', i, e.clientX, e.clientY); }}
        @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { this.menu('q', i, x, y); }); }}><bdi
          dir="auto">${shorten(tokenText(tokens[i] ?? ''), 14)}</bdi></div>`)}</div>`;
  }

  private rows(plan: NeuronPlan): TemplateResult {
    const { data, rows } = plan;
    const c = columnsOf(this.clientWidth, data, this.expanded);
    const { first, end } = this.window(plan);
    const word = tokenText(plan.queries.tokens[plan.answer.query] ?? '');
    const top = `${first * ROW}px`;
    const note = ruleWords(plan.rule);
    const mark = (where: string, kind: string, left: number): TemplateResult => html`<i class="mark ${kind}" data-mark=${where} data-left=${left}></i>`;
    const marks = (where: string, left: number): TemplateResult => html`${mark(where, '', left)}${plan.rule.rope ? mark(where, 'partner', left) : nothing}`;
    return html`<div class="scroller" tabindex="0" role="group" aria-label=${N.numbersOfKeys}
      ${css$({ '--columns': c.template, '--gap': `${c.gap}px` })}
        @keydown=${(e: KeyboardEvent) => { this.key(e, plan); }} @scroll=${() => { if (rows.keys.length > end - first) this.requestUpdate(); }}>
      ${this.titles(plan)}
      ${this.expanded ? html`<div class="line query"><span class="token"><bdi dir="auto">${shorten(word, 12)}</bdi></span>
        <canvas data-testid="nv-q" aria-hidden="true" ${css$({ left: `${c.k}px`, top: '0px' })}
          @pointermove=${(e: PointerEvent) => { this.over(e, plan, null); }} @click=${() => { this.pinNeuron(); }}></canvas>
        ${marks('q', c.k)}</div>` : nothing}
      <div class="rows" role="listbox" aria-label=${this.keyTitle()} ${css$({ height: `${rows.keys.length * ROW}px` })}>
        ${rows.keys.slice(first, end).map((j, i) => this.line(plan, c, j, first + i))}
        ${this.expanded ? html`
        <canvas data-testid="nv-k" aria-hidden="true" ${css$({ left: `${c.k}px`, top })} @pointermove=${(e: PointerEvent) => { this.over(e, plan, first); }}
          @click=${() => { this.pinNeuron(); }}></canvas>
        <canvas data-testid="nv-prod" aria-hidden="true" ${css$({ left: `${c.products}px`, top })}
          @pointermove=${(e: PointerEvent) => { this.over(e, plan, first); }} @click=${() => { this.pinNeuron(); }}></canvas>
        ${marks('k', c.k)}${marks('prod', c.products)}` : html`
        <canvas data-testid="nv-lines" aria-hidden="true" ${css$({ left: `${LINES.left}px`, top, 'pointer-events': 'none' })}></canvas>`}</div>
      ${rows.restKeys > 0 ? html`<div class="more"><button data-testid="nv-rest"
        @click=${() => { this.allKeys = true; }}>${N.more(rows.restKeys, exact4(rows.restMass))}</button></div>` : nothing}
      ${data.sink === null ? nothing : html`<div class="more" data-testid="nv-sink" data-value=${data.sink}>${N.sink(fixed(data.sink,
        WEIGHT_DECIMALS))}</div>`}
      ${note === '' ? nothing : html`<div class="more muted" data-testid="nv-rule">${note}</div>`}</div>`;
  }

  private keyTitle(): string { return `${sideTitle(this.trace, this.settings.stack, 'k')}: ${SIDE_ROLE.k}`; }

  private titles(plan: NeuronPlan): TemplateResult {
    const { data } = plan;
    const query = html`<bdi dir="auto">“${shorten(tokenText(plan.queries.tokens[plan.answer.query] ?? ''), 10)}”</bdi>`;
    if (!this.expanded) return html`<div class="line titles"><span class="n">${N.query} ${query}</span><span></span><span>${N.key}</span><span
      class="n">${N.weight}</span><span></span></div>`;
    return html`<div class="line titles"><span class="n">${this.keyTitle()}</span><span
      data-testid="nv-k-head">${N.vectors}</span><span>${N.products}</span>
      ${data.bias ? html`<span class="n">${N.bias}</span>` : nothing}<span class="n" data-testid="nv-score-head">${scoreTitle(data)}</span><span
        class="n">${N.softmax}</span><span></span></div>`;
  }

  private line(plan: NeuronPlan, c: Columns, j: number, row: number): TemplateResult {
    const { data } = plan;
    const token = tokenText(plan.keys.tokens[j] ?? '');
    const bias = data.bias?.[j] ?? 0;
    const masked = bias === -Infinity;
    const weight = data.weights[j] ?? 0;
    const score = scoreOf(plan, j);
    const word = html`<span class="${this.expanded ? 'token' : 'after'}"><bdi dir="auto">${shorten(token, 12)}</bdi></span>`;
    return html`<div class="line" role="option" data-key=${j} aria-selected=${j === plan.key ? 'true' : 'false'} aria-posinset=${row + 1}
      aria-setsize=${plan.rows.keys.length}
      title=${`${token} · ${N.position(j)}`} ${css$({ top: `${row * ROW}px` })} @click=${() => { this.chooseKey(j); }}
      @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.menu('k', j, e.clientX, e.clientY); }}
      @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { this.menu('k', j, x, y); }); }}>${this.expanded
        ? html`${word}<span></span><span></span>
      ${data.bias ? html`<span class="n ${masked ? 'masked' : ''}" data-testid="nv-bias"
        data-value=${bias}>${masked ? '' : fixed(bias, SCORE_DECIMALS)}</span>` : nothing}
      <span class="n" data-testid="nv-score" data-value=${score}><span
        class="hidden">${N.score} </span>${fixed(score, SCORE_DECIMALS)}</span>` : html`<span></span><span></span>${word}`}
      <span class="n" data-testid="nv-softmax" data-value=${weight}><span class="hidden">${N.weightOf} </span>${weightText(weight)}</span>
      <i class="meter" ${css$({ width: `${Math.min(1, weight) * 100}%` })}></i>
      ${c.roomy && this.expanded ? html`<span class="after" aria-hidden="true"><bdi dir="auto">${shorten(token, 16)}</bdi></span>` : nothing}</div>`;
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const plan = this.plan();
    if (!plan) return;
    const { first, end } = this.window(plan);
    const keys = plan.rows.keys.slice(first, end);
    const c = columnsOf(this.clientWidth, plan.data, this.expanded);
    const canvas = (name: string): HTMLCanvasElement | null => this.renderRoot.querySelector<HTMLCanvasElement>(`[data-testid=nv-${name}]`);
    const { trace, head, query, rotated } = plan.answer;
    const look = [trace, head, query, rotated, plan.order.join(), keys.join(), c.vector, this.theme, this.expanded, window.devicePixelRatio].join(' ');
    if (look === this.painted && (canvas('k')?.width ?? canvas('lines')?.width ?? 0) > 0 && !this.fresh()) return;
    this.painted = look;
    const [q, k, prod, lines] = ['q', 'k', 'prod', 'lines'].map(canvas);
    if (q) paintVectors(q, queryVector(plan), plan, c.vector, this.theme);
    if (k) paintVectors(k, keyVectors(plan, keys), plan, c.vector, this.theme);
    if (prod) paintVectors(prod, productVectors(plan, keys), plan, c.vector, this.theme);
    if (lines) paintLines(lines, keys.map((j) => plan.data.weights[j] ?? 0), LINES.width, ROW / 2, getComputedStyle(this).color);
    for (const one of [q, k, prod, lines]) one?.setAttribute('data-painted', '');
    this.mark('firstPaint');
  }

  /** A canvas that has not been painted yet: the template has just made it. */
  private fresh(): boolean { return this.renderRoot.querySelector('canvas:not([data-painted])') !== null; }

  /** Outlines of the chosen neuron and the numbers below: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const plan = this.plan();
    const check = this.renderRoot.querySelector('[data-testid=nv-check]');
    if (!plan || !check) {
      check?.replaceChildren();
      return;
    }
    const key = this.cell && this.cell.key < plan.data.weights.length ? this.cell.key : plan.key;
    const neuron = this.pinnedNeuron ?? this.cell?.neuron ?? null;
    const texts = [checkText(plan, key), ...(this.expanded ? [cellText(plan, neuron, key)] : [])];
    const parts = this.renderRoot.querySelector<HTMLElement>('.parts');
    if (parts) render(this.partsOf(plan, key), parts);
    check.replaceChildren(...texts.map((text) => { const span = document.createElement('span'); span.textContent = text; return span; }));
    const other = neuron !== null && plan.rule.rope ? partner(plan.rule.rope, neuron) : null;
    const cell = columnsOf(this.clientWidth, plan.data, this.expanded).vector / plan.order.length;
    for (const mark of this.renderRoot.querySelectorAll<HTMLElement>('.mark')) {
      const at = plan.order.indexOf((mark.classList.contains('partner') ? other : neuron) ?? -1);
      mark.style.display = at < 0 ? 'none' : 'block';
      mark.style.left = `${Number(mark.dataset['left']) + at * cell - 1}px`;
      mark.style.width = `${Math.max(4, cell + 2)}px`;
      mark.style.top = '0px';
      mark.style.height = mark.dataset['mark'] === 'q' ? `${ROW}px` : `${plan.rows.keys.length * ROW}px`;
    }
  }

  // ---- gestures --------------------------------------------------------------------------------

  private toggleComputation(): void { this.command('computation.set', { value: this.expanded ? 'hidden' : 'shown' }); }

  /** first: index of the canvas's first row; null = the query's row, which belongs to the chosen key. */
  private over(event: PointerEvent, plan: NeuronPlan, first: number | null): void {
    const { order, rows } = plan;
    const canvas = event.currentTarget as HTMLCanvasElement;
    const at = Math.min(order.length - 1, Math.max(0, Math.floor((event.offsetX / canvas.clientWidth) * order.length)));
    const key = first === null ? plan.key : rows.keys[Math.min(rows.keys.length - 1, first + Math.max(0, Math.floor(event.offsetY / ROW)))] ?? plan.key;
    const neuron = order[at] as number;
    if (this.cell?.neuron === neuron && this.cell.key === key) return;
    this.cell = { neuron, key };
    this.repaintOverlay();
  }

  private pinNeuron(): void {
    const neuron = this.cell?.neuron ?? null;
    this.pinnedNeuron = this.pinnedNeuron === neuron ? null : neuron;
    this.repaintOverlay();
  }

  /** A click pins, as in every view; the chosen link follows. */
  private choose(q: number, k: number | null): void {
    this.command('pin.set', { pins: [`q${q}`, ...(k === null ? [] : [`k${k}`])] });
    this.command('selection.set', { q, k });
  }

  private chooseQuery(q: number): void { this.choose(q, chosenToken(this.settings, 'k')); }

  /** A second click takes the choice back. */
  private chooseKey(k: number): void {
    this.cell = this.cell ? { ...this.cell, key: k } : null;
    const query = questionOf(this.trace, this.settings)?.query;
    if (query !== undefined) this.choose(query, chosenToken(this.settings, 'k') === k ? null : k);
  }

  private menu(side: 'q' | 'k', token: number, x: number, y: number): void { this.emit('hs-token-menu', { side, token, x, y }); }

  private menuOf(event: KeyboardEvent, side: 'q' | 'k', token: number): boolean {
    if (!isMenuKey(event)) return false;
    const of = side === 'q' ? `.queries [data-index="${token}"]` : `.rows [data-key="${token}"]`;
    const box = this.renderRoot.querySelector(of)?.getBoundingClientRect();
    this.menu(side, token, box?.left ?? 0, box?.bottom ?? 0);
    return true;
  }

  private queryKey(event: KeyboardEvent, query: number): void {
    const n = this.trace ? sideTokens(this.trace, this.settings.stack, 'q').tokens.length : 0;
    const to = { ArrowDown: query + 1, ArrowRight: query + 1, ArrowUp: query - 1, ArrowLeft: query - 1, Home: 0, End: n - 1 }[event.key];
    if (!this.menuOf(event, 'q', query) && !this.commonKey(event)) {
      if (to === undefined || to < 0 || to >= n) return;
      this.chooseQuery(to);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private key(event: KeyboardEvent, plan: NeuronPlan): void {
    const { order, rows } = plan;
    const at = Math.max(0, order.indexOf(this.cell?.neuron ?? order[0] ?? 0));
    const row = Math.max(0, rows.keys.indexOf(this.cell?.key ?? plan.key));
    const step: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = step[event.key];
    const inside = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));
    if (move) {
      this.cell = { neuron: order[inside(at + move[0], order.length)] as number, key: rows.keys[inside(row + move[1], rows.keys.length)] as number };
      this.speak(cellText(plan, this.pinnedNeuron ?? this.cell.neuron, this.cell.key));
    } else if (event.key === 'Enter') this.pinNeuron();
    else if (event.key === ' ') {
      if (!this.singleKeys) return;
      this.toggleComputation();
    } else if (this.menuOf(event, 'k', this.cell?.key ?? plan.key) || this.commonKey(event)) { /* done */ }
    else if (event.key === 'Escape' && (this.cell || this.pinnedNeuron !== null)) { this.pinnedNeuron = null; this.cell = null; }
    else return;
    this.repaintOverlay();
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- table and test API ----------------------------------------------------------------------

  protected override tableData(): TableData | null {
    const plan = this.plan();
    if (!plan) return null;
    const { data } = plan;
    const word = tokenText(plan.queries.tokens[plan.answer.query] ?? '');
    const bias = data.bias !== null;
    return { caption: `${plan.answer.head}, query “${word}” (${plan.answer.query}): every key`,
             columns: [{ title: 'Position', numeric: true }, { title: sideTitle(this.trace, this.settings.stack, 'k') },
               { title: 'Sum of products', numeric: true }, ...(bias ? [{ title: 'Bias',
               numeric: true }] : []),
                       { title: 'Score', numeric: true }, { title: 'Weight', numeric: true }],
             rows: Array.from(data.weights, (weight, j) => [String(j), tokenText(plan.keys.tokens[j] ?? ''), keyParts(data, j).sum, ...(bias
               ? [data.bias?.[j] ?? 0] : []), scoreOf(plan, j), weight]) };
  }

  alt(): string {
    const plan = this.plan();
    if (!plan) return '';
    const word = (tokens: readonly string[], i: number): string => tokenText(tokens[i] ?? '');
    return `${plan.answer.head}: ${word(plan.queries.tokens, plan.answer.query)} to ${word(plan.keys.tokens,
      plan.key)}, weight ${exact4(plan.data.weights[plan.key] ?? 0)}.`;
  }
}
define('headscope-neuron-view', NeuronView);
