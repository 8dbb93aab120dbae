// The matrix view: token × token raster, row = query, column = key (ui.md §3.4).

import { html, nothing, type TemplateResult } from 'lit';
import { wholeMapProblem } from '../../base/quantities';
import type { Zoom } from '../../base/state';
import { V } from '../../base/words/views';
import { axisIndex, type Side } from '../../ui/axes';
import { define } from '../../ui/define';
import type { Series } from '../../ui/identity';
import { longPress } from '../../ui/long_press';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { TileStore, type TileSpec } from '../../ui/tile_store';
import { CanvasView } from '../common/canvas_view';
import type { TableData } from '../common/data_table';
import { layerNote } from '../common/layer_note';
import type { PatchPicture } from '../common/patch_picture';
import { PatchSource } from '../common/patch_source';
import { maskSpecs } from '../common/sight';
import { Sinks } from '../common/sink';
import { ViewBase } from '../common/view_base';
import type { Rect } from '../gl/scene';
import { TileAtlas } from '../gl/tile_atlas';
import { Camera, type Shape } from './camera';
import { CellActs } from './cell_acts';
import { CellNumbers } from './cell_numbers';
import { TILE, cellsOf, levelFor, type Point } from './lod';
import type { Marginals } from './marginals';
import { heaviestCells, rasterOf, sidesOf, type MatrixSource } from './matrix_data';
import { decorate, decorateOverlay } from './matrix_decor';
import { MatrixGestures, type GestureHost, type Held } from './matrix_gestures';
import { MatrixKeyboard, ZOOM_STEP, type KeyboardHost } from './matrix_keyboard';
import { matrixKey } from './matrix_keys';
import { pictureUnder, showPatches } from './matrix_patches';
import { MatrixSpecs, cellAt, frameOf, plotUnder, matrixSeries, tokenAt, type Cell, type Frame } from './matrix_plan';
import { matrixStyles } from './matrix_styles';
import { matrixBar, matrixFoot } from './matrix_template';
import { matrixAlt, NO_CELL, sideText } from './matrix_words';

/** Where one looks goes into the state when the gesture rests. */
const REST = 150;
/** Exact numbers of a pooled pixel are asked for when the pointer stays. */
const BLOCK_REST = 120;
const NO_RASTER = { layers: [], wanted: [], largest: 1 };

export class MatrixViewElement extends CanvasView implements GestureHost, KeyboardHost {
  static override properties = { ...ViewBase.properties, brushMode: { state: true } };
  static override styles = matrixStyles;
  declare brushMode: boolean;
  readonly camera = new Camera();
  /** The zoom that the state has, as last sent or taken. */
  private known = '';
  cursor: Cell | null = null;
  private drawnVersion = 0;
  private marginals: Marginals | null = null;
  private readonly sinks = new Sinks();
  private readonly patches = new PatchSource(this);
  private readonly atlas = new TileAtlas(TILE, 256);
  private specs: MatrixSpecs | undefined;
  private size = { width: 0, height: 0 };
  /** What colours are relative to: 1, or the largest |x| shown. */
  private largest = 1;
  private level = 0;
  private readonly gestures = new MatrixGestures(this);
  private readonly keyboard = new MatrixKeyboard(this);
  readonly acts = new CellActs(() => ({ settings: this.settings, axes: this.axes() }), (id, args) => { this.command(id, args); });
  private readonly numbers = new CellNumbers((act) => { this.afterRest('block', BLOCK_REST, act); },
    (spec) => { if (this.trace) this.store?.request(this.trace.id, [spec], 1, this.scope); });

  constructor() {
    super();
    this.brushMode = false;
  }

  // ---- plan ------------------------------------------------------------------------------------

  axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }
  private series(): Series[] { return matrixSeries(this.settings); }
  shape(): Shape { const { q, k } = this.axes(); return { rows: q.length, cols: k.length }; }

  private frame_(): Frame { return frameOf(this.axes(), this.settings, this.size,
    this.sinks.specs(this.trace, this.settings, this.series()).some((spec) => spec !== null)); }
  firstPlot(): Rect { return this.frame_().plots[0] as Rect; }

  /** What tiles are looked up with; null before the first picture. */
  private source(): MatrixSource | null {
    const { trace, store, settings, camera: { view } } = this;
    if (!trace || !store || !view) return null;
    if (!this.specs?.fits(trace, settings)) this.specs = new MatrixSpecs(trace, settings, this.ops());
    return { trace, store, settings, view, specs: this.specs, axes: this.axes(), series: this.series(),
             level: levelFor(view.cell, window.devicePixelRatio || 1) };
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    // A zoom that is not our own: a link, undo, or the view is new.
    const zoom = JSON.stringify(this.settings.zoom);
    if (zoom === this.known) return;
    this.known = zoom;
    this.camera.take(this.settings.zoom);
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const problem = wholeMapProblem(this.trace, this.settings.quantity);
    const { rows, cols } = this.shape();
    const bar = { settings: this.settings, theme: this.theme, tokens: Math.max(rows, cols), largest: this.largest, level: this.level, brush: this.brushMode,
      alone: this.controls === 'full' };
    const gestures = this.gestures;
    return html`${matrixBar(bar, { zoomIn: () => { this.zoomBy(ZOOM_STEP); }, zoomOut: () => { this.zoomBy(1 / ZOOM_STEP); }, fit: () => { this.fit(); },
        brush: () => { this.keyboard.toggleBrush(); }, command: (id, args) => { this.command(id, args); } }, this.tableButton())}
      ${this.glNotice()}
      <div class="stage" data-testid="view-matrix" role="figure" tabindex="0"
        aria-label=${V.matrix(this.alt())}
        @wheel=${(e: WheelEvent) => { this.wheel(e); }} @pointerdown=${(e: PointerEvent) => { this.down(e); }}
        @pointermove=${(e: PointerEvent) => { gestures.move(e.pointerId, this.onStage(e)); }}
        @pointerup=${(e: PointerEvent) => { gestures.up(e.pointerId, this.onStage(e), { add: e.ctrlKey || e.metaKey, link: e.altKey }); }}
        @pointercancel=${(e: PointerEvent) => { gestures.cancel(e.pointerId); }}
        @dblclick=${(e: MouseEvent) => { this.solo(this.onStage(e)); }}
        @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.menuAt(this.onStage(e), e.clientX, e.clientY); }}
        @keydown=${(e: KeyboardEvent) => { this.key(e); }}>
        <canvas class="base" aria-hidden="true"></canvas><canvas class="overlay" aria-hidden="true"></canvas><div class="brush"></div>
        ${problem ? html`<p class="notice problem" role="status" data-testid="error-HS-CAP-01">${problem}</p>` : nothing}
        ${this.sheet()}</div>${pictureUnder(this.patches, this)}
      ${matrixFoot([this.alt(), layerNote(this.trace, this.settings)].filter(Boolean).join(' '))}${this.live()}`;
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.base');
    const { store, trace } = this;
    if (!stage || !canvas || !store || !trace || stage.clientWidth === 0) return;
    this.size = { width: stage.clientWidth, height: stage.clientHeight };
    const shape = this.shape();
    const frame = this.frame_();
    const [plot] = frame.plots;
    if (!plot || shape.rows === 0 || shape.cols === 0) return;
    this.camera.place(plot, shape, this.settings.zoom, [this.size.width, this.size.height, frame.plots.length, frame.left].join());
    Object.assign(canvas.style, { width: `${this.size.width}px`, height: `${this.size.height}px` });
    const surface = this.surfaceOn(canvas);
    const source = this.source() as MatrixSource;
    this.drawnVersion = store.version;
    const sides = sidesOf(source, plot);
    this.marginals = sides?.known ?? null;
    const sinks = this.sinks.specs(trace, this.settings, source.series);
    const raster = wholeMapProblem(trace, this.settings.quantity) ? NO_RASTER : rasterOf(source, frame.plots, this.atlas, this.theme);
    this.adopt(raster.largest, source.level);
    const masks = maskSpecs(trace, this.settings.stack, source.series.flatMap((s) => s.heads));
    this.request(source, raster.wanted, [...(sides?.specs ?? []), ...sinks.filter((spec) => spec !== null), ...masks]);
    surface.draw({ width: this.size.width, height: this.size.height, layers: raster.layers }, (ctx) => {
      decorate(ctx, { source, frame, marginals: this.marginals, sinks: this.sinks.shares(store, source.axes.q), largest: this.largest, theme: this.theme });
    });
    if (!store.busy(this.scope)) this.mark('firstPaint');
  }

  /** The weights behind a pooled pixel change the numbers, not the picture. */
  protected override storeChanged(): void {
    const { store, trace } = this;
    if (store && trace) {
      const { settled, came } = this.numbers.take(store, trace.id);
      this.drawnVersion += came;
      if (settled > 0) this.repaintOverlay();
      if (settled > 0 && store.version === this.drawnVersion) return;
    }
    super.storeChanged();
  }

  /** The legend follows what is drawn. */
  private adopt(largest: number, level: number): void {
    if (largest === this.largest && level === this.level) return;
    this.largest = largest;
    this.level = level;
    this.requestUpdate();
  }

  private request({ store, trace }: MatrixSource, wanted: readonly TileSpec[], extra: readonly TileSpec[]): void {
    store.keepOnly(this.scope, new Set([...wanted, ...extra, ...this.numbers.wanted].map((s) => TileStore.key(trace.id, s))));
    store.request(trace.id, wanted, 0, this.scope);
    for (const spec of extra) store.request(trace.id, [spec], 2, this.scope);
  }

  /** The cursor, the chosen link and their numbers: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const source = this.source();
    const ctx = source && this.overlayContext('canvas.overlay', this.size);
    if (!ctx) return;
    const chosen = this.chosen(source.axes);
    decorateOverlay(ctx, { source, frame: this.frame_(), theme: this.theme }, this.cursor, chosen);
    const at = this.cursor ?? chosen;
    showPatches(this.renderRoot.querySelector<PatchPicture>('headscope-patch-picture'), source, at);
    this.write('matrix-cursor', at ? this.numbers.text(source, at) : NO_CELL);
    this.write('matrix-sides', at ? this.sideNumbers(at) : '');
  }

  private write(name: string, text: string): void {
    const element = this.renderRoot.querySelector(`[data-testid=${name}]`);
    if (element && element.textContent !== text) element.textContent = text;
  }

  chosen(axes: PictureAxes): Cell | null {
    const { q, k } = this.settings.selection;
    if (q === null || k === null) return null;
    const cell = { q: axisIndex(axes.q, q), k: axisIndex(axes.k, k) };
    return cell.q >= 0 && cell.k >= 0 ? cell : null;
  }

  private sideNumbers(cell: Cell): string {
    const { store } = this;
    const { q } = this.axes();
    const shares = store ? this.sinks.shares(store, q).map((all) => all?.[cell.q] ?? null) : [];
    return sideText(this.marginals, cell, q.length, this.series().map((s, i) => ({ name: s.name, sink: shares[i] ?? null })));
  }

  // ---- gestures (GestureHost) ------------------------------------------------------------------

  private onStage(event: MouseEvent): Point {
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  }

  plotAt(x: number, y: number): Rect | null { return plotUnder(this.frame_(), { x, y }); }

  private hitAt(at: Point): Cell | null {
    const plot = this.plotAt(at.x, at.y);
    return plot && this.camera.view ? cellAt(plot, this.camera.view, at.x, at.y, this.axes()) : null;
  }

  /** The token whose name stands at a point, left of a plot or above it. */
  private labelAt(at: Point): { side: Side; token: number } | null {
    const { view } = this.camera;
    const label = view && tokenAt(this.frame_(), view, at.x, at.y, this.axes());
    return label ? { side: label.side, token: this.acts.token(label.side, label.index) } : null;
  }

  point(at: Point): void {
    const cell = this.hitAt(at);
    // Numbers stay when the pointer leaves.
    if (!cell || (cell.q === this.cursor?.q && cell.k === this.cursor.k)) return;
    this.cursor = cell;
    this.repaintOverlay();
  }

  isBrush(): boolean { return this.brushMode; }

  pick(at: Point, held: Held): void {
    const cell = this.hitAt(at);
    if (cell) {
      this.cursor = cell;
      if (held.link) this.acts.findLink(cell);
      else this.acts.choose(cell);
      return;
    }
    const label = this.labelAt(at);
    if (label) this.acts.label(label, held);
  }

  /** Of several heads the one under the pointer alone. */
  private solo(at: Point): void {
    const plot = this.plotAt(at.x, at.y);
    const series = plot ? this.series()[this.frame_().plots.findIndex((p) => p.x === plot.x && p.y === plot.y)] : undefined;
    if (series?.heads.length === 1 && this.settings.heads.length > 1) this.command('head.set', { heads: series.heads });
  }

  private menuAt(at: Point, x: number, y: number): void {
    const cell = this.hitAt(at);
    const of = cell ? { side: 'k' as const, token: this.acts.token('k', cell.k) } : this.labelAt(at);
    if (of) this.openMenu({ ...of, x, y });
  }

  pan(dx: number, dy: number): void {
    this.camera.pan(dx, dy);
    this.moved();
  }

  zoom(factor: number, at: Point): void {
    this.camera.zoom(factor, at, this.plotAt(at.x, at.y) ?? this.firstPlot(), this.shape());
    this.moved();
  }

  brush(rect: Rect | null): void {
    const element = this.renderRoot.querySelector<HTMLElement>('.brush');
    if (!element) return;
    element.style.display = rect ? 'block' : 'none';
    if (rect) for (const [name, value] of [['left', rect.x], ['top', rect.y], ['width', rect.width], ['height', rect.height]] as const) {
      element.style[name] = `${value}px`;
    }
  }

  zoomToBrush(rect: Rect, plot: Rect): void {
    if (this.camera.view) this.zoomTo(cellsOf(rect, plot, this.camera.view));
  }

  private down(event: PointerEvent): void {
    if ((event.target as Element).closest('.sheet')) return;
    const at = this.onStage(event);
    if (this.gestures.down(event.pointerId, at, event.button, event.shiftKey)) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    longPress(event, (x, y) => { this.gestures.cancel(); this.menuAt(at, x, y); });
  }

  private wheel(event: WheelEvent): void {
    const at = this.onStage(event);
    if (!this.plotAt(at.x, at.y) || !this.camera.view || (event.target as Element).closest('.sheet')) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 300), at);
    else this.pan(-event.deltaX, -event.deltaY);
  }

  // ---- zoom ------------------------------------------------------------------------------------

  /** At the cursor, else in the middle. */
  zoomBy(factor: number): void {
    const plot = this.firstPlot();
    if (!this.camera.view) return;
    this.zoom(factor, this.cursor ? this.camera.pointOf(this.cursor, plot) : { x: plot.x + plot.width / 2, y: plot.y + plot.height / 2 });
  }

  fit(): void {
    this.camera.fit();
    this.moved();
  }

  zoomTo(zoom: Zoom): void {
    this.camera.show(zoom, this.firstPlot());
    this.moved();
  }

  moved(): void {
    this.repaint();
    this.afterRest('zoom', REST, () => { this.keepZoom(); });
  }

  /** Into the state, so that it survives a change of view and travels in the link. */
  private keepZoom(): void {
    if (!this.camera.view) return;
    const zoom = this.camera.zoomOf(this.firstPlot(), this.shape());
    this.known = JSON.stringify(zoom);
    this.command('place.set', { zoom });
  }

  // ---- keys (KeyboardHost) -------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    const key = matrixKey(event, this.singleKeys);
    if (key !== null) this.keyboard.act(key, event.currentTarget as HTMLElement);
    else if (this.commonKey(event)) { /* done */ } else if (event.key === 'Escape' && (this.brushMode || this.settings.pins.length > 0)) this.escape();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private escape(): void {
    this.gestures.cancel();
    if (this.brushMode) this.keyboard.toggleBrush();
    else this.command('pin.clear');
    this.repaintOverlay();
  }

  openMenu(at: { side: Side; token: number; x: number; y: number }): void { this.emit('hs-token-menu', at); }

  cursorMoved(to: Cell): void {
    const source = this.source();
    if (source) this.speak(this.numbers.text(source, to));
    // The chosen link goes with the keyboard's cursor, as it does with a click.
    this.afterRest('cursor', REST, () => { this.acts.select(to); });
    this.repaintOverlay();
  }

  // ---- table and test API ----------------------------------------------------------------------

  protected override tableData(): TableData | null {
    const source = this.source();
    return source && heaviestCells(source, this.frame_().plots);
  }

  alt(): string {
    const { rows, cols } = this.shape();
    return matrixAlt(this.series().map((s) => s.name), this.settings, Math.max(rows, cols), this.largest);
  }
}
define('headscope-matrix-view', MatrixViewElement);
