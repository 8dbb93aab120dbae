// The matrix view: token × token raster, row = query, column = key (ui.md §3.4).

import { html, nothing, type TemplateResult } from 'lit';
import { choiceOf } from '../../base/controls';
import { parsePin } from '../../base/pins';
import { wholeMapProblem } from '../../base/quantities';
import { isBlock, stackOf } from '../../base/trace_info';
import { axisIndex, type AxisItem, type Side } from '../../ui/axes';
import { absentBlock } from '../../ui/block_engine';
import { colourLegend } from '../../ui/colours';
import { define } from '../../ui/define';
import type { Series } from '../../ui/identity';
import { exact4 } from '../../ui/ink';
import { longPress } from '../../ui/long_press';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { TileStore, type TileSpec } from '../../ui/tile_store';
import type { TableData } from '../common/data_table';
import { rampLegend } from '../common/legend';
import { ViewBase } from '../common/view_base';
import type { Rect } from '../gl/scene';
import { Surface } from '../gl/surface';
import { TileAtlas } from '../gl/tile_atlas';
import { TILE, clampView, fitCell, levelFor, viewOf, zoomAt, type MatrixView, type Point } from './lod';
import type { Marginals } from './marginals';
import { blockSpec, heaviestCells, rasterOf, sidesOf, valueAt, type MatrixSource } from './matrix_data';
import { MatrixGestures, type GestureHost, type Held } from './matrix_gestures';
import { axisNames, axisTokens, blockHatch, cellValues, crosshair, cursorBox, frame, marginalBars, maskHatch, type Plot } from './matrix_paint';
import { MatrixSpecs, NAMED_PLOTS, cellAt, frameOf, marginalRoom, matrixSeries, tokenAt, type Cell, type Frame } from './matrix_plan';
import { matrixStyles } from './matrix_styles';
import { blockOf, isSingle, matrixAlt, pooledText, readout, type Block } from './matrix_words';

const ZOOM_STEP = 1.5;
/** Where one looks goes into the state when the gesture rests. */
const REST = 150;
/** Exact numbers of a pooled pixel are asked for when the pointer stays. */
const BLOCK_REST = 120;
const NO_RASTER = { layers: [], wanted: [], largest: 1 };

export class MatrixViewElement extends ViewBase implements GestureHost {
  static override properties = { ...ViewBase.properties, brushMode: { state: true } };
  static override styles = matrixStyles;
  /** The next drag marks a rectangle to zoom into. */
  declare brushMode: boolean;
  private view: MatrixView | undefined;
  /** The whole matrix is shown, and stays so when the stage changes its size. */
  private fitted = true;
  private shape = '';
  /** The zoom that the state has, as last sent or taken. */
  private known = '';
  private cursor: Cell | null = null;
  private corner: Cell | null = null;
  /** The pooled pixel under the pointer, by the key of the weights behind it. */
  private block = '';
  /** Weights behind pooled pixels that were asked for and have not come. */
  private readonly blocks = new Map<string, TileSpec>();
  private drawnVersion = 0;
  private marginals: Marginals | null = null;
  private surface: Surface | undefined;
  private readonly atlas = new TileAtlas(TILE, 256);
  private specs: MatrixSpecs | undefined;
  private size = { width: 0, height: 0 };
  /** What colours are relative to: 1, or the largest |x| shown. */
  private largest = 1;
  private level = 0;
  private readonly gestures = new MatrixGestures(this);

  constructor() {
    super();
    this.brushMode = false;
  }

  // ---- plan ------------------------------------------------------------------------------------

  private axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }
  private series(): Series[] { return matrixSeries(this.settings); }
  private frame_(): Frame { return frameOf(this.axes(), this.settings, this.size); }
  private longSide(): number { const { q, k } = this.axes(); return Math.max(q.length, k.length); }

  /** What tiles are looked up with; null before the first picture. */
  private source(): MatrixSource | null {
    const { trace, store, settings, view } = this;
    if (!trace || !store || !view) return null;
    if (!this.specs?.fits(trace, settings)) this.specs = new MatrixSpecs(trace, settings, this.ops());
    return { trace, store, settings, view, specs: this.specs, axes: this.axes(), series: this.series(), level: levelFor(view.cell, window.devicePixelRatio
      || 1) };
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    // A zoom that is not our own: a link, undo, or the view is new.
    const zoom = JSON.stringify(this.settings.zoom);
    if (zoom === this.known) return;
    this.known = zoom;
    this.view = undefined;
    this.fitted = this.settings.zoom === null;
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const problem = wholeMapProblem(this.trace, this.settings.quantity);
    const { title, values } = choiceOf('colours');
    return html`<div class="bar">
        <button aria-label="Zoom in" @click=${() => { this.zoomBy(ZOOM_STEP); }}>+</button><button aria-label="Zoom out"
          @click=${() => { this.zoomBy(1 / ZOOM_STEP); }}>−</button>
        <button @click=${() => { this.fit(); }}>Fit</button>
        <button aria-pressed=${this.brushMode ? 'true' : 'false'} @click=${() => { this.toggleBrush(); }}>Brush to zoom</button>
        <label>${title} <select data-testid="colours" @change=${(e: Event) => { this.command('colours.set', { value: (e.target as HTMLSelectElement).value });
          }}>
          ${values.map(([v, text]) => html`<option value=${v} .selected=${v === this.settings.colours}>${text}</option>`)}</select></label>
        ${this.controls === 'full' ? html`<button aria-pressed=${this.settings.pool === 'mean' ? 'true' : 'false'}
          @click=${() => { this.command('pool.next'); }}>Pool: ${this.settings.pool}</button>` : nothing}
        ${this.tableButton()}
        ${rampLegend(colourLegend(this.settings, this.longSide(), this.largest), this.theme)}
        <span>${pooledText(this.settings, this.level)}</span>
        ${marginalRoom(this.settings) > 0 ? html`<span class="muted">bars: row entropy (left), received mass (top)</span>` : nothing}</div>
      ${this.glNotice()}
      <div class="stage" data-testid="view-matrix" role="figure" tabindex="0" aria-label="Attention matrix, rows are queries, columns are keys. ${this.alt()}"
        @wheel=${(e: WheelEvent) => { this.wheel(e); }} @pointerdown=${(e: PointerEvent) => { this.down(e); }}
          @pointermove=${(e: PointerEvent) => { this.gestures.move(e.pointerId, this.onStage(e)); }}
        @pointerup=${(e: PointerEvent) => { this.gestures.up(e.pointerId, this.onStage(e), { add: e.ctrlKey || e.metaKey, link: e.altKey }); }}
          @pointercancel=${(e: PointerEvent) => { this.gestures.cancel(e.pointerId); }}
        @pointerleave=${() => { this.point(null); }} @dblclick=${(e: MouseEvent) => { this.solo(this.onStage(e)); }}
        @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.menuAt(this.onStage(e), e.clientX, e.clientY); }}
          @keydown=${(e: KeyboardEvent) => { this.key(e); }}>
        <canvas class="base" aria-hidden="true"></canvas><canvas class="overlay" aria-hidden="true"></canvas><div class="brush"></div>
        ${problem ? html`<p class="notice problem" role="status" data-testid="error-HS-CAP-01">${problem}</p>` : nothing}
        ${this.sheet()}</div>
      <div class="foot"><span class="readout" data-testid="matrix-cursor"></span><span data-testid="matrix-sides"></span>
        <span data-testid="status-line">${this.alt()}</span></div>${this.live()}`;
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.base');
    const { store, trace } = this;
    if (!stage || !canvas || !store || !trace || stage.clientWidth === 0) return;
    this.size = { width: stage.clientWidth, height: stage.clientHeight };
    const axes = this.axes();
    const frame = this.frame_();
    const [plot] = frame.plots;
    const shape = [stage.clientWidth, stage.clientHeight, frame.plots.length, axes.q.length, axes.k.length, frame.left].join();
    const changed = shape !== this.shape;
    this.shape = shape;
    if (!plot || axes.q.length === 0 || axes.k.length === 0) return;
    const { zoom } = this.settings;
    if (!this.view && !this.fitted && zoom) this.view = viewOf(zoom.q0, zoom.q1, zoom.k0, zoom.k1, plot);
    if (!this.view || (changed && this.fitted)) this.view = { x: 0, y: 0, cell: fitCell(plot, axes.q.length, axes.k.length) };
    this.view = clampView(this.view, plot, axes.q.length, axes.k.length);
    canvas.style.width = `${this.size.width}px`;
    canvas.style.height = `${this.size.height}px`;
    this.surface ??= new Surface(canvas, (r) => { this.plain = r === 'canvas2d'; });
    this.plain = this.surface.renderer === 'canvas2d';
    const source = this.source() as MatrixSource;
    this.drawnVersion = store.version;
    const sides = sidesOf(source, plot);
    this.marginals = sides?.known ?? null;
    const raster = wholeMapProblem(trace, this.settings.quantity) ? NO_RASTER : rasterOf(source, frame.plots, this.atlas, this.theme);
    this.adopt(raster.largest, source.level);
    this.request(source, raster.wanted, sides?.specs ?? []);
    this.surface.draw({ width: this.size.width, height: this.size.height, layers: raster.layers }, (ctx) => {
      frame.plots.forEach((p, i) => { this.decorate(ctx, source, p, this.series()[i] as Series, frame); });
    });
    if (!store.busy(this.scope)) this.mark('firstPaint');
  }

  /** The weights behind a pooled pixel change the numbers, not the picture. */
  protected override storeChanged(): void {
    const { blocks, store, trace } = this;
    const asked = blocks.size;
    if (store && trace) {
      for (const [key, spec] of blocks) {
        if (store.waiting(trace.id, spec)) continue;
        blocks.delete(key);
        if (store.peek(trace.id, spec)) this.drawnVersion++;
      }
    }
    if (blocks.size < asked) this.repaintOverlay();
    if (blocks.size < asked && store?.version === this.drawnVersion) return;
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
    const block = [this.blocks.get(this.block) ?? []].flat();
    store.keepOnly(this.scope, new Set([...wanted, ...extra, ...block].map((s) => TileStore.key(trace.id, s))));
    store.request(trace.id, wanted, 0, this.scope);
    for (const spec of extra) store.request(trace.id, [spec], 2, this.scope);
  }


  /** What stands on and around one plot. */
  private decorate(ctx: CanvasRenderingContext2D, source: MatrixSource, rect: Rect, series: Series, f: Frame): void {
    const { trace, axes, view } = source;
    const plot: Plot = { rect, view, axes, name: series.name, theme: this.theme };
    const tokens = f.plots.length <= NAMED_PLOTS;
    frame(ctx, plot);
    axisNames(ctx, plot, { gap: f.gap, left: f.left, top: f.top, title: f.plots.length > 1 || series.heads.length > 1, tokens });
    if (tokens) axisTokens(ctx, plot, f.gap);
    if (this.marginals && f.gap > 0) marginalBars(ctx, plot, this.marginals);
    const { mask } = stackOf(trace, this.settings.stack);
    if (isBlock(trace, this.settings.stack)) blockHatch(ctx, plot, absentBlock(trace, axes));
    else if (mask.kind === 'causal') maskHatch(ctx, plot, null, 0);
    else if (mask.kind === 'window') maskHatch(ctx, plot, mask.left ?? null, mask.right ?? null);
    cellValues(ctx, plot, (q, k) => valueAt(source, series, q, k)?.value ?? null, this.largest);
    for (const text of this.settings.pins) {
      const pin = parsePin(text);
      const at = pin ? axisIndex(axes[pin.side], pin.token) : -1;
      if (pin && at >= 0) crosshair(ctx, plot, pin.side === 'q' ? { q: at, k: null } : { q: null, k: at });
    }
  }

  /** The cursor, the chosen link and their numbers: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.overlay');
    const { view } = this;
    if (!canvas || !view || !this.trace) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.ceil(this.size.width * ratio), Math.ceil(this.size.height * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.style.width = `${this.size.width}px`;
    canvas.style.height = `${this.size.height}px`;
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, this.size.width, this.size.height);
    const axes = this.axes();
    const chosen = this.chosen(axes);
    this.frame_().plots.forEach((rect, i) => {
      const plot: Plot = { rect, view, axes, name: this.series()[i]?.name ?? '', theme: this.theme };
      if (chosen) crosshair(ctx, plot, chosen);
      if (this.cursor) cursorBox(ctx, plot, this.cursor);
    });
    const at = this.cursor ?? chosen;
    this.write('matrix-cursor', at ? this.numbers(at) : 'Point at a cell, or use the arrow keys, to read its weight.');
    this.write('matrix-sides', at ? this.sideNumbers(at.q, at.k) : '');
  }

  private write(name: string, text: string): void {
    const element = this.renderRoot.querySelector(`[data-testid=${name}]`);
    if (element && element.textContent !== text) element.textContent = text;
  }

  /** The chosen link as cells; null where it is not in the picture. */
  private chosen(axes: PictureAxes): Cell | null {
    const { q, k } = this.settings.selection;
    if (q === null || k === null) return null;
    const cell = { q: axisIndex(axes.q, q), k: axisIndex(axes.k, k) };
    return cell.q >= 0 && cell.k >= 0 ? cell : null;
  }

  // ---- numbers ---------------------------------------------------------------------------------

  /** Of the cell, as finely as it is shown: it follows zooming and tiles that come. */
  private numbers(at: Cell): string {
    const source = this.source();
    return this.series().map((series, i) => {
      const hit = source && valueAt(source, series, at.q, at.k);
      let block: Block | null = null;
      if (source && hit && !isSingle(hit)) {
        const spec = blockSpec(source, series, hit);
        const tile = source.store.peek(source.trace.id, spec);
        if (tile) block = blockOf(tile, hit);
        else if (i === 0) this.askBlock(spec);
      }
      return readout(series.name, hit, block, this.axes(), this.settings.pool);
    }).join(' · ');
  }

  /** The weights behind a pooled pixel, when the pointer stays on it. */
  private askBlock(spec: TileSpec): void {
    const { store, trace } = this;
    if (!store || !trace) return;
    const key = TileStore.key(trace.id, spec);
    if (this.block === key) return;
    this.block = key;
    this.afterRest('block', BLOCK_REST, () => {
      if (this.block !== key) return;
      this.blocks.set(key, spec);
      store.request(trace.id, [spec], 1, this.scope);
    });
  }

  private sideNumbers(q: number, k: number): string {
    const m = this.marginals;
    if (!m) return '';
    const entropy = m.entropy[q - m.q0];
    const received = m.received[k];
    return [entropy === undefined ? '' : `Row entropy ${exact4(entropy)} nats.`, received === undefined ? ''
      : `The key receives ${exact4(received)} of ${this.axes().q.length}.`].join(' ');
  }

  // ---- gestures (GestureHost) ------------------------------------------------------------------

  private onStage(event: MouseEvent): Point {
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  }

  plotAt(x: number, y: number): Rect | null {
    return this.frame_().plots.find((p) => x >= p.x && y >= p.y && x < p.x + p.width && y < p.y + p.height) ?? null;
  }

  private hitAt(at: Point): Cell | null {
    const plot = this.plotAt(at.x, at.y);
    return plot && this.view ? cellAt(plot, this.view, at.x, at.y, this.axes()) : null;
  }

  point(at: Point | null): void {
    const cell = at ? this.hitAt(at) : null;
    // Numbers stay when the pointer leaves.
    if (!cell || (cell.q === this.cursor?.q && cell.k === this.cursor.k)) return;
    this.cursor = cell;
    this.repaintOverlay();
  }

  isBrush(): boolean { return this.brushMode; }

  pick(at: Point, held: Held): void {
    const cell = this.hitAt(at);
    const { axes, trace } = { axes: this.axes(), trace: this.trace };
    if (cell) {
      this.cursor = cell;
      if (held.link) this.findLink(cell);
      else this.choose(cell);
      return;
    }
    const token = this.view && trace ? tokenAt(this.frame_(), this.view, at.x, at.y, axes) : null;
    if (!token) return;
    const index = (axes[token.side][token.index] as AxisItem).first;
    if (held.link) this.command('link.find', { side: token.side, index });
    else this.command('pin.toggle', { pin: `${token.side}${index}`, add: held.add });
  }

  /** A cell names both words of a link. */
  private findLink(cell: Cell): void {
    const axes = this.axes();
    const [q, k] = [(axes.q[cell.q] as AxisItem).first, (axes.k[cell.k] as AxisItem).first];
    this.command('selection.set', { q, k });
    this.command('link.find', { side: 'k', index: k });
  }

  /** A click or Enter pins query and key of the cell; the same again unpins them. */
  private choose(cell: Cell): void {
    const axes = this.axes();
    const [q, k] = [(axes.q[cell.q] as AxisItem).first, (axes.k[cell.k] as AxisItem).first];
    const pins = [`q${q}`, `k${k}`];
    const held = pins.every((p) => this.settings.pins.includes(p)) && this.settings.selection.q === q && this.settings.selection.k === k;
    this.command('pin.set', { pins: held ? [] : pins });
    this.command('selection.set', held ? { q: null, k: null } : { q, k });
  }

  /** Of several heads the one under the pointer alone. */
  private solo(at: Point): void {
    const plot = this.plotAt(at.x, at.y);
    const series = plot ? this.series()[this.frame_().plots.findIndex((p) => p.x === plot.x && p.y === plot.y)] : undefined;
    if (series?.heads.length === 1 && this.settings.heads.length > 1) this.command('head.set', { heads: series.heads });
  }

  private menuAt(at: Point, x: number, y: number): void {
    const axes = this.axes();
    const cell = this.hitAt(at);
    const token = cell ? { side: 'k' as Side, index: cell.k } : this.view ? tokenAt(this.frame_(), this.view, at.x, at.y, axes) : null;
    if (token) this.emit('hs-token-menu', { side: token.side, token: (axes[token.side][token.index] as AxisItem).first, x, y });
  }

  pan(dx: number, dy: number): void {
    if (!this.view) return;
    this.view = { ...this.view, x: this.view.x - dx / this.view.cell, y: this.view.y - dy / this.view.cell };
    this.moved();
  }

  zoom(factor: number, at: Point): void {
    const plot = this.plotAt(at.x, at.y) ?? this.frame_().plots[0];
    const axes = this.axes();
    if (!this.view || !plot) return;
    this.view = zoomAt(this.view, factor, at.x - plot.x, at.y - plot.y, fitCell(plot, axes.q.length, axes.k.length));
    this.moved();
  }

  brush(rect: Rect | null): void {
    const element = this.renderRoot.querySelector<HTMLElement>('.brush');
    if (!element) return;
    element.style.display = rect ? 'block' : 'none';
    if (rect) for (const [name, value] of [['left', rect.x], ['top', rect.y], ['width', rect.width], ['height',
      rect.height]] as const) element.style[name] = `${value}px`;
  }

  zoomToBrush(rect: Rect, plot: Rect): void {
    const { view } = this;
    if (!view) return;
    const q0 = Math.floor(view.y + (rect.y - plot.y) / view.cell);
    const k0 = Math.floor(view.x + (rect.x - plot.x) / view.cell);
    this.zoomTo(q0, Math.ceil(q0 + rect.height / view.cell), k0, Math.ceil(k0 + rect.width / view.cell));
  }

  private down(event: PointerEvent): void {
    if ((event.target as Element).closest('.sheet')) return;
    if (this.gestures.down(event.pointerId, this.onStage(event), event.button,
      event.shiftKey)) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const at = this.onStage(event);
    longPress(event, (x, y) => { this.gestures.cancel(); this.menuAt(at, x, y); });
  }

  private wheel(event: WheelEvent): void {
    const at = this.onStage(event);
    if (!this.plotAt(at.x, at.y) || !this.view || (event.target as Element).closest('.sheet')) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 300), at);
    else this.pan(-event.deltaX, -event.deltaY);
  }

  // ---- zoom ------------------------------------------------------------------------------------

  private zoomBy(factor: number): void {
    const [plot] = this.frame_().plots;
    const { cursor, view } = this;
    if (!plot || !view) return;
    const at = cursor ? { x: plot.x + (cursor.k + 0.5 - view.x) * view.cell, y: plot.y + (cursor.q + 0.5 - view.y) * view.cell } : { x: plot.x
      + plot.width / 2, y: plot.y + plot.height / 2 };
    this.zoom(factor, at);
  }

  private fit(): void {
    this.view = undefined;
    this.fitted = true;
    this.moved(true);
  }

  /** Shows queries [q0, q1) × keys [k0, k1). */
  zoomTo(q0: number, q1: number, k0: number, k1: number): void {
    const [plot] = this.frame_().plots;
    if (plot) this.view = viewOf(q0, q1, k0, k1, plot);
    this.moved();
  }

  private moved(fitted = false): void {
    this.fitted = fitted;
    this.repaint();
    this.afterRest('zoom', REST, () => { this.keepZoom(); });
  }

  /** Into the state, so that it survives a change of view and travels in the link. */
  private keepZoom(): void {
    const { view } = this;
    const [plot] = this.frame_().plots;
    const axes = this.axes();
    if (!view || !plot) return;
    const end = (from: number, size: number, n: number): number => Math.max(Math.floor(from) + 1, Math.min(n, Math.ceil(from + size / view.cell)));
    const zoom = this.fitted ? null : { q0: Math.max(0, Math.floor(view.y)), q1: end(view.y, plot.height, axes.q.length), k0: Math.max(0, Math.floor(view.x)),
      k1: end(view.x, plot.width, axes.k.length) };
    this.known = JSON.stringify(zoom);
    this.command('place.set', { zoom });
  }

  // ---- keys ------------------------------------------------------------------------------------

  private toggleBrush(): void {
    this.brushMode = !this.brushMode;
    this.corner = this.brushMode ? this.cursor : null;
  }

  private key(event: KeyboardEvent): void {
    const axes = this.axes();
    const c = this.cursor ?? this.chosen(axes) ?? { q: 0, k: 0 };
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    const single = this.singleKeys && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (step) this.moveCursor({ q: c.q + step[0], k: c.k + step[1] }, axes);
    else if (event.key === 'Enter') this.enter(c);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) this.menuOfCursor(c, event.currentTarget as HTMLElement);
    else if (single && (event.key === '+' || event.key === '=')) this.zoomBy(ZOOM_STEP);
    else if (single && event.key === '-') this.zoomBy(1 / ZOOM_STEP);
    else if (single && event.key === '0') this.fit();
    else if (single && (event.key === 'b' || event.key === 'B')) this.toggleBrush();
    else if (this.commonKey(event)) { /* done */ } else if (event.key === 'Escape' && (this.brushMode || this.settings.pins.length > 0)) this.escape();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private escape(): void {
    this.gestures.cancel();
    if (this.brushMode) this.toggleBrush();
    else this.command('pin.clear');
    this.repaintOverlay();
  }

  /** With the brush: zooms to what the arrows spanned; else pins. */
  private enter(c: Cell): void {
    const { corner } = this;
    if (!this.brushMode || !corner) {
      this.choose(c);
      return;
    }
    this.toggleBrush();
    this.brush(null);
    this.zoomTo(Math.min(c.q, corner.q), Math.max(c.q, corner.q) + 1, Math.min(c.k, corner.k), Math.max(c.k, corner.k) + 1);
  }

  private menuOfCursor(c: Cell, stage: HTMLElement): void {
    const [plot] = this.frame_().plots;
    const box = stage.getBoundingClientRect();
    const { view } = this;
    const item = this.axes().q[c.q];
    if (!plot || !view || !item) return;
    this.emit('hs-token-menu', { side: 'q', token: item.first, x: box.left + plot.x + (c.k + 0.5 - view.x) * view.cell, y: box.top + plot.y + (c.q
      + 1 - view.y) * view.cell });
  }

  private moveCursor(to: Cell, axes: PictureAxes): void {
    if (to.q < 0 || to.k < 0 || to.q >= axes.q.length || to.k >= axes.k.length) return;
    this.cursor = to;
    this.corner ??= this.brushMode ? to : null;
    this.keepVisible();
    this.speak(this.numbers(to));
    // The chosen link goes with the keyboard's cursor, as it does with a click.
    this.afterRest('cursor', REST, () => { this.command('selection.set', { q: axes.q[to.q]?.first ?? null, k: axes.k[to.k]?.first ?? null }); });
    this.showBrush();
    this.repaintOverlay();
  }

  /** What the keyboard's brush spans so far. */
  private showBrush(): void {
    const [plot] = this.frame_().plots;
    const { view, corner, cursor } = this;
    if (!this.brushMode || !plot || !view || !corner || !cursor) return;
    const [q0, k0] = [Math.min(corner.q, cursor.q), Math.min(corner.k, cursor.k)];
    const [q1, k1] = [Math.max(corner.q, cursor.q) + 1, Math.max(corner.k, cursor.k) + 1];
    this.brush({ x: plot.x + (k0 - view.x) * view.cell, y: plot.y + (q0 - view.y) * view.cell, width: (k1 - k0) * view.cell, height: (q1 - q0) * view.cell });
  }

  private keepVisible(): void {
    const [plot] = this.frame_().plots;
    const { cursor, view } = this;
    if (!cursor || !view || !plot) return;
    const inside = (at: number, from: number, size: number): number => (at < from ? at : at + 1 > from + size ? at + 1 - size : from);
    const [x, y] = [inside(cursor.k, view.x, plot.width / view.cell), inside(cursor.q, view.y, plot.height / view.cell)];
    if (x === view.x && y === view.y) return;
    this.view = { ...view, x, y };
    this.moved(this.fitted);
  }

  // ---- table and test API ----------------------------------------------------------------------

  protected override tableData(): TableData | null {
    const source = this.source();
    return source && heaviestCells(source, this.frame_().plots);
  }

  alt(): string { return matrixAlt(this.series().map((s) => s.name), this.settings, this.largest); }

  get renderer(): string { return this.surface?.renderer ?? 'none'; }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.surface?.dispose();
    this.surface = undefined;
  }
}
define('headscope-matrix-view', MatrixViewElement);
