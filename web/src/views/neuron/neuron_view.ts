// The neuron view: why a query attends to a key, number by number (ui.md §3.3).

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { shorten, tokenText } from '../../ui/axes';
import { choiceOf } from '../../base/controls';
import type { ViewSettings } from '../../base/state';
import { isBlock } from '../../base/trace_info';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import { longPress } from '../../ui/long_press';
import { tokensOf } from '../../ui/picture_axes';
import { ViewBase } from '../common/view_base';
import { parseHead, stackOf, headsOfLayer, type NeuronData, type StackInfo } from '../../ui/types';
import { ramp, rampCss } from '../../ui/ramps';
import { parsePin, togglePin } from '../../ui/pins';
import { pairText, partner, type Rope } from './rotation';
import { keyHead, keyParts, keyRows, neuronOrder, products, sigma } from './neuron_math';

const ROW = 24;

interface Loaded { key: string; data: NeuronData }

export class NeuronView extends ViewBase {
  static override properties = { ...ViewBase.properties, allKeys: { state: true }, cell: { state: true }, pinnedNeuron: { state: true } };
  static override styles = css`
    :host { display: flex; flex-direction: column; height: 100%; min-height: 0; color: var(--hs-text, #1a1f26); background: var(--hs-bg, #fff); font: 13px/1.3 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
    .bar, .foot { display: flex; flex-wrap: wrap; gap: 6px 12px; padding: 4px 8px; align-items: center; font-size: 12px; }
    .foot { border-top: 1px solid var(--hs-hairline, #d5dae1); min-height: 40px; color: var(--hs-text, #1a1f26); }
    select, button { font: inherit; min-height: 24px; color: inherit; background: var(--hs-bg, #fff); border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; }
    button[aria-pressed='true'] { background: var(--hs-accent-bg, #e3edfd); }
    :focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: -2px; }
    .body { display: flex; flex: 1; min-height: 0; }
    .queries { overflow-y: auto; border-right: 1px solid var(--hs-hairline, #d5dae1); min-width: 84px; flex: none; }
    .queries div[role='option'] { height: ${ROW}px; box-sizing: border-box; padding: 3px 8px; cursor: pointer; white-space: nowrap; text-align: end; }
    .queries div[aria-selected='true'] { outline: 2px solid var(--hs-text, #1a1f26); outline-offset: -2px; font-weight: 600; }
    .title { position: sticky; top: 0; z-index: 1; display: grid; align-items: end; height: 44px; box-sizing: border-box; width: 0; min-width: 100%; padding: 0 8px 2px; font-size: 11px; text-align: end; color: var(--hs-muted, #55606e); background: var(--hs-bg, #fff); border-bottom: 1px solid var(--hs-hairline, #d5dae1); }
    .table { position: relative; flex: 1; overflow: auto; min-width: 0; }
    .line { display: grid; grid-template-columns: var(--columns); height: ${ROW}px; align-items: center; column-gap: 10px; cursor: pointer; padding: 0 6px; }
    .line.head { position: sticky; top: 0; background: var(--hs-bg, #fff); z-index: 2; height: auto; min-height: 44px; font-size: 11px; color: var(--hs-muted, #55606e); border-bottom: 1px solid var(--hs-hairline, #d5dae1); cursor: default; align-items: end; }
    .line.query { position: sticky; top: 45px; background: var(--hs-bg, #fff); z-index: 2; border-bottom: 1px solid var(--hs-hairline, #d5dae1); }
    .line[aria-selected='true'] { background: var(--hs-pin, #ffe9a8); }
    .line:not(.head):not(.query):hover { background: var(--hs-hover, #e8ecf1); }
    canvas { opacity: var(--hs-picture-opacity, 1); height: 16px; display: block; }
    .token { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: end; }
    .number { display: grid; grid-template-columns: 56px 1fr; gap: 6px; align-items: center; }
    .number b { font-weight: 400; text-align: end; } .number i { opacity: var(--hs-picture-opacity, 1); height: 8px; background: var(--hs-accent, #0b57d0); }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .masked { background: repeating-linear-gradient(45deg, var(--hs-border, #7a8594) 0 1px, transparent 1px 5px); height: 16px; }
  `;
  declare allKeys: boolean;
  /** What the numbers below describe; stays when the pointer leaves. */
  declare cell: { neuron: number; key: number } | null;
  declare pinnedNeuron: number | null;
  private loaded: Loaded | undefined;
  private asking: { key: string; abort: AbortController } | undefined;

  constructor() {
    super();
    this.allKeys = false;
    this.cell = null;
    this.pinnedNeuron = null;
  }

  private get expanded(): boolean { return this.settings.computation === 'shown'; }
  private get rotated(): boolean { return this.settings.vectors === 'after' || this.rope() === null; }
  private toggleComputation(): void { this.change(this.expanded ? 'hide the computation' : 'show the computation', { computation: this.expanded ? 'hidden' : 'shown' }); }

  /** One of a few values, as the table of controls has them. */
  private select(field: 'neurons' | 'keyRows' | 'vectors', testid: string): TemplateResult {
    const { title, values } = choiceOf(field);
    const send = (value: string): void => { this.change(values.find(([v]) => v === value)?.[2] ?? title, { [field]: value } as Partial<ViewSettings>); };
    return html`<label>${title} <select data-testid=${testid} @change=${(e: Event) => { send((e.target as HTMLSelectElement).value); }}>
      ${values.map(([v, text]) => html`<option value=${v} .selected=${v === this.settings[field]}>${text}</option>`)}</select></label>`;
  }

  /** The pinned query, else the first word: there is no "nothing selected". */
  private query(): number {
    const pin = this.settings.pins.map(parsePin).find((p) => p?.side === 'q');
    const tokens = tokensOf(this.trace, this.settings, 'q');
    if (pin && tokens && pin.token < tokens.tokens.length) return pin.token;
    return Math.max(0, tokens?.special.findIndex((s) => !s) ?? 0);
  }

  private pinnedKey(data: NeuronData): number {
    const pin = this.settings.pins.map(parsePin).find((p) => p?.side === 'k');
    if (pin && pin.token < data.weights.length) return pin.token;
    return data.weights.indexOf(Math.max(...data.weights));
  }

  private ask(): void {
    const { trace, engine } = this;
    if (!trace || !engine || isBlock(trace, this.settings.stack)) return;
    const head = this.settings.heads[0] ?? 'L0H0';
    const query = this.query();
    const stack = stackOf(trace, this.settings.stack).name;
    const key = [trace.id, stack, head, query, this.rotated].join(' ');
    if (this.loaded?.key === key || this.asking?.key === key) return;
    this.asking?.abort.abort();
    const abort = new AbortController();
    this.asking = { key, abort };
    engine.neuron(trace.id, { stack, head, query, rotated: this.rotated }, { signal: abort.signal }).then((data) => {
      if (this.asking?.key !== key) return;
      this.asking = undefined;
      this.loaded = { key, data };
      this.requestUpdate();
    }, (error: unknown) => {
      if (this.asking?.key === key) this.asking = undefined;
      if (!abort.signal.aborted) this.report(error);
    });
  }

  protected override pendingWork(): boolean { return this.asking !== undefined; }

  override render(): TemplateResult {
    const { trace } = this;
    if (!trace) return html``;
    if (isBlock(trace, this.settings.stack)) return html`<p class="bar" data-testid="view-neuron">One computation belongs to one stack. Choose ${trace.stacks.map((s) => s.name).join(', ')} as the stack.</p>`;
    const stack = stackOf(trace, this.settings.stack);
    const data = this.loaded?.data;
    const query = this.query();
    return html`<div class="bar" data-testid="view-neuron">
        <button data-testid="nv-toggle" aria-pressed=${this.expanded ? 'true' : 'false'} @click=${() => { this.toggleComputation(); }}>${this.expanded ? '⊖' : '⊕'} Show computation</button>
        ${this.select('neurons', 'nv-order')}${this.select('keyRows', 'nv-rows')}${stack.rope ? this.select('vectors', 'nv-rotation') : nothing}
        <span>${this.headText(stack)}</span></div>
      <div class="body"><div class="queries" role="listbox" aria-label="Query: being updated" data-testid="nv-query" tabindex="0" @keydown=${(e: KeyboardEvent) => { this.queryKey(e, query); }}>
        <div class="title" role="presentation">Query: being updated</div>${this.queryWindow(query).map((i) => html`<div role="option" aria-selected=${i === query ? 'true' : 'false'} @click=${() => { this.choose(i); }}
          @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.emit('hs-token-menu', { side: 'q', token: i, x: e.clientX, y: e.clientY }); }} @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { this.emit('hs-token-menu', { side: 'q', token: i, x, y }); }); }}><bdi>${shorten(tokenText(tokensOf(trace, this.settings, 'q')?.tokens[i] ?? ''), 14)}</bdi></div>`)}</div>
      ${data ? this.table(data, stack, query) : html`<div class="table">Loading…</div>`}</div>
      <div class="foot" role="status" data-testid="nv-check">${data ? this.check(data) : ''}</div>`;
  }

  /** At most 80 options around the chosen query; the arrow keys move on. */
  private queryWindow(query: number): number[] {
    const n = tokensOf(this.trace, this.settings, 'q')?.tokens.length ?? 0;
    const first = Math.max(0, Math.min(n - 80, query - 40));
    return Array.from({ length: Math.min(80, n) }, (_, i) => first + i);
  }

  private headText(stack: StackInfo): string {
    const id = parseHead(this.settings.heads[0] ?? '');
    if (!id) return '';
    const at = stack.layers.indexOf(id.layer);
    const heads = headsOfLayer(stack, id.layer);
    const kv = stack.kv_heads[at] ?? heads;
    if (kv === heads) return `Head L${id.layer}H${id.head}, ${stack.head_dim} neurons`;
    const shared = keyHead(id.head, heads, kv);
    return `query head ${id.head} · key head ${shared.kv} (shared by ${shared.first}–${shared.last})`;
  }

  private table(data: NeuronData, stack: StackInfo, query: number): TemplateResult {
    const tokens = tokensOf(this.trace, this.settings, 'k');
    const rows = keyRows(data.weights, this.settings.keyRows, this.allKeys);
    const pinned = this.pinnedKey(data);
    const { wide, columns } = this.columns(data);
    const shown = rows.keys.slice(0, 400);
    const scale = exact4(data.scale);
    const bias = data.bias ? ' + bias' : '';
    return html`<div class="table" role="listbox" aria-label="Keys: attended to" tabindex="0" ${css$({ '--columns': columns })} @keydown=${(e: KeyboardEvent) => { this.key(e, data, rows.keys, pinned); }}>
      <div class="line head" role="presentation"><span>Key: attended to</span>${this.expanded ? html`
        <span data-testid="nv-k-head">q (top row) and k; tanh(x/σ), σ = ${exact4(sigma(data.q, data.k))}</span><span>q × k; σ = ${exact4(this.productSigma(data, shown))}</span>
        ${data.bias ? html`<span>bias / mask</span>` : nothing}<span>${data.softcap ? `cap(Σ × ${scale})${bias}` : `Σ × ${scale}${bias}`}</span>` : nothing}<span>Softmax</span></div>
      ${this.expanded ? html`<div class="line query" role="presentation"><span class="token"><bdi>${tokenText(tokensOf(this.trace, this.settings, 'q')?.tokens[query] ?? '')}</bdi></span>
        <canvas data-vector="q" data-testid="nv-q" aria-hidden="true" ${css$({ width: `${wide}px` })} @pointermove=${(e: PointerEvent) => { this.over(e, data, pinned); }} @click=${() => { this.pinnedNeuron = this.cell?.neuron ?? null; }}></canvas></div>` : nothing}
      ${shown.map((j) => this.line(data, j, tokens?.tokens[j] ?? '', j === pinned, wide))}
      ${rows.restKeys > 0 ? html`<div class="line"><button data-testid="nv-rest" @click=${() => { this.allKeys = true; }}>${rows.restKeys} more keys, mass ${exact4(rows.restMass)}</button></div>` : nothing}
      ${rows.keys.length > shown.length ? html`<div class="line">${rows.keys.length - shown.length} further keys: sort by weight, or use the Matrix view.</div>` : nothing}
      ${stack.mask.kind === 'causal' ? html`<div class="line">Keys after the query are masked.</div>` : nothing}</div>`;
  }

  /** The key's token stands after its weight too, where there is room for it. */
  private get roomy(): boolean { return this.clientWidth >= 760; }

  /** Vectors as wide as the element allows, four pixels a neuron at most. */
  private columns(data: NeuronData): { wide: number; columns: string } {
    const bias = data.bias && this.expanded ? ['60px'] : [];
    const rest = ['66px', this.roomy ? '132px' : 'minmax(92px, 1fr)', ...(this.roomy ? ['minmax(70px, 1fr)'] : [])];
    const fixed = 92 + 76 + 66 + (this.roomy ? 132 + 80 : 92) + 60 * bias.length + 10 * (rest.length + bias.length + 1) + 24;
    const wide = Math.max(72, Math.min(256, data.dim * 4, Math.floor((this.clientWidth - fixed) / 2)));
    return { wide, columns: ['76px', ...(this.expanded ? [`${wide}px`, `${wide}px`, ...bias] : []), ...(this.expanded ? rest : rest.slice(1))].join(' ') };
  }

  private productSigma(data: NeuronData, keys: readonly number[]): number { return sigma(...keys.slice(0, 50).map((j) => products(data, j))); }

  private line(data: NeuronData, j: number, token: string, pinned: boolean, wide: number): TemplateResult {
    const own = keyParts(data, j);
    const parts = this.rotated ? own : { ...own, score: this.trueScore(data, j) };
    const masked = parts.score === -Infinity;
    const vector = (kind: 'k' | 'prod'): TemplateResult => html`<canvas data-vector=${kind} data-key=${j} data-testid="nv-${kind}" aria-hidden="true" ${css$({ width: `${wide}px` })}
      @pointermove=${(e: PointerEvent) => { this.over(e, data, j); }} @click=${() => { this.pinnedNeuron = this.cell?.neuron ?? null; }}></canvas>`;
    return html`<div class="line" role="option" data-key=${j} aria-selected=${pinned ? 'true' : 'false'}
      @click=${() => { this.pinKey(j); }}><span class="token"><bdi dir="auto">${shorten(tokenText(token), 11)}</bdi></span>
      ${this.expanded ? html`${vector('k')}${vector('prod')}
        ${data.bias ? html`<span data-testid="nv-bias" class=${masked ? 'masked' : ''}>${masked ? '' : exact4(parts.bias)}</span>` : nothing}
        <span data-testid="nv-score" data-value=${parts.score}><span class="hidden">score </span>${exact4(parts.score)}</span>` : nothing}
      <span class="number" data-testid="nv-softmax" data-value=${data.weights[j] ?? 0}><b><span class="hidden">weight </span>${exact4(data.weights[j] ?? 0)}</b><i ${css$({ width: `${Math.min(1, data.weights[j] ?? 0) * 100}%` })}></i></span>
      ${this.roomy ? html`<span><bdi dir="auto">${shorten(tokenText(token), 13)}</bdi></span>` : nothing}</div>`;
  }

  /** Numbers of the cell under the pointer, and the sum written out. */
  private check(data: NeuronData): TemplateResult {
    const key = this.cell?.key ?? this.pinnedKey(data);
    const parts = keyParts(data, key);
    const capped = data.softcap ? `; ${data.softcap} × tanh(${exact4(parts.sum * data.scale)} / ${data.softcap}) = ${exact4(parts.score - parts.bias)}` : '';
    const bias = data.bias ? ` + bias ${exact4(parts.bias)} = ${exact4(parts.score)}` : '';
    // Only rotated vectors multiply out to the weight; the products shown are then not its parts.
    if (!this.rotated) {
      return html`<span>${this.cellText(data, key)}</span><span>before rotation: sum of ${data.dim} products ${exact4(parts.sum)}; the score ${exact4(this.trueScore(data, key))} is made of the rotated vectors; exp(score − lse ${exact4(data.lse)}) = ${exact4(data.weights[key] ?? 0)}</span>`;
    }
    return html`<span>${this.cellText(data, key)}</span><span>sum of ${data.dim} products ${exact4(parts.sum)} × ${exact4(data.scale)} = ${exact4(parts.sum * data.scale)}${capped}${bias};
      exp(${exact4(parts.score)} − lse ${exact4(data.lse)}) = ${exact4(parts.weight)}</span>`;
  }

  /** Score of a key as the weights have it. */
  private trueScore(data: NeuronData, key: number): number { return Math.log(data.weights[key] ?? 0) + data.lse; }

  private rope(): Rope | null { return this.trace ? stackOf(this.trace, this.settings.stack).rope ?? null : null; }

  private cellText(data: NeuronData, key: number): string {
    const neuron = this.pinnedNeuron ?? this.cell?.neuron;
    if (neuron === undefined) return 'Point at a cell, or use the arrow keys.';
    const all = products(data, key);
    const positive = all.reduce((sum, x) => sum + Math.max(0, x), 0);
    const product = all[neuron] as number;
    const share = product > 0 && positive > 0 ? `; ${(100 * product / positive).toFixed(1)} % of the positive sum` : '';
    return `neuron ${neuron}: ${exact4(data.q[neuron] as number)} × ${exact4(data.k[key * data.dim + neuron] as number)} = ${exact4(product)}${share}${this.rope() ? `; ${pairText(this.rope() as Rope, neuron, this.query(), key)}` : ''}`;
  }

  protected override paint(): void {
    this.ask();
    const data = this.loaded?.data;
    if (!data || !this.expanded) return;
    const order = neuronOrder(data, this.settings.neurons, this.pinnedKey(data));
    const shared = sigma(data.q, data.k);
    const own = this.productSigma(data, keyRows(data.weights, this.settings.keyRows, this.allKeys).keys);
    for (const canvas of this.renderRoot.querySelectorAll<HTMLCanvasElement>('canvas[data-vector]')) {
      const key = Number(canvas.dataset['key']);
      const kind = canvas.dataset['vector'];
      const values = kind === 'q' ? data.q : kind === 'k' ? data.k.subarray(key * data.dim, (key + 1) * data.dim) : products(data, key);
      this.vector(canvas, values, order, kind === 'prod' ? own : shared);
    }
    this.mark('firstPaint');
  }

  private vector(canvas: HTMLCanvasElement, values: Float32Array, order: readonly number[], scale: number): void {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth || 256;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(16 * ratio);
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    const colours = ramp(this.theme, 'signed');
    const cell = canvas.width / order.length;
    const chosen = this.pinnedNeuron ?? this.cell?.neuron;
    order.forEach((neuron, i) => {
      ctx.fillStyle = rampCss(colours, Math.tanh((values[neuron] as number) / scale));
      ctx.fillRect(Math.floor(i * cell), 0, Math.ceil(cell), canvas.height);
    });
    const rope = this.rope();
    const pair = chosen !== undefined && rope ? partner(rope, chosen) : null;
    const at = chosen === undefined ? -1 : order.indexOf(chosen);
    ctx.strokeStyle = this.theme === 'light' ? '#1A1F26' : '#E8ECF1';
    ctx.lineWidth = ratio;
    const outline = (i: number): void => { if (i >= 0) ctx.strokeRect(Math.floor(i * cell) + 0.5, 0.5, Math.max(2, Math.ceil(cell) - 1), canvas.height - 1); };
    outline(at);
    // The neuron that turns with it: together they are one point in the plane.
    if (pair !== null) {
      ctx.setLineDash([2 * ratio, 2 * ratio]);
      outline(order.indexOf(pair));
      ctx.setLineDash([]);
    }
    ctx.globalAlpha = 0.4;
    ctx.strokeRect(0.5, 0.5, canvas.width - 1, canvas.height - 1);
    ctx.globalAlpha = 1;
  }

  private over(event: PointerEvent, data: NeuronData, key: number): void {
    const canvas = event.currentTarget as HTMLCanvasElement;
    const order = neuronOrder(data, this.settings.neurons, this.pinnedKey(data));
    const at = Math.min(order.length - 1, Math.max(0, Math.floor(((event.clientX - canvas.getBoundingClientRect().left) / canvas.clientWidth) * order.length)));
    const neuron = order[at] as number;
    if (this.cell?.neuron !== neuron || this.cell.key !== key) this.cell = { neuron, key };
  }

  private pinKey(j: number): void {
    const pins = this.settings.pins.filter((p) => !p.startsWith('k'));
    this.change('pin', { pins: this.settings.pins.includes(`k${j}`) ? pins : togglePin([...pins, `q${this.query()}`].filter((p, i, all) => all.indexOf(p) === i), `k${j}`, true) });
  }

  private choose(i: number): void { this.change('pin', { pins: [`q${i}`, ...this.settings.pins.filter((p) => p.startsWith('k'))] }); }

  private queryKey(event: KeyboardEvent, query: number): void {
    const n = tokensOf(this.trace, this.settings, 'q')?.tokens.length ?? 0;
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const box = this.renderRoot.querySelector('[role=option][aria-selected=true]')?.getBoundingClientRect();
      this.emit('hs-token-menu', { side: 'q', token: query, x: box?.left ?? 0, y: box?.bottom ?? 0 });
      event.preventDefault();
      return;
    }
    const to = event.key === 'ArrowDown' ? query + 1 : event.key === 'ArrowUp' ? query - 1 : event.key === 'Home' ? 0 : event.key === 'End' ? n - 1 : -1;
    if (to < 0 || to >= n) return;
    this.choose(to);
    event.preventDefault();
    event.stopPropagation();
  }

  private key(event: KeyboardEvent, data: NeuronData, keys: readonly number[], pinned: number): void {
    const order = neuronOrder(data, this.settings.neurons, pinned);
    const at = Math.max(0, order.indexOf(this.cell?.neuron ?? order[0] ?? 0));
    const row = Math.max(0, keys.indexOf(this.cell?.key ?? pinned));
    const step: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = step[event.key];
    if (move) {
      this.cell = { neuron: order[Math.min(order.length - 1, Math.max(0, at + move[0]))] as number, key: keys[Math.min(keys.length - 1, Math.max(0, row + move[1]))] as number };
    } else if (event.key === 'Enter') this.pinnedNeuron = this.pinnedNeuron === null ? (this.cell?.neuron ?? null) : null;
    else if (event.key === ' ') this.toggleComputation();
    else if (event.key === 'Escape') { this.pinnedNeuron = null; this.cell = null; } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  alt(): string {
    const data = this.loaded?.data;
    if (!data || !this.trace) return '';
    const j = this.pinnedKey(data);
    return `${this.settings.heads[0] ?? ''}: ${tokenText(tokensOf(this.trace, this.settings, 'q')?.tokens[this.query()] ?? '')} to ${tokenText(tokensOf(this.trace, this.settings, 'k')?.tokens[j] ?? '')}, weight ${exact4(data.weights[j] ?? 0)}.`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.asking?.abort.abort();
    this.asking = undefined;
  }
}
define('headscope-neuron-view', NeuronView);
