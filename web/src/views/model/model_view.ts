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
import { lineOpacity } from '../../ui/ink';
import { pictureAxes } from '../../ui/picture_axes';
import type { TileSpec, TileStore } from '../../ui/tile_store';
import type { ViewSettings } from '../../ui/types';
import { CanvasView } from '../common/canvas_view';
import { choiceSelect } from '../common/choice_select';
import type { TableData } from '../common/data_table';
import { rampLegend } from '../common/legend';
import { lineLegend } from '../common/line_legend';
import { maskSpecs, sightOf } from '../common/sight';
import { ViewBase } from '../common/view_base';
import type { Layer } from '../gl/scene';
import { TileAtlas } from '../gl/tile_atlas';
import type { HeadView } from '../head/head_view';
import '../head/head_view';
import { AXIS_HEIGHT, AXIS_WIDTH, cellByKey, thumbKind, type Grid, type GridCell } from './grid';
import { largestShown, thumbLayers, thumbLineWidth, type Thumb } from './model_paint';
import { cellRect, gridClip, gridOf, pitchOf, planOf, ThumbSpecs, type Pitch } from './model_plan';
import { modelStyles } from './model_styles';
import { details, gridAxes, gridCell, include, type ModelHost } from './model_template';
import { ModelTiles, rowsOf, type Plan } from './model_tiles';
import { ThumbHatch } from './thumb_hatch';
import { account, describe, headTable, modelAlt, progress } from './model_words';

/** Above so many thumbnails only rows on screen have elements. */
const VIRTUAL_ABOVE = 1024;
const REST = 60;
const DOUBLE_CLICK = 700;

export class ModelView extends CanvasView implements ModelHost {
  static override properties = { ...ViewBase.properties, refine: { state: true }, wrong: { state: true } };
  static override styles = modelStyles;
  /** Long inputs: exact thumbnails follow the previews. */
  declare refine: boolean;
  declare wrong: 'layers' | 'heads' | null;
  private hovered: string | null = null;
  private readonly atlas = new TileAtlas(64, 1024);
  private readonly hatches = new ThumbHatch();
  active = '';
  private clicked: { name: string; time: number } | null = null;
  private tiles_: ModelTiles | undefined;
  private tilesOf: TileStore | undefined;
  private specs: ThumbSpecs | undefined;
  approximate: ReadonlySet<string> = new Set();
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

  ablated(name: string): boolean { return (this.settings as Partial<ViewState>).ablations?.some((a) => a.head === name
    || a.head === name.replace(/H\d+$/, 'H*')) ?? false; }

  words(name: string | null): string { return describe(name, this.settings, this.labels, name !== null && this.ablated(name)); }

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
        ${this.select('colours', 'Colours', 'grid-colours')}${include(this, 'layers')}${isOfLayer(s.quantity) ? nothing
          : include(this, 'heads')}${this.tableButton()}
        ${plan?.long ? html`<button data-testid="refine" class=${this.approximate.size > 0 ? '' : 'done'} aria-pressed=${this.refine ? 'true' : 'false'}
          @click=${() => { this.refine = !this.refine; }}>${this.refine ? 'Stop refining' : 'Refine'}</button>` : nothing}
        </div>
      ${this.glNotice()}
      <div class="body"><div class="scroller" data-testid="view-model" @scroll=${() => { this.scrolled(); }} @pointerleave=${() => { this.look(null); }}>
        <canvas aria-hidden="true"></canvas>
        ${problem ? html`<p class="notice problem" role="status"
          data-testid="error-HS-CAP-01">${problem}</p>` : html`${grid.sorted ? nothing : gridAxes(grid, pitch, size)}
        <div class="cells" role="grid" aria-label=${isOfLayer(s.quantity) ? 'Layers' : 'Heads'} aria-rowcount=${grid.rows} aria-colcount=${grid.cols}
          ${css$(size)}
          @keydown=${(e: KeyboardEvent) => { this.key(e, grid); }}>
          ${rowsOf(this.shownCells(grid, plan)).map((cells) => html`<div role="row"
            aria-rowindex=${(cells[0]?.row ?? 0) + 1}>${cells.map((c) => gridCell(this, c, grid, pitch))}</div>`)}</div>`}
      </div>${s.details.length > 0 ? details(this) : nothing}${this.sheet()}</div>
      <div class="foot"><span class="strip" data-testid="grid-strip"></span>
        ${this.linesShown() ? lineLegend(s, colourScale(s, this.longSide()) === 'own' ? null : this.largest, { width: thumbLineWidth, opacity: lineOpacity })
          : rampLegend(colourLegend(s, this.longSide(), this.largest, s.quantity === 'weight' ? V.evenAttention : V.largestShown), this.theme)}
        <span class="muted" data-testid="status-line">${trace ? account(trace, s, grid, this.labels, this.largest) : ''}${progress(plan,
          this.approximate.size)}</span></div>${this.live()}`;
  }

  private linesShown(): boolean { return thumbKind(this.settings.thumb, this.longSide()) === 'lines'; }

  private select(field: 'thumb' | 'order' | 'colours', title: string, testid: string): TemplateResult {
    return choiceSelect({ field, value: this.settings[field], testid, title }, (value) => { this.command(`${field}.set`, { value }); });
  }

  private readonly detailSettings = new Map<string, { of: unknown; settings: ViewSettings }>();
  /** The same object as long as nothing changes: the detail then knows that nothing did. */
  ofDetail(name: string): ViewSettings {
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
    const largest = largestShown(thumbs, kind, settings.quantity, axes.q.length);
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
    this.hatches.drawAll(ctx, gridClip(grid, this.box), plan.visible.map((cell) => {
      const at = cellRect(cell, pitch);
      return { rect: { ...at, x: at.x - scroll.x, y: at.y - scroll.y }, sight: sightOf(trace, settings.stack, [cell.name], store) };
    }), axes);
  }

  /** What is pointed at, in words: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const strip = this.renderRoot.querySelector('[data-testid=grid-strip]');
    const text = this.words(this.hovered);
    if (strip && strip.textContent !== text) strip.textContent = text;
  }

  // ---- gestures and keys (ModelHost) -----------------------------------------------------------------

  /** Exact thumbnails near the pointer come first, so a long text asks again. */
  look(name: string | null): void {
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

  /** "0-3,7": which layers or heads the grid has. */
  include(what: 'layers' | 'heads', text: string): void {
    this.wrong = parseRanges(text) ? null : what;
    if (this.wrong === null) this.command('grid.set', { [what]: text });
  }

  focusOn(name: string): void {
    this.active = name;
    this.look(name);
  }

  choose(name: string, event: MouseEvent): void {
    this.clicked = { name, time: event.timeStamp };
    this.toggle(name, event.ctrlKey || event.metaKey);
  }

  toggle(head: string, add: boolean): void { this.command('details.toggle', { head, add }); }

  private scrolled(): void {
    this.repaint();
    this.afterRest('scroll', REST, () => { this.requestUpdate(); });
  }

  private key(event: KeyboardEvent, grid: Grid): void {
    const cell = grid.cells.find((c) => c.name === this.active) ?? grid.cells[0];
    if (!cell) return;
    const target = cellByKey(grid, cell, event.key);
    if (target !== undefined) this.focusCell(target.name);
    else if (this.commonKey(event)) { /* done */ } else if (event.key === 'Escape' && this.settings.details.length > 0) this.command('details.clear');
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
