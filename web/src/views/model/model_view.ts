// The model view: a thumbnail of every head, details beside the grid (ui.md §3.2).

import { html, nothing, type TemplateResult } from 'lit';
import { parseRanges } from '../../base/heads';
import { isOfLayer, wholeMapProblem } from '../../base/quantities';
import { labelled, stackOf } from '../../base/trace_info';
import type { ViewState } from '../../base/state';
import { V } from '../../base/words/views';
import { colourLegend, colourScale } from '../../ui/colours';
import { css$ } from '../../ui/css_directive';
import { define } from '../../ui/define';
import { pictureAxes } from '../../ui/picture_axes';
import type { TileSpec, TileStore } from '../../ui/tile_store';
import type { ViewSettings } from '../../ui/types';
import { CanvasView } from '../common/canvas_view';
import { choiceSelect } from '../common/choice_select';
import type { TableData } from '../common/data_table';
import { rampLegend } from '../common/legend';
import { maskSpecs, sightOf } from '../common/sight';
import { ViewBase } from '../common/view_base';
import type { Layer, Rect } from '../gl/scene';
import { TileAtlas } from '../gl/tile_atlas';
import type { HeadView } from '../head/head_view';
import '../head/head_view';
import { AXIS_HEIGHT, AXIS_WIDTH, thumbKind, type Grid, type GridCell } from './grid';
import { largestShown, thumbLayers, type Thumb } from './model_paint';
import { cellRect, emptyCells, gridOf, pitchOf, planOf, ThumbSpecs, type Box, type Pitch } from './model_plan';
import { modelStyles } from './model_styles';
import { ModelTiles, rowsOf, type Plan } from './model_tiles';
import { ThumbHatch } from './thumb_hatch';
import { account, describe, headTable, modelAlt, nameWithValue, progress, spelled } from './model_words';

/** Above so many thumbnails only rows on screen have elements. */
const VIRTUAL_ABOVE = 1024;
const REST = 60;
const DOUBLE_CLICK = 700;

export class ModelView extends CanvasView {
  static override properties = { ...ViewBase.properties, refine: { state: true }, wrong: { state: true } };
  static override styles = modelStyles;
  /** Long inputs: exact thumbnails follow the previews. */
  declare refine: boolean;
  /** The list of layers or heads that cannot be read. */
  declare wrong: 'layers' | 'heads' | null;
  private hovered: string | null = null;
  private readonly atlas = new TileAtlas(64, 1024);
  private readonly hatches = new ThumbHatch();
  private active = '';
  private clicked: { name: string; time: number } | null = null;
  private tiles_: ModelTiles | undefined;
  private tilesOf: TileStore | undefined;
  private specs: ThumbSpecs | undefined;
  /** Heads on screen that are not exact. */
  private approximate: ReadonlySet<string> = new Set();
  private box = { width: 0, height: 0 };
  private largest = 1;
  private laid: { from: unknown[]; grid: Grid; pitch: Pitch } | undefined;

  constructor() {
    super();
    this.refine = true;
    this.wrong = null;
    this.addEventListener('click', this.secondClick, { capture: true });
  }

  // ---- plan ------------------------------------------------------------------------------------

  private layout(): { grid: Grid; pitch: Pitch } {
    const { trace, settings, labels, box } = this;
    const from = [trace, settings, labels, box];
    if (this.laid && from.every((x, i) => x === this.laid?.from[i])) return this.laid;
    const grid = gridOf(trace, settings, labels, box);
    this.laid = { from, grid, pitch: pitchOf(grid, box) };
    return this.laid;
  }

  private plan(): Plan | null {
    const { trace, settings } = this;
    const { grid, pitch } = this.layout();
    if (trace && (this.specs?.trace !== trace || this.specs.settings !== settings)) {
      this.specs = new ThumbSpecs(trace, settings, stackOf(trace, settings.stack).heads.reduce((a, b) => a + b, 0));
    }
    const scroll = this.renderRoot.querySelector('.scroller')?.scrollTop ?? 0;
    // The element's height, not the scroller's: that one moves with the bar above it, whose text says
    // how many of the visible heads are exact, and each would change the other.
    return planOf(trace, settings, grid, pitch, this.specs, { scroll, height: this.clientHeight || 600,
      pointer: grid.cells.find((c) => c.name === this.hovered) ?? null, refine: this.refine });
  }

  private ablated(name: string): boolean { return (this.settings as Partial<ViewState>).ablations?.some((a) => a.head === name
    || a.head === name.replace(/H\d+$/, 'H*')) ?? false; }

  private words(name: string | null): string { return describe(name, this.settings, this.labels, name !== null && this.ablated(name)); }

  private longSide(): number { const { q, k } = pictureAxes(this.trace, this.settings); return Math.max(q.length, k.length); }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { trace, settings: s } = this;
    const { grid, pitch } = this.layout();
    const plan = this.plan();
    const problem = wholeMapProblem(trace, s.quantity);
    this.approximate = plan?.long && this.tiles_ ? new Set(plan.visible.filter((c) => this.tiles_?.shown(plan, c.name)?.exact !== true).map((c) => c.name))
      : new Set();
    const size = { width: `${AXIS_WIDTH + grid.cols * pitch.x}px`, height: `${AXIS_HEIGHT + grid.rows * pitch.y + 2}px` };
    return html`<div class="bar">${this.controls === 'full' ? this.select('thumb', 'Thumbnails', 'thumb-kind') : nothing}${this.select('order', 'Order',
      'grid-order')}
        ${this.select('colours', 'Colours', 'grid-colours')}${this.include('layers')}${isOfLayer(s.quantity) ? nothing
          : this.include('heads')}${this.tableButton()}
        ${plan?.long ? html`<button data-testid="refine" class=${this.approximate.size > 0 ? '' : 'done'} aria-pressed=${this.refine ? 'true' : 'false'}
          @click=${() => { this.refine = !this.refine; }}>${this.refine ? 'Stop refining' : 'Refine'}</button>` : nothing}
        </div>
      ${this.glNotice()}
      <div class="body"><div class="scroller" data-testid="view-model" @scroll=${() => { this.scrolled(); }} @pointerleave=${() => { this.look(null); }}>
        <canvas aria-hidden="true"></canvas>
        ${problem ? html`<p class="notice problem" role="status"
          data-testid="error-HS-CAP-01">${problem}</p>` : html`${grid.sorted ? nothing : this.axes(grid, pitch, size)}
        <div class="cells" role="grid" aria-label=${isOfLayer(s.quantity) ? 'Layers' : 'Heads'} aria-rowcount=${grid.rows} aria-colcount=${grid.cols}
          ${css$(size)}
          @keydown=${(e: KeyboardEvent) => { this.key(e, grid); }}>
          ${rowsOf(this.shownCells(grid, plan)).map((cells) => html`<div role="row"
            aria-rowindex=${(cells[0]?.row ?? 0) + 1}>${cells.map((c) => this.cell(c, grid, pitch))}</div>`)}</div>`}
      </div>${s.details.length > 0 ? this.details() : nothing}${this.sheet()}</div>
      <div class="foot"><span class="strip" data-testid="grid-strip"></span>
        ${this.linesShown() ? nothing : rampLegend(colourLegend(s, this.longSide(), this.largest), this.theme)}
        <span class="muted" data-testid="status-line">${trace ? account(trace, s, grid, this.labels, this.largest) : ''}${progress(plan,
          this.approximate.size)}</span></div>${this.live()}`;
  }

  private linesShown(): boolean { return thumbKind(this.settings.thumb, this.longSide()) === 'lines'; }

  private select(field: 'thumb' | 'order' | 'colours', title: string, testid: string): TemplateResult {
    return choiceSelect({ field, value: this.settings[field], testid, title }, (value) => { this.command(`${field}.set`, { value }); });
  }

  /** "0-3,7": which layers or heads the grid has. */
  private include(what: 'layers' | 'heads'): TemplateResult {
    const value = what === 'layers' ? this.settings.gridLayers : this.settings.gridHeads;
    const change = (e: Event): void => {
      const text = (e.target as HTMLInputElement).value;
      this.wrong = parseRanges(text) ? null : what;
      if (this.wrong === null) this.command('grid.set', { [what]: text });
    };
    return html`<label>${what === 'layers' ? V.layers : V.heads} <input type="text" data-testid="grid-${what}" placeholder=${V.everything}
      title=${V.ranges}
      aria-invalid=${this.wrong === what ? 'true' : 'false'} .value=${value} @change=${change}></label>`;
  }

  private axes(grid: Grid, p: Pitch, size: Record<string, string>): TemplateResult {
    const layers = [...new Map(grid.cells.map((c) => [c.row, c.layer]))];
    return html`<div class="cells" aria-hidden="true" ${css$(size)}>
      <div class="tops">${grid.columns.map((head, c) => html`<span class="axis"
        ${css$({ left: `${AXIS_WIDTH + c * p.x}px`, width: `${p.size}px`, top: '0px', height: `${AXIS_HEIGHT - 2}px` })}>H${head}</span>`)}</div>
      <div class="sides">${layers.map(([row, layer]) => html`<span class="axis"
        ${css$({ left: '0px', width: `${AXIS_WIDTH - 4}px`, top: `${AXIS_HEIGHT + row * p.y}px`, 'line-height': `${p.size}px` })}>L${layer}</span>`)}</div>
      ${emptyCells(grid).map((c) => { const r = cellRect(c, p); return html`<i class="none"
        ${css$({ left: `${r.x}px`, top: `${r.y}px`, width: `${r.width}px`, height: `${r.height}px` })}></i>`; })}</div>`;
  }

  private cell(c: GridCell, grid: Grid, pitch: Pitch): TemplateResult {
    const { settings: s, labels } = this;
    const r = cellRect(c, pitch);
    const layers = isOfLayer(s.quantity);
    const under = grid.sorted ? (layers ? spelled(c.name, s) : nameWithValue(c.name, s, labels)) : '';
    const focusable = c.name === (this.active || grid.cells[0]?.name);
    return html`<button class="cell ${this.ablated(c.name) ? 'ablated' : ''}" role="gridcell" data-testid="thumb-${c.name}" aria-colindex=${c.col + 1}
      aria-label=${this.words(c.name)}
      aria-selected=${s.details.includes(c.name) ? 'true' : 'false'} tabindex=${focusable ? 0 : -1}
      data-glyph="${this.approximate.has(c.name) ? '≈ ' : ''}${layers ? '' : labels.get(c.name)?.glyph ?? ''}" data-name=${under}
      ${css$({ left: `${r.x}px`, top: `${r.y}px`, width: `${r.width}px`, height: `${r.height}px` })}
      @pointerenter=${() => { this.look(c.name); }} @focus=${() => { this.active = c.name; this.look(c.name); }}
      @click=${(e: MouseEvent) => { this.clicked = { name: c.name, time: e.timeStamp }; this.toggle(c.name, e.ctrlKey || e.metaKey); }}></button>`;
  }

  private details(): TemplateResult {
    const { settings: s } = this;
    return html`<div class="details">${s.details.map((name) => html`<section class="detail" data-testid="detail-${name}"
      aria-label=${isOfLayer(s.quantity) ? spelled(name, s) : V.head(name)}>
      <header>${spelled(name, s)}<button aria-label=${V.close(spelled(name, s))} @click=${() => { this.toggle(name, true); }}>✕</button></header>
      <headscope-head-view .engine=${this.engine} .trace=${this.trace} .labels=${this.labels} .theme=${this.theme} .ink=${this.ink}
        .singleKeys=${this.singleKeys} controls="none"
        .settings=${this.ofDetail(name)}></headscope-head-view></section>`)}</div>`;
  }

  private readonly detailSettings = new Map<string, { of: unknown; settings: ViewSettings }>();
  /** The same object as long as nothing changes: the detail then knows that nothing did. */
  private ofDetail(name: string): ViewSettings {
    const held = this.detailSettings.get(name);
    if (held?.of === this.settings) return held.settings;
    const settings = { ...this.settings, heads: [name], panels: 'one' as const };
    this.detailSettings.set(name, { of: this.settings, settings });
    return settings;
  }

  private shownCells(grid: Grid, plan: Plan | null): readonly GridCell[] { return grid.cells.length <= VIRTUAL_ABOVE || !plan ? grid.cells : plan.visible; }

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
    const surface = this.surfaceOn(canvas);
    const plan = this.plan();
    if (!plan) {
      surface.draw({ width, height, layers: [] });
      store.keepOnly(this.scope, new Set());
      return;
    }
    if (this.tilesOf !== store) {
      this.tilesOf = store;
      this.tiles_ = new ModelTiles(store, this.scope);
    }
    const tiles = this.tiles_ as ModelTiles;
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, marginBottom: `${-height}px` });
    const scroll = { x: scroller.scrollLeft, y: scroller.scrollTop };
    surface.draw({ width, height, layers: this.layers(plan, tiles, scroll) }, (ctx) => { this.hatch(ctx, plan, scroll); });
    tiles.request(plan, this.masks(plan));
    const shown = plan.visible.map((c) => tiles.shown(plan, c.name));
    if (shown.length > 0 && shown.every((t) => t !== undefined)) this.mark('gridFirstPaint');
    if (shown.length > 0 && shown.every((t) => t?.exact)) this.mark('gridExact');
  }

  private layers(plan: Plan, tiles: ModelTiles, scroll: { x: number; y: number }): Layer[] {
    const { settings, theme, atlas } = this;
    const { grid, pitch } = this.layout();
    const axes = pictureAxes(this.trace, settings);
    const long = Math.max(axes.q.length, axes.k.length);
    const kind = thumbKind(settings.thumb, long);
    const look = `${plan.trace} ${kind} ${JSON.stringify(this.ops())} ${settings.stack}`;
    const thumbs = plan.visible.map((cell): Thumb => {
      const at = cellRect(cell, pitch);
      const shown = tiles.shown(plan, cell.name);
      return { name: cell.name, rect: { ...at, x: at.x - scroll.x, y: at.y - scroll.y }, tile: shown?.tile, key: `${look} ${cell.name} ${shown?.exact ? ''
        : '≈'}` };
    });
    const clip = gridClip(grid, this.box);
    const largest = largestShown(thumbs, kind, settings.quantity);
    if (largest !== this.largest) {
      this.largest = largest;
      this.requestUpdate();
    }
    return thumbLayers({ thumbs, kind, atlas, axes, settings, theme, scale: colourScale(settings, long), largest, clip });
  }

  private masks(plan: Plan): TileSpec[] { return maskSpecs(this.trace, this.settings.stack, plan.near.map((c) => c.name)); }

  /** Where a mask hides keys: of thumbnails that are matrices of heads. */
  private hatch(ctx: CanvasRenderingContext2D, plan: Plan, scroll: { x: number; y: number }): void {
    const { trace, settings, store } = this;
    const axes = pictureAxes(trace, settings);
    if (!trace || !store || isOfLayer(settings.quantity) || thumbKind(settings.thumb, Math.max(axes.q.length, axes.k.length)) !== 'matrix') return;
    const { grid, pitch } = this.layout();
    ctx.save();
    ctx.beginPath();
    const { x, y, width, height } = gridClip(grid, this.box);
    ctx.rect(x, y, width, height);
    ctx.clip();
    for (const cell of plan.visible) {
      const at = cellRect(cell, pitch);
      this.hatches.draw(ctx, { ...at, x: at.x - scroll.x, y: at.y - scroll.y }, sightOf(trace, settings.stack, [cell.name], store), axes);
    }
    ctx.restore();
  }

  /** What is pointed at, in words: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const strip = this.renderRoot.querySelector('[data-testid=grid-strip]');
    const text = this.words(this.hovered);
    if (strip && strip.textContent !== text) strip.textContent = text;
  }

  // ---- gestures and keys -----------------------------------------------------------------------

  /** Exact thumbnails near the pointer come first, so a long text asks again. */
  private look(name: string | null): void {
    if (name === this.hovered) return;
    this.hovered = name;
    this.repaintOverlay();
    if (name && this.approximate.size > 0) this.afterRest('refine', REST, () => { this.repaint(); });
  }

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

  private toggle(head: string, add: boolean): void { this.command('details.toggle', { head, add }); }

  private scrolled(): void {
    this.repaint();
    this.afterRest('scroll', REST, () => { this.requestUpdate(); });
  }

  private key(event: KeyboardEvent, grid: Grid): void {
    const cell = grid.cells.find((c) => c.name === this.active) ?? grid.cells[0];
    if (!cell) return;
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0,
      1e6], PageUp: [-5, 0], PageDown: [5, 0] };
    const step = steps[event.key];
    if (step) {
      const inRow = (row: number): GridCell[] => grid.cells.filter((c) => c.row === row);
      const row = Math.min(grid.rows - 1, Math.max(0, cell.row + step[0]));
      const cells = inRow(row);
      const at = step[0] === 0 ? cells.indexOf(cell) + step[1] : cells.findIndex((c) => c.col >= cell.col);
      const target = cells[at < 0 && step[0] !== 0 ? cells.length - 1 : Math.min(cells.length - 1, Math.max(0, at))];
      if (target) this.focusCell(target.name);
    } else if (this.commonKey(event)) { /* done */ } else if (event.key === 'Escape' && this.settings.details.length > 0) this.command('details.clear');
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private focusCell(name: string): void {
    this.active = name;
    this.requestUpdate();
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>(`[data-testid="thumb-${name}"]`)?.focus(); });
  }

  // ---- table and test API ----------------------------------------------------------------------

  protected override tableData(): TableData | null { return this.trace && labelled(this.trace, this.settings.stack) ? headTable(this.layout().grid,
    this.labels) : null; }

  /** The details beside the grid are part of the picture. */
  override async idle(): Promise<void> {
    await super.idle();
    for (const detail of this.renderRoot.querySelectorAll<HeadView>('headscope-head-view')) await detail.idle();
  }

  alt(): string { return modelAlt(this.trace, this.settings, this.layout().grid, this.largest); }
}
define('headscope-model-view', ModelView);

/** Thumbnails do not run into the axes. */
function gridClip(grid: Grid, box: Box): Rect {
  return { x: grid.sorted ? 0 : AXIS_WIDTH - 4, y: grid.sorted ? 0 : AXIS_HEIGHT - 2, width: box.width, height: box.height };
}
