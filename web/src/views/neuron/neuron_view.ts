// The neuron view: why a query attends to a key, number by number (ui.md §3.3).

import { html, nothing, render, type TemplateResult } from 'lit';
import { chosenToken } from '../../base/pins';
import type { PartsData } from '../../base/tiles';
import { isBlock, sideTokens, stackOf } from '../../base/trace_info';
import { N } from '../../base/words/neuron';
import { W } from '../../base/words/common';
import { shorten, tokenText } from '../../ui/axes';
import { define } from '../../ui/define';
import { exact9 } from '../../ui/ink';
import { Latest } from '../../ui/latest';
import { SIDE_ROLE, sideTitle } from '../../ui/side_title';
import { choiceSelect } from '../common/choice_select';
import { isMenuKey } from '../common/keys';
import type { TableData } from '../common/data_table';
import type { ViewEngine } from '../../ui/types';
import { ViewBase } from '../common/view_base';
import { columnsOf, LINES, planOf, questionOf, rowWindow, ROW, type NeuronAnswer, type NeuronPlan } from './neuron_plan';
import { hasParts, partTable, partsTable } from './neuron_parts';
import { keyVectors, paintLines, paintVectors, productVectors, queryVector } from './neuron_paint';
import { neuronStyles } from './neuron_styles';
import { neuronAlt, neuronTable } from './neuron_table';
import { legend, queries, rows, type NeuronHost } from './neuron_template';
import { cellText, checkText, headText } from './neuron_words';
import { partner } from './rotation';

export class NeuronView extends ViewBase implements NeuronHost {
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

  get expanded(): boolean { return this.settings.computation === 'shown'; }

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

  window(plan: NeuronPlan): { first: number; end: number } {
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
        ${plan && this.expanded ? legend(plan, this.theme) : nothing}
        ${error ? html`<span class="notice" role="status">${N.failed(error.message ?? '')}</span><button
          @click=${() => { this.retry(); }}>${W.retry}</button>`
          : this.stale ? html`<span class="updating" role="status" data-testid="nv-updating">${W.updating}</span>` : nothing}</div>
      ${queries(this, trace, this.settings, plan)}
      <div class="stage ${this.stale ? 'stale' : ''}">${plan ? rows(this, plan) : html`<p class="bar">${W.loading}</p>`}${this.sheet()}</div>
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

  // ---- gestures (NeuronHost) -----------------------------------------------------------------------------

  keyTitle(): string { return `${sideTitle(this.trace, this.settings.stack, 'k')}: ${SIDE_ROLE.k}`; }

  scrolled(): void { this.requestUpdate(); }

  showAllKeys(): void { this.allKeys = true; }

  private toggleComputation(): void { this.command('computation.set', { value: this.expanded ? 'hidden' : 'shown' }); }

  over(event: PointerEvent, plan: NeuronPlan, first: number | null): void {
    const { order, rows } = plan;
    const canvas = event.currentTarget as HTMLCanvasElement;
    const at = Math.min(order.length - 1, Math.max(0, Math.floor((event.offsetX / canvas.clientWidth) * order.length)));
    const key = first === null ? plan.key : rows.keys[Math.min(rows.keys.length - 1, first + Math.max(0, Math.floor(event.offsetY / ROW)))] ?? plan.key;
    const neuron = order[at] as number;
    if (this.cell?.neuron === neuron && this.cell.key === key) return;
    this.cell = { neuron, key };
    this.repaintOverlay();
  }

  pinNeuron(): void {
    const neuron = this.cell?.neuron ?? null;
    this.pinnedNeuron = this.pinnedNeuron === neuron ? null : neuron;
    this.repaintOverlay();
  }

  /** A click pins, as in every view; the chosen link follows. */
  private choose(q: number, k: number | null): void {
    this.command('pin.set', { pins: [`q${q}`, ...(k === null ? [] : [`k${k}`])] });
    this.command('selection.set', { q, k });
  }

  chooseQuery(q: number): void { this.choose(q, chosenToken(this.settings, 'k')); }

  /** A second click takes the choice back. */
  chooseKey(k: number): void {
    this.cell = this.cell ? { ...this.cell, key: k } : null;
    const query = questionOf(this.trace, this.settings)?.query;
    if (query !== undefined) this.choose(query, chosenToken(this.settings, 'k') === k ? null : k);
  }

  menu(side: 'q' | 'k', token: number, x: number, y: number): void { this.emit('hs-token-menu', { side, token, x, y }); }

  private menuOf(event: KeyboardEvent, side: 'q' | 'k', token: number): boolean {
    if (!isMenuKey(event)) return false;
    const of = side === 'q' ? `.queries [data-index="${token}"]` : `.rows [data-key="${token}"]`;
    const box = this.renderRoot.querySelector(of)?.getBoundingClientRect();
    this.menu(side, token, box?.left ?? 0, box?.bottom ?? 0);
    return true;
  }

  queryKey(event: KeyboardEvent, query: number): void {
    const n = this.trace ? sideTokens(this.trace, this.settings.stack, 'q').tokens.length : 0;
    const to = { ArrowDown: query + 1, ArrowRight: query + 1, ArrowUp: query - 1, ArrowLeft: query - 1, Home: 0, End: n - 1 }[event.key];
    if (!this.menuOf(event, 'q', query) && !this.commonKey(event)) {
      if (to === undefined || to < 0 || to >= n) return;
      this.chooseQuery(to);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  key(event: KeyboardEvent, plan: NeuronPlan): void {
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
    return plan && neuronTable(plan, this.trace);
  }

  alt(): string {
    const plan = this.plan();
    return plan ? neuronAlt(plan) : '';
  }
}
define('headscope-neuron-view', NeuronView);
