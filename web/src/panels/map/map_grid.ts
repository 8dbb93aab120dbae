// The map itself: one cell a head, rows are layers. Glyph = label, tint = its score. Internal to
// <headscope-map>: it says what was hovered, picked or opened, and nothing else.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { css$ } from '../../ui/css_directive';
import type { RampTheme } from '../../ui/ramps';
import { panelStyles, tintStyles } from '../common/panel_styles';
import { score2 } from '../common/wording';
import type { HeadRow } from './head_rows';
import { AXIS, CELL, TOP, cellName, cellRange, cellSize, gridTarget } from './map_layout';
import { M } from '../../base/words/map';

const PAGE_ROWS = 5;

export class MapGrid extends LitElement {
  static override properties = {
    rows: { attribute: false }, heads: { attribute: false }, ablated: { attribute: false }, kept: { attribute: false }, hideOthers: { type: Boolean },
    theme: { reflect: true }, view: { state: true }, label: {}, values: { attribute: false },
  };
  declare rows: readonly HeadRow[];
  /** Current heads. */
  declare heads: readonly string[];
  /** Ablated heads, with the mode. */
  declare ablated: ReadonlyMap<string, string>;
  /** Heads that the filter keeps; null = no filter. */
  declare kept: ReadonlySet<string> | null;
  declare hideOthers: boolean;
  declare theme: RampTheme;
  declare label: string;
  /** What the tints tell instead of the labels, 0–1 a head: weights of a link, what moved; null = labels. */
  declare values: ReadonlyMap<string, number> | null;
  declare view: { left: number; top: number; width: number; height: number };
  private active = '';

  constructor() {
    super();
    this.rows = [];
    this.heads = [];
    this.ablated = new Map();
    this.kept = null;
    this.hideOthers = false;
    this.theme = 'light';
    this.label = M.map;
    this.values = null;
    this.view = { left: 0, top: 0, width: 0, height: 0 };
  }

  static override styles = [panelStyles, tintStyles, css`
    :host { display: block; min-height: 0; }
    .scroller { position: relative; overflow: auto; max-height: 100%; padding: 0 2px 2px; scrollbar-width: thin; }
    .space { position: relative; }
    .axis { position: absolute; font-size: 10px; line-height: 1; color: var(--hs-muted, #55606e); background: var(--hs-panel, #f4f6f8);
      display: grid; place-items: center; }
    .tops { position: sticky; top: 0; height: 0; z-index: 2; }
    .sides { position: sticky; left: -2px; width: 0; height: 0; z-index: 2; }
    .corner { z-index: 3; }
    .cell { position: absolute; border: 1px solid var(--hs-panel, #f4f6f8); border-radius: 3px; cursor: pointer; outline-offset: -1px; }
    .cell::before { content: attr(data-glyph); position: absolute; inset: 0; display: grid; place-items: center;
      font: 600 14px/1 system-ui, sans-serif; color: var(--hs-text, #1a1f26); }
    .small::before { font-size: 10px; }
    .cell:hover { border-color: var(--hs-text, #1a1f26); }
    .dim::before, .dim.tint { opacity: .25; }
    .cell[aria-selected='true'] { outline: 2px solid var(--hs-text, #1a1f26); z-index: 1; opacity: 1; }
    .cell.ablated::after { content: ''; position: absolute; inset: 0;
      background: linear-gradient(to top right, transparent calc(50% - 1px), var(--hs-text, #1a1f26) calc(50% - 1px) calc(50% + 1px),
        transparent calc(50% + 1px)); }
    .cell.differs { background-image: radial-gradient(circle at calc(100% - 4px) 4px, var(--hs-warn, #8a5a00) 2px, transparent 2.5px); }
    .cell:focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: 1px; z-index: 2; }
    .none { position: absolute; background: repeating-linear-gradient(45deg, var(--hs-hairline, #d5dae1) 0 1px, transparent 1px 6px); }
    @media (forced-colors: active) { .cell[aria-selected='true'] { outline-color: Highlight; } .cell { border-color: CanvasText; } }
  `];

  /** Heads of each row of the grid, with the layer's number. */
  private shape(): { layer: number; heads: number }[] {
    const shape: { layer: number; heads: number }[] = [];
    for (const row of this.rows) {
      const held = shape[row.at];
      if (held) held.heads = Math.max(held.heads, row.head + 1);
      else shape[row.at] = { layer: row.layer, heads: row.head + 1 };
    }
    return shape;
  }

  override render(): TemplateResult {
    const shape = this.shape();
    const cols = Math.max(0, ...shape.map((s) => s.heads));
    const cell = cellSize(cols, shape.length);
    const range = cellRange(this.rows.length, shape.length, cols, cell, this.view);
    const numbers = Array.from({ length: range.endCol - range.firstCol }, (_, i) => range.firstCol + i);
    const lines = shape.slice(range.firstRow, range.endRow);
    const stops = this.tabStop();
    return html`<div class="scroller" @scroll=${() => { this.measure(); }}><div class="space"
      ${css$({ width: `${AXIS + cols * cell}px`, height: `${TOP + shape.length * cell}px` })}>
      <div class="tops" aria-hidden="true">${numbers.map((c) =>
        html`<span class="axis" ${css$({ left: `${AXIS + c * cell}px`, top: '0', width: `${cell}px`, height: `${TOP}px` })}>${cell < CELL
        && c % 2 === 1 ? '' : `H${c}`}</span>`)}</div>
      <div class="sides" aria-hidden="true">${lines.map((s, i) =>
        html`<span class="axis" ${css$({ left: '0', top: `${TOP + (range.firstRow + i) * cell}px`, width: `${AXIS - 2}px`,
        height: `${cell}px` })}>L${s.layer}</span>`)}</div>
      <div role="grid" data-testid="map" aria-label=${this.label} aria-rowcount=${shape.length} aria-colcount=${cols} aria-multiselectable="true"
        @keydown=${(e: KeyboardEvent) => { this.key(e, shape); }}>
        ${lines.map((s, i) => this.line(range.firstRow + i, s, cell, range, stops))}
      </div>
      ${lines.map((s, i) => (s.heads < cols ? html`<div class="none"
        ${css$({ left: `${AXIS + s.heads * cell}px`, top: `${TOP + (range.firstRow + i) * cell}px`, width: `${(cols - s.heads) * cell}px`,
        height: `${cell}px` })}></div>` : nothing))}
    </div></div>`;
  }

  /** The one cell that Tab reaches: where the keys were last, else the first current head. */
  private tabStop(): string {
    const shown = new Set(this.rows.map((r) => r.name));
    if (shown.has(this.active)) return this.active;
    return this.heads.find((h) => shown.has(h)) ?? this.rows[0]?.name ?? '';
  }

  private line(at: number, s: { layer: number; heads: number }, cell: number, range: { firstCol: number; endCol: number }, stop: string): TemplateResult {
    const first = this.rows.findIndex((r) => r.at === at);
    const shown = this.rows.slice(first + range.firstCol, first + Math.min(s.heads, range.endCol));
    const visible = this.hideOthers && this.kept ? shown.filter((r) => this.kept?.has(r.name) === true || this.heads.includes(r.name)) : shown;
    return html`<div role="row" aria-rowindex=${at + 1}
      aria-label=${M.layer(s.layer)}>${visible.map((row) => this.cell(row, cell, row.name === stop))}</div>`;
  }

  private cell(row: HeadRow, cell: number, stop: boolean): TemplateResult {
    const dim = this.kept !== null && !this.kept.has(row.name);
    const mode = this.ablated.get(row.name);
    return html`<div role="gridcell" class="cell tint ${this.values ? 'valued' : row.info.family} ${cell < CELL ? 'small' : ''} ${dim ? 'dim'
      : ''} ${mode ? 'ablated' : ''} ${row.disagrees ? 'differs' : ''}"
      data-testid="map-cell-${row.name}" data-name=${row.name}
        data-glyph=${this.values ? tenths(this.values.get(row.name)) : row.summary ? row.info.glyph : ''} tabindex=${stop ? 0 : -1}
        aria-colindex=${row.head + 1}
      aria-selected=${this.heads.includes(row.name) ? 'true' : 'false'}
        aria-label=${cellName(row, score2(row.score), mode ? M.ablated(mode) : '')}${this.values ? `, ${(this.values.get(row.name) ?? 0).toFixed(3)}` : ''}
      ${css$({ left: `${AXIS + row.head * cell}px`, top: `${TOP + row.at * cell}px`, width: `${cell}px`, height: `${cell}px`,
        '--score': this.tintOf(row).toFixed(3) })}
      @pointerenter=${() => { this.send('head-hover', row.name); }} @pointerleave=${() => { this.send('head-hover', ''); }}
      @focus=${() => { this.active = row.name; this.send('head-hover', row.name); }} @blur=${() => { this.send('head-hover', ''); }}
      @click=${(e: MouseEvent) => { this.active = row.name; this.send('head-pick', row.name, e.ctrlKey || e.metaKey); }}
        @dblclick=${() => { this.send('head-open', row.name); }}></div>`;
  }

  private tintOf(row: HeadRow): number { return Math.max(0, Math.min(1, this.values ? this.values.get(row.name) ?? 0 : row.score ?? 0)); }

  private send(type: string, name: string, add = false): void {
    this.dispatchEvent(new CustomEvent(type, { detail: { name, add } }));
  }

  private key(event: KeyboardEvent, shape: readonly { heads: number }[]): void {
    const at = this.rows.find((r) => r.name === (event.target as HTMLElement).dataset['name']);
    if (!at || event.altKey || event.metaKey) return;
    const to = gridTarget(event.key, event.ctrlKey, { row: at.at, col: at.head }, shape.map((s) => s.heads), PAGE_ROWS);
    if (to) void this.focusHead(this.rows.find((r) => r.at === to.row && r.head === to.col)?.name ?? '');
    else if (event.key === 'Enter') this.send(at.name === this.heads[0] && this.heads.length === 1 ? 'head-open' : 'head-pick', at.name);
    else if (event.key === ' ') this.send('head-pick', at.name, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Puts the keys on a head, scrolled into view. */
  async focusHead(name: string): Promise<void> {
    const row = this.rows.find((r) => r.name === name);
    const scroller = this.renderRoot.querySelector('.scroller');
    if (!row || !scroller) return;
    this.active = name;
    const shape = this.shape();
    const cell = cellSize(Math.max(...shape.map((s) => s.heads)), shape.length);
    const into = (scroll: number, size: number, at: number, axis: number): number => Math.min(Math.max(scroll, at + axis + cell + 4 - size), at);
    scroller.scrollTop = into(scroller.scrollTop, scroller.clientHeight, row.at * cell, TOP);
    scroller.scrollLeft = into(scroller.scrollLeft, scroller.clientWidth, row.head * cell, AXIS);
    this.measure();
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-name="${name}"]`)?.focus({ preventScroll: true });
  }

  private measure(): void {
    const s = this.renderRoot.querySelector('.scroller');
    if (!s) return;
    const view = { left: s.scrollLeft, top: s.scrollTop, width: s.clientWidth, height: s.clientHeight };
    if (Object.entries(view).some(([k, v]) => this.view[k as keyof typeof view] !== v)) this.view = view;
  }

  private readonly observer = new ResizeObserver(() => { this.measure(); });
  override connectedCallback(): void { super.connectedCallback(); this.observer.observe(this); }
  override disconnectedCallback(): void { super.disconnectedCallback(); this.observer.disconnect(); }
}
define('headscope-map-grid', MapGrid);

/** So that a tint is never alone: "7" for .70 to .79, "·" below .05. */
function tenths(value: number | undefined): string { return value === undefined ? '' : value < 0.05 ? '·' : String(Math.min(9, Math.floor(value * 10))); }
