// The heads as a list: one row a head, every number of the summary, sorted by its headings. Virtual:
// only the rows on screen have elements. Internal to <headscope-map>.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { labelWords } from '../../base/labels';
import type { SortColumn, SortKey } from '../../base/state';
import { css$ } from '../../ui/css_directive';
import type { RampTheme } from '../../ui/ramps';
import { panelStyles, tintStyles } from '../common/panel_styles';
import { score2 } from '../common/wording';
import { columnValue, nextSort, type HeadRow } from './head_rows';
import { lineRange } from './map_layout';
import { M } from '../../base/words/map';
import { E } from '../../base/words/evidence';

export const LINE = 28;

interface Column { by: SortColumn; title: string; help: string; digits: number }
const DIGITS: readonly (readonly [by: SortColumn, digits: number])[] = [
  ['link', 4], ['score', 2], ['entropy', 2], ['distance', 1], ['cls', 2], ['sep', 2], ['punctuation', 2], ['reach', 1], ['change', 3],
];
function column(by: SortColumn, digits = 0): Column { return { by, title: M.columns[by][0], help: M.columns[by][1], digits }; }
const COLUMNS: readonly Column[] = DIGITS.map(([by, digits]) => column(by, digits));

export class HeadList extends LitElement {
  static override properties = {
    rows: { attribute: false }, heads: { attribute: false }, ablated: { attribute: false }, kept: { attribute: false }, sort: { attribute: false },
    changes: { attribute: false }, linked: { type: Boolean }, causal: { type: Boolean }, theme: { reflect: true }, top: { state: true },
      height: { state: true },
  };
  /** In the order to show; what is hidden is not among them. */
  declare rows: readonly HeadRow[];
  declare heads: readonly string[];
  declare ablated: ReadonlyMap<string, string>;
  declare kept: ReadonlySet<string> | null;
  declare sort: readonly SortKey[];
  /** Divergence a head; null = nothing to compare with, and no column. */
  declare changes: ReadonlyMap<string, number> | null;
  /** Heads are ranked by the chosen link: it has a column. */
  declare linked: boolean;
  /** A causal model has no [SEP], and its first token in the place of [CLS]. */
  declare causal: boolean;
  declare theme: RampTheme;
  declare top: number;
  declare height: number;
  private active = '';
  private readonly observer = new ResizeObserver(() => { this.measure(); });

  constructor() {
    super();
    this.rows = [];
    this.heads = [];
    this.ablated = new Map();
    this.kept = null;
    this.sort = [];
    this.changes = null;
    this.linked = false;
    this.causal = false;
    this.theme = 'light';
    this.top = 0;
    this.height = 300;
  }

  static override styles = [panelStyles, tintStyles, css`
    :host { display: block; min-height: 0; }
    .scroller { height: 100%; overflow: auto; scrollbar-width: thin; }
    table { border-collapse: separate; border-spacing: 0; width: max-content; min-width: 100%; font-size: 12px; }
    th, td { vertical-align: middle; padding: 0 6px; height: ${LINE}px; text-align: end; white-space: nowrap;
      border-bottom: 1px solid var(--hs-hairline, #d5dae1); }
    thead th { position: sticky; top: 0; z-index: 2; padding: 0; background: var(--hs-panel, #f4f6f8); font-weight: 400; }
    th button { width: 100%; height: ${LINE}px; padding: 0 6px; border: 0; background: none; text-align: end; white-space: nowrap; font-size: 12px;
      outline-offset: -2px; }
    th button.on { font-weight: 700; }
    .name, .label { text-align: start; }
    th .name, th .label { text-align: start; }
    .head { position: sticky; left: 0; z-index: 1; background: var(--hs-panel, #f4f6f8); padding-inline-start: 2px; }
    thead .head { z-index: 3; }
    .head > span { display: flex; align-items: center; gap: 6px; font-weight: 600; }
    tbody tr { cursor: pointer; user-select: none; }
    tbody tr:hover td, tbody tr:hover .head { background: var(--hs-hover, #e8ecf1); }
    tr[aria-selected='true'] td, tr[aria-selected='true'] .head { background: var(--hs-accent-bg, #e3edfd); }
    tr:focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: -2px; }
    tr.ablated .head b { text-decoration: line-through; }
    tr.dim td, tr.dim .head { color: var(--hs-muted, #55606e); font-weight: 400; }
    tr.dim canvas, tr.dim .glyph { opacity: .25; }
    canvas { width: 24px; height: 24px; image-rendering: pixelated; border: 1px solid var(--hs-hairline, #d5dae1); flex: none; }
    .glyph { display: inline-grid; place-items: center; width: 20px; height: 20px; border-radius: 3px; font-weight: 600; margin-inline-end: 5px;
      vertical-align: middle; }
    .glyph::before { content: attr(data-glyph); }
    td.label { max-width: 11rem; overflow: hidden; text-overflow: ellipsis; }
    .dot { display: inline-block; width: 6px; height: 6px; border-radius: 50%; background: var(--hs-warn, #8a5a00); vertical-align: middle; }
    .space td { height: auto; padding: 0; border: 0; }
  `];

  override render(): TemplateResult {
    const columns = this.columns();
    const { first, end } = lineRange(this.top, this.height, LINE, this.rows.length);
    const stop = this.rows.some((r) => r.name === this.active) ? this.active
      : this.rows.find((r) => this.heads.includes(r.name))?.name ?? this.rows[0]?.name;
    const space = (lines: number): TemplateResult | typeof nothing =>
      (lines > 0 ? html`<tr class="space" aria-hidden="true"><td colspan=${columns.length + 2}
      ${css$({ height: `${lines * LINE}px` })}></td></tr>` : nothing);
    return html`<div class="scroller" @scroll=${() => { this.measure(); }}><table role="grid" aria-label=${M.heads}
      aria-rowcount=${this.rows.length + 1} aria-multiselectable="true" @keydown=${(e: KeyboardEvent) => { this.key(e); }}>
      <thead><tr aria-rowindex="1">${this.heading(column('name'), 'head name')}${this.heading(column('label'),
        'label')}${columns.map((c) => this.heading(c, ''))}</tr></thead>
      <tbody>${space(first)}${this.rows.slice(first,
        end).map((row, i) => this.line(row, first + i, columns, row.name === stop))}${space(this.rows.length - end)}</tbody></table></div>`;
  }

  private columns(): readonly Column[] {
    const shown = COLUMNS.filter((c) => (c.by === 'change' ? this.changes !== null : c.by !== 'link' || this.linked));
    if (!this.causal) return shown;
    return shown.filter((c) => c.by !== 'sep').map((c) => (c.by === 'cls' ? { ...c, title: M.firstToken[0], help: M.firstToken[1] } : c));
  }

  private heading(c: Column, kind: string): TemplateResult {
    const at = this.sort.findIndex((k) => k.by === c.by);
    const key = this.sort[at];
    const arrow = key ? `${key.descending ? '↓' : '↑'}${this.sort.length > 1 ? at + 1 : ''}` : '';
    return html`<th scope="col" class=${kind} aria-sort=${at === 0 && key ? (key.descending ? 'descending' : 'ascending')
      : 'none'}><button tabindex="-1" class="${key ? 'on' : ''} ${kind}" data-testid="sort-${c.by}" title=${M.sortHelp(c.help)}
      @click=${(e: MouseEvent) => { this.dispatchEvent(new CustomEvent('sort-by', { detail: nextSort(this.sort, c.by, e.shiftKey) }));
        }}>${c.title}${arrow ? html` <span aria-hidden="true">${arrow}</span>` : nothing}</button></th>`;
  }

  private line(row: HeadRow, index: number, columns: readonly Column[], stop: boolean): TemplateResult {
    const dim = this.kept !== null && !this.kept.has(row.name);
    const leaning = row.labels.length === 0 && row.summary?.leaning[0] ? E.leansTo(labelWords(row.summary.leaning[0], this.causal)) : row.words;
    return html`<tr class="${dim ? 'dim' : ''} ${this.ablated.has(row.name) ? 'ablated' : ''}" data-testid="list-row-${row.name}"
      data-name=${row.name} aria-rowindex=${index + 2}
      aria-selected=${this.heads.includes(row.name) ? 'true' : 'false'} tabindex=${stop ? 0 : -1}
      @pointerenter=${() => { this.send('head-hover', row.name); }} @pointerleave=${() => { this.send('head-hover', ''); }}
        @focus=${() => { this.active = row.name; this.send('head-hover', row.name); }}
      @click=${(e: MouseEvent) => { this.active = row.name; this.send('head-pick', row.name, e.ctrlKey || e.metaKey); }}
        @dblclick=${() => { this.send('head-open', row.name); }}>
      <th scope="row" class="head name"><span><canvas data-head=${row.name} width="1" height="1" aria-hidden="true"></canvas><b>${row.name}</b></span></th>
      <td class="label"><span class="glyph tint ${row.info.family}" data-glyph=${row.summary ? row.info.glyph : ''} aria-hidden="true"
        ${css$({ '--score': Math.max(0, Math.min(1, row.score ?? 0)).toFixed(3) })}></span>${row.summary ? leaning : '…'}${row.disagrees
        ? html` <span class="dot" title=${row.disagrees}><span class="hidden">${row.disagrees}</span></span>` : nothing}</td>
      ${columns.map((c) => html`<td>${this.number(row, c)}</td>`)}</tr>`;
  }

  private number(row: HeadRow, c: Column): string {
    const value = columnValue(row, c.by, this.changes ?? undefined);
    return typeof value !== 'number' ? '–' : c.digits === 2 ? score2(value) : value.toFixed(c.digits);
  }

  private send(type: string, name: string, add = false): void { this.dispatchEvent(new CustomEvent(type, { detail: { name, add } })); }

  /** Headings are reached with the arrow up from the first row: the list is one Tab stop. */
  private headingKey(event: KeyboardEvent, button: HTMLElement): void {
    const all = [...this.renderRoot.querySelectorAll<HTMLElement>('thead button')];
    const at = all.indexOf(button);
    if (event.key === 'ArrowRight') all[Math.min(all.length - 1, at + 1)]?.focus();
    else if (event.key === 'ArrowLeft') all[Math.max(0, at - 1)]?.focus();
    else if (event.key === 'ArrowDown') void this.focusRow(0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private key(event: KeyboardEvent): void {
    const button = (event.target as HTMLElement).closest<HTMLElement>('thead button');
    if (button) {
      this.headingKey(event, button);
      return;
    }
    const at = this.rows.findIndex((r) => r.name === (event.target as HTMLElement).dataset['name']);
    if (at < 0 || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.height / LINE) - 2);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.rows.length - 1, PageDown: at + page,
      PageUp: at - page };
    const to = steps[event.key];
    const name = this.rows[at]?.name ?? '';
    if (to === -1 && event.key === 'ArrowUp') this.renderRoot.querySelector<HTMLElement>('thead button')?.focus();
    else if (to !== undefined) void this.focusRow(Math.min(this.rows.length - 1, Math.max(0, to)));
    else if (event.key === 'Enter') this.send(this.heads.length === 1 && this.heads[0] === name ? 'head-open' : 'head-pick', name);
    else if (event.key === ' ') this.send('head-pick', name, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private async focusRow(index: number): Promise<void> {
    const scroller = this.renderRoot.querySelector('.scroller');
    this.active = this.rows[index]?.name ?? '';
    if (scroller) scroller.scrollTop = Math.min(Math.max(scroller.scrollTop, (index + 2) * LINE - scroller.clientHeight), index * LINE);
    this.measure();
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-name="${this.active}"]`)?.focus({ preventScroll: true });
  }

  private measure(): void {
    const s = this.renderRoot.querySelector('.scroller');
    if (!s) return;
    this.top = s.scrollTop;
    this.height = s.clientHeight || 300;
  }

  override connectedCallback(): void { super.connectedCallback(); this.observer.observe(this); }
  override disconnectedCallback(): void { super.disconnectedCallback(); this.observer.disconnect(); }

  /** Thumbnails are the panel's to fill. */
  protected override updated(): void { this.dispatchEvent(new CustomEvent('thumbs')); }
}
define('headscope-head-list', HeadList);
