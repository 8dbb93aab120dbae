// The model view: a thumbnail of every head, details beside the grid (ui.md §3.2).

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { choiceOf } from '../../base/controls';
import { isOfLayer, QUANTITY_WORDS, wholeMapProblem } from '../../base/quantities';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import { pictureAxes } from '../../ui/picture_axes';
import { ViewBase } from '../common/view_base';
import { labelled } from '../../base/trace_info';
import { stackOf, type ViewSettings } from '../../ui/types';
import type { TileSpec, TileStore } from '../../ui/tile_store';
import type { Layer, Rect } from '../gl/scene';
import { Surface } from '../gl/surface';
import { TileAtlas } from '../gl/tile_atlas';
import type { HeadView } from '../head/head_view';
import '../head/head_view';
import { AXIS_HEIGHT, AXIS_WIDTH, GAP, NAME_HEIGHT, gridRows, layerGrid, layersGrid, orderValue, sortedGrid, thumbKind, thumbSize, type Grid, type GridCell } from './grid';
import { largestShown, thumbLayers, type Thumb } from './model_paint';
import { ModelTiles, PREVIEW_ABOVE, PREVIEW_QUERIES, rowsOf, type Plan } from './model_tiles';
import { thumbSpec } from '../../ui/thumb_spec';

const MAX_DETAILS = 4;
const VIRTUAL_ABOVE = 1024;
const REST = 60;
const DOUBLE_CLICK = 700;

export class ModelView extends ViewBase {
  static override properties = { ...ViewBase.properties, hovered: { state: true }, refine: { state: true } };
  static override styles = css`
    :host { display: flex; flex-direction: column; height: 100%; min-height: 0; color: var(--hs-text, #1a1f26); background: var(--hs-bg, #fff); font: 13px/1.3 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
    .bar, .strip { display: flex; flex-wrap: wrap; gap: 6px 12px; padding: 4px 8px; align-items: center; font-size: 12px; }
    .strip { min-height: 24px; border-top: 1px solid var(--hs-hairline, #d5dae1); color: var(--hs-muted, #55606e); }
    select, button { font: inherit; min-height: 24px; color: inherit; background: var(--hs-bg, #fff); border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; }
    :focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: 2px; }
    .done { visibility: hidden; }
    .body { display: flex; flex: 1; min-height: 0; }
    .scroller { position: relative; flex: 1; min-width: 0; overflow: auto; }
    .space { position: relative; }
    canvas { opacity: var(--hs-picture-opacity, 1); position: sticky; left: 0; top: 0; display: block; pointer-events: none; z-index: 1; }
    .cells { position: absolute; inset: 0; }
    .cell { position: absolute; box-sizing: border-box; padding: 0; border: 1px solid var(--hs-hairline, #d5dae1); background: none; border-radius: 2px; cursor: pointer; z-index: 2; min-height: 0; }
    .cell:hover { border-color: var(--hs-text, #1a1f26); }
    .cell[aria-selected='true'] { border: 2px solid var(--hs-text, #1a1f26); }
    .cell::before { content: attr(data-glyph); position: absolute; right: 2px; top: 0; font: 600 12px/1.2 system-ui, sans-serif; color: var(--hs-text, #1a1f26);
      text-shadow: 0 0 3px var(--hs-bg, #fff), 0 0 3px var(--hs-bg, #fff); }
    .cell::after { content: attr(data-name); position: absolute; top: 100%; left: -6px; right: -6px; white-space: nowrap; font: 11px/15px system-ui, sans-serif; color: var(--hs-muted, #55606e); }
    .cell:focus-visible { outline-offset: -2px; }
    .layer, .head { position: sticky; z-index: 3; font-size: 11px; color: var(--hs-muted, #55606e); }
    .axis { position: absolute; z-index: 3; font-size: 11px; color: var(--hs-muted, #55606e); background: var(--hs-bg, #fff); text-align: center; }
    .notice { position: sticky; left: 12px; top: 12px; z-index: 3; margin: 12px; max-width: 420px; padding: 8px 12px; border-radius: 4px; background: var(--hs-warn-bg, #fff4dc); color: var(--hs-warn, #8a5a00); }
    .tops { position: sticky; top: 0; height: 0; z-index: 3; } .sides { position: sticky; left: 0; width: 0; height: 0; z-index: 3; }
    .details { display: flex; flex: 1.2; min-width: 0; gap: 4px; overflow-x: auto; border-left: 1px solid var(--hs-border, #7a8594); }
    .detail { display: flex; flex-direction: column; flex: 1; min-width: 340px; } .detail header { display: flex; justify-content: space-between; padding: 4px 8px; font-weight: 600; }
    .detail headscope-head-view { flex: 1; min-height: 0; }
  `;
  declare hovered: string | null;
  /** Long inputs: exact thumbnails follow the previews. */
  declare refine: boolean;
  private surface: Surface | undefined;
  private readonly atlas = new TileAtlas(64, 1024);
  private active = 0;
  private clicked: { name: string; time: number } | null = null;
  private restTimer = 0;
  private tiles_: ModelTiles | undefined;
  private tilesOf: TileStore | undefined;
  /** Heads on screen that are not exact. */
  private approximate: ReadonlySet<string> = new Set();
  private box = { width: 0, height: 0 };
  private largest = 1;

  constructor() {
    super();
    this.hovered = null;
    this.refine = true;
    this.addEventListener('click', this.secondClick, { capture: true });
  }

  private get ownMaximum(): boolean { return this.settings.colours === 'own'; }

  private grid(): Grid {
    const { trace, settings: s } = this;
    if (!trace) return { rows: 0, cols: 1, cells: [], sorted: false };
    const stack = stackOf(trace, s.stack);
    const layers = stack.layers.map((layer, i) => ({ layer, heads: stack.heads[i] ?? 0 }));
    if (isOfLayer(s.quantity)) return layersGrid(layers, Math.max(1, Math.min(layers.length, Math.floor((this.box.width - AXIS_WIDTH) / 120))));
    if (s.order === 'layer') return layerGrid(layers);
    return sortedGrid(layers, this.labels, s.order, Math.max(1, Math.floor((this.box.width - AXIS_WIDTH) / 78)));
  }

  private pitch(grid: Grid): { size: number; x: number; y: number } {
    const size = thumbSize(this.box.width || 600, grid.cols);
    return { size, x: size + GAP, y: size + GAP + (grid.sorted ? NAME_HEIGHT : 0) };
  }

  private rect(cell: GridCell, grid: Grid): Rect {
    const p = this.pitch(grid);
    return { x: AXIS_WIDTH + cell.col * p.x, y: AXIS_HEIGHT + cell.row * p.y, width: p.size, height: p.size };
  }

  private plan(grid: Grid): Plan | null {
    const { trace, settings: s } = this;
    const axes = pictureAxes(trace, s);
    if (!trace || axes.q.length === 0 || axes.k.length === 0 || wholeMapProblem(trace, s.quantity)) return null;
    const range = this.rowRange(grid);
    const n = Math.max(axes.q.length, axes.k.length);
    const size = { rows: axes.q.length, cols: axes.k.length, heads: grid.cells.length };
    const received = thumbKind(s.thumb, n) === 'received';
    const specs = new Map<string, TileSpec>();
    const spec = (name: string): TileSpec => {
      const known = specs.get(name) ?? thumbSpec(trace, s, name, size, received);
      specs.set(name, known);
      return known;
    };
    const pointed = grid.cells.find((c) => c.name === this.hovered);
    return { trace: trace.id, long: n > PREVIEW_ABOVE, spec, pointer: pointed ?? null, refine: this.refine,
             visible: grid.cells.filter((c) => c.row >= range.first && c.row < range.end), near: grid.cells.filter((c) => c.row >= range.nearFirst && c.row < range.nearEnd) };
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const grid = this.grid();
    const p = this.pitch(grid);
    const s = this.settings;
    const shown = this.shownCells(grid);
    const plan = this.plan(grid);
    const problem = wholeMapProblem(this.trace, s.quantity);
    this.approximate = plan?.long && this.tiles_ ? new Set(plan.visible.filter((c) => this.tiles_?.shown(plan, c.name)?.exact !== true).map((c) => c.name)) : new Set();
    const select = (field: 'thumb' | 'order', name: string, testid: string): TemplateResult =>
      html`<label>${name} <select data-testid=${testid} @change=${(e: Event) => { this.choose(field, (e.target as HTMLSelectElement).value); }}>
        ${choiceOf(field).values.map(([v, text]) => html`<option value=${v} ?selected=${v === s[field]}>${text}</option>`)}</select></label>`;
    return html`<div class="bar">${this.controls === 'full' ? select('thumb', 'Thumbnails', 'thumb-kind') : nothing}${select('order', 'Order', 'grid-order')}
        <button aria-pressed=${this.ownMaximum ? 'true' : 'false'} @click=${() => { this.change(this.ownMaximum ? 'one colour scale' : 'colours by each head’s maximum', { colours: this.ownMaximum ? 'common' : 'own' }); }}>${this.ownMaximum ? `Colour: per ${isOfLayer(s.quantity) ? 'layer' : 'head'} maximum` : `Colour: ${s.quantity === 'score' ? `±${exact4(this.largest)}` : `0–${exact4(this.largest)}`} for all ${isOfLayer(s.quantity) ? 'layers' : 'heads'}`}</button>
        ${plan?.long ? html`<button data-testid="refine" class=${this.approximate.size > 0 ? '' : 'done'} aria-pressed=${this.refine ? 'true' : 'false'} @click=${() => { this.refine = !this.refine; }}>${this.refine ? 'Stop refining' : 'Refine'}</button>` : nothing}
        <span data-testid="status-line" role="status">${this.account(grid)}${this.progress(plan)}</span></div>
      <div class="body"><div class="scroller" data-testid="view-model" @scroll=${() => { this.scrolled(); }}>
        <canvas aria-hidden="true"></canvas>
        ${problem ? html`<p class="notice" role="status" data-testid="error-HS-CAP-01">${problem}</p>` : nothing}
        ${grid.sorted || problem ? nothing : html`<div class="cells" aria-hidden="true" ${css$({ width: `${AXIS_WIDTH + grid.cols * p.x}px`, height: `${AXIS_HEIGHT + grid.rows * p.y}px` })}>
          <div class="tops">${Array.from({ length: grid.cols }, (_, c) => html`<span class="axis" ${css$({ left: `${AXIS_WIDTH + c * p.x}px`, width: `${p.size}px`, top: '0px', height: `${AXIS_HEIGHT - 2}px` })}>${c}</span>`)}</div>
          <div class="sides">${[...new Set(grid.cells.map((c) => c.layer))].map((layer, r) => html`<span class="axis" ${css$({ left: '0px', width: `${AXIS_WIDTH - 4}px`, top: `${AXIS_HEIGHT + r * p.y}px`, 'line-height': `${p.size}px` })}>${layer}</span>`)}</div></div>`}
        ${problem ? nothing : html`<div class="cells" role="grid" aria-label=${isOfLayer(s.quantity) ? 'Layers' : 'Heads'} aria-rowcount=${grid.rows} aria-colcount=${grid.cols}
          ${css$({ width: `${AXIS_WIDTH + grid.cols * p.x}px`, height: `${AXIS_HEIGHT + grid.rows * p.y + 4}px` })} @keydown=${(e: KeyboardEvent) => { this.key(e, grid); }}>
          ${rowsOf(shown).map((cells) => html`<div role="row" aria-rowindex=${(cells[0]?.row ?? 0) + 1}>${cells.map((c) => this.cell(c, grid))}</div>`)}</div>`}
      </div>${s.details.length > 0 ? this.details() : nothing}</div>
      <div class="strip" role="status">${this.describe(this.hovered)}</div>`;
  }

  private choose(field: 'thumb' | 'order', value: string): void {
    const undo = choiceOf(field).values.find(([v]) => v === value)?.[2] ?? field;
    this.change(undo, { [field]: value } as Partial<ViewSettings>);
  }

  private sorting(grid: Grid): string {
    if (!grid.sorted) return ', rows are layers, columns are heads';
    // Numbers of all weights or none: a preview sorts nothing.
    return this.labels.size > 0 ? '' : labelled(this.trace as NonNullable<typeof this.trace>, this.settings.stack) ? ': what they are sorted by is being computed' : ': this stack has no labels to sort by';
  }

  /** What the thumbnails are, and what their colours are relative to. */
  private account(grid: Grid): string {
    const { quantity } = this.settings;
    if (wholeMapProblem(this.trace, quantity)) return '';
    const what = quantity === 'weight' ? '' : `; ${QUANTITY_WORDS[quantity].one}, largest shown ${exact4(this.largest)}`;
    if (isOfLayer(quantity)) return `${grid.cells.length} layers: ${quantity} belongs to a layer, not to a head; largest shown ${exact4(this.largest)}`;
    return `${grid.cells.length} heads${this.sorting(grid)}${what}`;
  }

  /** "; ≈ from 64 queries each, 37 of 144 exact". */
  private progress(plan: Plan | null): string {
    if (!plan?.long) return '';
    const exact = plan.visible.length - this.approximate.size;
    return exact === plan.visible.length ? ', exact' : `; ≈ from ${PREVIEW_QUERIES} queries each, ${exact} of ${plan.visible.length} exact`;
  }

  private cell(c: GridCell, grid: Grid): TemplateResult {
    const r = this.rect(c, grid);
    const index = grid.cells.indexOf(c);
    return html`<button class="cell" role="gridcell" data-testid="thumb-${c.name}" aria-colindex=${c.col + 1} aria-label=${this.describe(c.name)}
      aria-selected=${this.settings.details.includes(c.name) ? 'true' : 'false'} tabindex=${index === this.active ? 0 : -1}
      data-glyph="${this.approximate.has(c.name) ? '≈ ' : ''}${isOfLayer(this.settings.quantity) ? '' : this.labels.get(c.name)?.glyph ?? ''}" data-name=${grid.sorted ? isOfLayer(this.settings.quantity) ? this.spelled(c.name) : this.nameWithValue(c.name) : ''}
      ${css$({ left: `${r.x}px`, top: `${r.y}px`, width: `${r.width}px`, height: `${r.height}px` })}
      @pointerenter=${() => { this.hovered = c.name; }} @focus=${() => { this.hovered = c.name; this.active = index; }}
      @click=${(e: MouseEvent) => { this.clicked = { name: c.name, time: e.timeStamp }; this.toggle(c.name, e.ctrlKey || e.metaKey); }}></button>`;
  }

  /** "L5H3 · 41.2": what a sorted grid prints under a thumbnail. */
  private nameWithValue(name: string): string {
    const { order } = this.settings;
    const value = order === 'label' ? null : orderValue(this.labels.get(name), order);
    return value === null ? name : `${name} · ${value.toFixed(order === 'score' || order === 'entropy' ? 2 : 1)}`;
  }

  private describe(name: string | null): string {
    if (!name) return `Point at a ${isOfLayer(this.settings.quantity) ? 'layer' : 'head'}, or use the arrow keys; Enter opens it beside the grid.`;
    const label = this.labels.get(name);
    const match = /^L(\d+)H(\d+)$/.exec(name);
    if (isOfLayer(this.settings.quantity)) return `Layer ${match?.[1]}: ${this.settings.quantity}`;
    return `Layer ${match?.[1]}, head ${match?.[2]}${label ? `, ${label.label}${label.family === 'mixed' ? '' : `, score ${label.score.toFixed(2)}`}${label.text ? `. ${label.text}` : ''}` : ''}`;
  }

  /** As it is printed: a head, or the layer that it stands for. */
  private spelled(name: string): string { return isOfLayer(this.settings.quantity) ? `layer ${/^L(\d+)/.exec(name)?.[1] ?? ''}` : name; }

  private details(): TemplateResult {
    return html`<div class="details">${this.settings.details.map((name) => html`<section class="detail" data-testid="detail-${name}" aria-label=${isOfLayer(this.settings.quantity) ? this.spelled(name) : `Head ${name}`}>
      <header>${this.spelled(name)}<button aria-label="Close ${this.spelled(name)}" @click=${() => { this.toggle(name, true); }}>✕</button></header>
      <headscope-head-view .engine=${this.engine} .trace=${this.trace} .labels=${this.labels} .theme=${this.theme} controls="none"
        .settings=${{ ...this.settings, heads: [name], panels: 'one' }}></headscope-head-view></section>`)}</div>`;
  }

  private shownCells(grid: Grid): GridCell[] {
    if (grid.cells.length <= VIRTUAL_ABOVE) return grid.cells;
    const rows = this.rowRange(grid);
    return grid.cells.filter((c) => c.row >= rows.first && c.row < rows.end);
  }

  private rowRange(grid: Grid): ReturnType<typeof gridRows> {
    const scroller = this.renderRoot.querySelector('.scroller');
    // The element's height, not the scroller's: that one moves with the bar above it, whose text says
    // how many of the visible heads are exact, and the two would chase each other.
    return gridRows((scroller?.scrollTop ?? 0) - AXIS_HEIGHT, this.clientHeight || 600, this.pitch(grid).y, grid.rows);
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const scroller = this.renderRoot.querySelector<HTMLElement>('.scroller');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('.scroller > canvas');
    const { trace, store } = this;
    if (!scroller || !canvas || !trace || !store) return;
    const { clientWidth: width, clientHeight: height } = scroller;
    if (width !== this.box.width || height !== this.box.height) {
      this.box = { width, height };
      this.requestUpdate();
      return;
    }
    const grid = this.grid();
    const plan = this.plan(grid);
    if (!plan) {
      this.surface?.draw({ width, height, layers: [] });
      store.keepOnly(this.scope, new Set());
      return;
    }
    if (this.tilesOf !== store) {
      this.tilesOf = store;
      this.tiles_ = new ModelTiles(store, this.scope);
    }
    const tiles = this.tiles_ as ModelTiles;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.style.marginBottom = `${-height}px`;
    this.surface ??= new Surface(canvas);
    this.surface.draw({ width, height, layers: this.layers(plan, grid, tiles, { x: scroller.scrollLeft, y: scroller.scrollTop }) });
    tiles.request(plan);
    const shown = plan.visible.map((c) => tiles.shown(plan, c.name));
    if (shown.length > 0 && shown.every((t) => t !== undefined)) this.mark('gridFirstPaint');
    if (shown.length > 0 && shown.every((t) => t?.exact)) this.mark('gridExact');
  }

  private layers(plan: Plan, grid: Grid, tiles: ModelTiles, scroll: { x: number; y: number }): Layer[] {
    const { settings, theme, ownMaximum, atlas } = this;
    const axes = pictureAxes(this.trace, settings);
    const kind = thumbKind(settings.thumb, Math.max(axes.q.length, axes.k.length));
    const look = `${plan.trace} ${kind} ${JSON.stringify(this.ops())} ${settings.stack}`;
    const thumbs = plan.visible.map((cell): Thumb => {
      const at = this.rect(cell, grid);
      const shown = tiles.shown(plan, cell.name);
      return { name: cell.name, rect: { ...at, x: at.x - scroll.x, y: at.y - scroll.y }, tile: shown?.tile, key: `${look} ${cell.name} ${shown?.exact ? '' : '≈'}` };
    });
    const clip = { x: grid.sorted ? 0 : AXIS_WIDTH - 4, y: grid.sorted ? 0 : AXIS_HEIGHT - 2, width: this.box.width, height: this.box.height };
    const largest = largestShown(thumbs, kind, settings.quantity);
    if (largest !== this.largest) {
      this.largest = largest;
      this.requestUpdate();
    }
    return thumbLayers({ thumbs, kind, atlas, axes, settings, theme, ownMaximum, largest, clip });
  }

  // ---- interaction -----------------------------------------------------------------------------

  /**
   * The first click opens the detail and so moves the grid: the second one of a double-click may fall
   * on another thumbnail or into the detail, and still means the first one's head.
   */
  private readonly secondClick = (event: MouseEvent): void => {
    const { clicked } = this;
    if (event.detail < 2 || !clicked || event.timeStamp - clicked.time > DOUBLE_CLICK) return;
    event.stopPropagation();
    event.preventDefault();
    this.clicked = null;
    this.emit('hs-open', { view: 'head', head: clicked.name });
  };

  private toggle(name: string, add: boolean): void {
    const open = this.settings.details;
    const details = open.includes(name) ? open.filter((d) => d !== name) : add ? [...open, name].slice(-MAX_DETAILS) : [name];
    // What is opened is the head that inspector, matrix and neuron view go on with (decision 083).
    const opens = !add && details.length > 0;
    this.change(opens ? `open ${name}` : 'detail', opens ? { details, heads: [name] } : { details });
  }

  private scrolled(): void {
    this.repaint();
    clearTimeout(this.restTimer);
    this.restTimer = window.setTimeout(() => { this.requestUpdate(); }, REST);
  }

  private key(event: KeyboardEvent, grid: Grid): void {
    const cell = grid.cells[this.active];
    if (!cell) return;
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0, 1e6], PageUp: [-5, 0], PageDown: [5, 0] };
    const step = steps[event.key];
    if (step) {
      const row = Math.min(grid.rows - 1, Math.max(0, cell.row + step[0]));
      const inRow = grid.cells.filter((c) => c.row === row);
      const target = inRow[Math.min(inRow.length - 1, Math.max(0, cell.col + step[1]))];
      if (target) this.focusCell(grid.cells.indexOf(target), target.name);
    } else if (event.key === 'Escape' && this.settings.details.length > 0) this.change('detail', { details: [] });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private focusCell(index: number, name: string): void {
    this.active = index;
    this.requestUpdate();
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>(`[data-testid="thumb-${name}"]`)?.focus(); });
  }

  /** The details beside the grid are part of the picture. */
  override async idle(): Promise<void> {
    await super.idle();
    for (const detail of this.renderRoot.querySelectorAll<HeadView>('headscope-head-view')) await detail.idle();
  }

  alt(): string {
    const { quantity } = this.settings;
    const what = quantity === 'weight' ? '' : ` Shown: ${QUANTITY_WORDS[quantity].one}, largest ${exact4(this.largest)} in size.`;
    return `${this.grid().cells.length} ${isOfLayer(quantity) ? 'layers' : 'heads'} of ${this.trace?.model.name ?? ''}, one thumbnail each.${what}`;
  }
  get renderer(): string { return this.surface?.renderer ?? 'canvas2d'; }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.surface?.dispose();
    this.surface = undefined;
  }
}
define('headscope-model-view', ModelView);
