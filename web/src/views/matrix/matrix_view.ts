// The matrix view: token × token raster, row = query, column = key (ui.md §3.4).

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { tokenText } from '../../ui/axes';
import { ALL_STACKS, isBlock } from '../../base/trace_info';
import { QUANTITY_WORDS, wholeMapProblem } from '../../base/quantities';
import { absentBlock } from '../../ui/block_engine';
import { css$ } from '../../ui/css_directive';
import { exact4, strength } from '../../ui/ink';
import { seriesOf, type Series } from '../../ui/identity';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { ViewBase } from '../common/view_base';
import { stackOf } from '../../ui/types';
import { TileStore, type Tile, type TileSpec } from '../../ui/tile_store';
import { halfToFloat, halvesToFloats } from '../../ui/half';
import { largestValue } from '../../ui/largest';
import { ramp, rampStops } from '../../ui/ramps';
import { QuadBuilder, type Layer, type Rect } from '../gl/scene';
import { Surface } from '../gl/surface';
import { TileAtlas } from '../gl/tile_atlas';
import { TILE, clampView, fitCell, levelFor, spanned, texelOf, tilesFor, viewOf, zoomAt, type MatrixView, type TileRange } from './lod';
import { entropyRows, entropySpec, marginals, receivedSpec, type Marginals } from './marginals';
import { MARGIN, axisTokens, blockHatch, causalHatch, cellValues, cursorBox, frame, marginalBars, type Plot } from './matrix_paint';

const AXIS = 84;
const TOP = 66;
const MAX_MULTIPLES = 9;
const EDGE = 6;

export class MatrixViewElement extends ViewBase {
  static override properties = { ...ViewBase.properties, brushing: { state: true } };
  static override styles = css`
    :host { display: flex; flex-direction: column; height: 100%; min-height: 0; color: var(--hs-text, #1a1f26); background: var(--hs-bg, #fff); font: 13px/1.3 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
    .bar, .foot { display: flex; flex-wrap: wrap; gap: 6px; padding: 4px 8px; align-items: center; font-size: 12px; }
    .foot { color: var(--hs-muted, #55606e); border-top: 1px solid var(--hs-hairline, #d5dae1); min-height: 44px; align-content: center; }
    button { font: inherit; min-height: 24px; min-width: 24px; color: inherit; background: var(--hs-bg, #fff); border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; cursor: pointer; }
    button[aria-pressed='true'] { background: var(--hs-accent-bg, #e3edfd); }
    .stage { position: relative; flex: 1; min-height: 120px; overflow: hidden; touch-action: none; cursor: crosshair; }
    :focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: -2px; }
    canvas { opacity: var(--hs-picture-opacity, 1); position: absolute; inset: 0; }
    .legend { display: inline-flex; gap: 5px; align-items: center; }
    .legend i { forced-color-adjust: none; width: 72px; height: 12px; border: 1px solid var(--hs-hairline, #d5dae1); }
    .notice { position: absolute; inset: 12px auto auto 50%; translate: -50%; margin: 0; max-width: min(420px, 80%); padding: 8px 12px; border-radius: 4px; background: var(--hs-warn-bg, #fff4dc); color: var(--hs-warn, #8a5a00); }
    .muted { color: var(--hs-muted, #55606e); }
    .brush { position: absolute; border: 2px solid var(--hs-focus, #0b57d0); background: rgb(11 87 208 / .12); pointer-events: none; }
  `;
  declare brushing: boolean;
  private view: MatrixView | undefined;
  /** The whole matrix is shown, and stays so when the stage changes its size. */
  private fitted = true;
  private shape = '';
  private cursor: { q: number; k: number } | null = null;
  private marginals: Marginals | null = null;
  private surface: Surface | undefined;
  private readonly atlas = new TileAtlas(TILE, 256);
  private size = { width: 0, height: 0 };
  /** What colours are relative to: 1, or the largest |x| shown. */
  private largest = 1;
  /** x, y: where it began, on the stage; plot: in which. brush: what it spans, null = it pans. */
  private drag: { x: number; y: number; view: MatrixView; plot: Rect; brush: Rect | null } | null = null;

  constructor() {
    super();
    this.brushing = false;
  }

  private axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }

  private series(): Series[] { return seriesOf(this.settings).slice(0, MAX_MULTIPLES); }

  /** Room of the marginals: beside a single plot of weights, whose rows have an entropy. */
  private gap(): number { return this.series().length === 1 && this.settings.quantity === 'weight' && this.settings.stack !== ALL_STACKS ? MARGIN : 0; }

  /** One plot a head, in a grid; all share zoom and cursor. */
  private plots(): Rect[] {
    const count = this.series().length;
    const across = Math.ceil(Math.sqrt(count));
    const down = Math.ceil(count / across);
    const w = this.size.width / across;
    const h = this.size.height / down;
    const gap = this.gap();
    const left = (count > 4 ? 20 : AXIS) + gap;
    const top = (count > 4 ? 20 : TOP) + gap;
    return Array.from({ length: count }, (_, i) => ({ x: (i % across) * w + left, y: Math.floor(i / across) * h + top,
      width: Math.max(10, w - left - EDGE), height: Math.max(10, h - top - EDGE) }));
  }

  private spec(series: Series, t: TileRange, dtype: 'f16' | 'f32' = 'f16'): TileSpec {
    const trace = this.trace as NonNullable<typeof this.trace>;
    return { stack: stackOf(trace, this.settings.stack).name, heads: series.heads, q0: t.q0, q1: t.q1, k0: t.k0, k1: t.k1,
             outQ: t.outQ, outK: t.outK, pool: this.settings.pool, dtype: t.level === 0 ? 'f32' : dtype, ops: this.ops() };
  }

  override render(): TemplateResult {
    const level = this.view ? levelFor(this.view.cell, window.devicePixelRatio || 1) : 0;
    const problem = wholeMapProblem(this.trace, this.settings.quantity);
    const [one, many] = this.settings.quantity === 'weight' ? ['weight', 'weights'] : ['value', 'values'];
    const pooled = level === 0 ? `each cell = one ${one}` : `each pixel = ${this.settings.pool} of ${2 ** level}×${2 ** level} ${many}`;
    return html`<div class="bar">
      <button aria-label="Zoom in" @click=${() => { this.zoom(1.5); }}>+</button><button aria-label="Zoom out" @click=${() => { this.zoom(1 / 1.5); }}>−</button>
      <button @click=${() => { this.fit(); }}>Fit</button>
      <button aria-pressed=${this.brushing ? 'true' : 'false'} @click=${() => { this.brushing = !this.brushing; }}>Brush to zoom</button>
      ${this.settings.quantity === 'score' ? nothing : html`<button aria-pressed=${this.settings.scale === 'log' ? 'true' : 'false'} title="Colours by magnitude: weights far below 1 become visible" @click=${() => { this.change('colour scale', { scale: this.settings.scale === 'log' ? 'linear' : 'log' }); }}>Log colours</button>`}
      ${this.controls === 'full' ? html`<button aria-pressed=${this.settings.pool === 'mean' ? 'true' : 'false'} @click=${() => { this.change('pool', { pool: this.settings.pool === 'max' ? 'mean' : 'max' }); }}>Pool: ${this.settings.pool}</button>` : nothing}
      <span>${pooled}</span>${this.legend()}${this.gap() > 0 ? html`<span class="muted">left: row entropy · top: received mass</span>` : nothing}</div>
      <div class="stage" data-testid="view-matrix" role="figure" tabindex="0" aria-label="Attention matrix, rows are queries, columns are keys. ${this.alt()}"
        @wheel=${(e: WheelEvent) => { this.wheel(e); }} @pointerdown=${(e: PointerEvent) => { this.down(e); }} @pointermove=${(e: PointerEvent) => { this.move(e); }}
        @pointerup=${() => { this.up(); }} @dblclick=${(e: MouseEvent) => { const at = this.locate(e); if (at) this.zoom(4, at.px, at.py); }} @keydown=${(e: KeyboardEvent) => { this.key(e); }}>
        <canvas aria-hidden="true"></canvas>
        ${problem ? html`<p class="notice" role="status" data-testid="error-HS-CAP-01">${problem}</p>` : nothing}
        ${this.drag?.brush ? html`<div class="brush" ${css$({ left: `${this.drag.brush.x}px`, top: `${this.drag.brush.y}px`, width: `${this.drag.brush.width}px`, height: `${this.drag.brush.height}px` })}></div>` : nothing}
      </div>
      <div class="foot"><span data-testid="matrix-cursor" role="status">${this.readout()}</span>
        <span data-testid="matrix-sides">${this.cursor ? this.sideNumbers(this.cursor.q, this.cursor.k) : ''}</span>
        <span data-testid="status-line">${this.alt()}</span></div>`;
  }

  /** The ramp with its ends: where colours do not simply run from 0 to 1. */
  private legend(): TemplateResult | typeof nothing {
    const { quantity } = this.settings;
    if (quantity === 'weight' && this.largest === 1) return nothing;
    const signed = quantity === 'score';
    const most = exact4(this.largest);
    const stops = rampStops(this.theme, signed ? 'signed' : 'weight').join(', ');
    return html`<span class="legend" data-testid="legend" role="img" aria-label="${QUANTITY_WORDS[quantity].one}: colours from ${signed ? `minus ${most}` : '0'} to ${most}, the largest shown">${QUANTITY_WORDS[quantity].one} ${signed ? `−${most}` : '0'}<i ${css$({ background: `linear-gradient(to right, ${stops})` })}></i>${signed ? '+' : ''}${most}</span>`;
  }

  /** Of the coarsest tiles, which cover everything; 1 for weights. */
  private largestOf(store: TileStore, trace: string, axes: PictureAxes, level: number): number {
    const { quantity, combine } = this.settings;
    if (quantity === 'weight' && !(combine === 'sum' && this.settings.heads.length > 1)) return 1;
    const whole = tilesFor({ x: 0, y: 0, cell: 1 }, { width: axes.k.length, height: axes.q.length }, axes.q.length, axes.k.length, level);
    let most = 0;
    for (const series of this.series()) for (const t of whole) most = Math.max(most, largestValue(store.peek(trace, this.spec(series, t))));
    return most > 0 ? most : 1;
  }

  protected override paint(): void {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    const canvas = this.renderRoot.querySelector('canvas');
    const { store, trace } = this;
    if (!stage || !canvas || !store || !trace || stage.clientWidth === 0) return;
    this.size = { width: stage.clientWidth, height: stage.clientHeight };
    const axes = this.axes();
    const plots = this.plots();
    const shape = [stage.clientWidth, stage.clientHeight, plots.length, axes.q.length, axes.k.length].join();
    const changed = shape !== this.shape;
    this.shape = shape;
    const plot = plots[0];
    if (!plot || axes.q.length === 0 || axes.k.length === 0) return;
    if (!this.view || (changed && this.fitted)) this.view = { x: 0, y: 0, cell: fitCell(plot, axes.q.length, axes.k.length) };
    this.view = clampView(this.view, plot, axes.q.length, axes.k.length);
    canvas.style.width = `${this.size.width}px`;
    canvas.style.height = `${this.size.height}px`;
    this.surface ??= new Surface(canvas, () => { this.requestUpdate(); });
    const view = this.view;
    const sides = this.sides(view, plot, axes);
    this.marginals = sides?.known ?? null;
    const layers = this.layers(store, trace.id, axes, plots, view, sides?.specs ?? []);
    this.surface.draw({ width: this.size.width, height: this.size.height, layers }, (ctx) => {
      plots.forEach((p, i) => { this.decorate(ctx, p, view, axes, this.series()[i] as Series, plots.length, sides?.known ?? null); });
    });
    if (!store.busy(this.scope)) this.mark('firstPaint');
  }

  private layers(store: TileStore, trace: string, axes: PictureAxes, plots: Rect[], view: MatrixView, extra: readonly TileSpec[]): Layer[] {
    const level = levelFor(view.cell, window.devicePixelRatio || 1);
    const top = Math.max(level, Math.ceil(Math.log2(Math.max(axes.q.length, axes.k.length) / TILE)));
    const wanted: TileSpec[] = [];
    if (wholeMapProblem(this.trace, this.settings.quantity)) {
      store.keepOnly(this.scope, new Set());
      return [];
    }
    const largest = this.largestOf(store, trace, axes, top);
    if (largest !== this.largest) {
      this.largest = largest;
      this.requestUpdate();
    }
    const colours = ramp(this.theme, this.settings.quantity === 'score' ? 'signed' : 'weight');
    const layers = this.series().map((series, i): Layer => {
      const plot = plots[i] as Rect;
      const quads = new QuadBuilder();
      // Coarse first, so that the finer tile covers it when it is there: no holes, no flashes.
      for (let z = top; z >= level; z--) {
        for (const t of tilesFor(view, plot, axes.q.length, axes.k.length, z)) {
          const spec = this.spec(series, t);
          if (z === level || z === top) wanted.push(spec);
          const tile = store.peek(trace, spec);
          if (!tile) continue;
          const log = this.settings.scale === 'log' && this.settings.quantity !== 'score';
          const key = `${TileStore.key(trace, spec)}${log ? ` log ${largest}` : ''}`;
          const held = this.atlas.get(key) ?? this.atlas.put(key, tile.rows, tile.cols, log ? logStrengths(tile, largest) : tile.data);
          quads.add({ x: plot.x + (t.k0 - view.x) * view.cell, y: plot.y + (t.q0 - view.y) * view.cell, width: (t.k1 - t.k0) * view.cell, height: (t.q1 - t.q0) * view.cell },
                    held.slot, { x: 0, y: 0, width: tile.cols, height: tile.rows }, log ? 1 : 1 / largest);
        }
      }
      return quads.finish(this.atlas, colours, plot, this.settings.pool);
    });
    store.keepOnly(this.scope, new Set([...wanted, ...extra].map((s) => TileStore.key(trace, s))));
    store.request(trace, wanted, 0, this.scope);
    for (const spec of extra) store.request(trace, [spec], 2, this.scope);
    return layers;
  }

  /** What stands on and around one plot. */
  private decorate(ctx: CanvasRenderingContext2D, rect: Rect, view: MatrixView, axes: PictureAxes, series: Series, count: number, sides: Marginals | null): void {
    const plot: Plot = { rect, view, axes, name: series.name, theme: this.theme };
    const gap = this.gap();
    frame(ctx, plot, count > 4 ? { x: rect.x, y: rect.y - 10 } : { x: rect.x - gap - 80, y: rect.y - gap - 54 });
    if (count <= 4) axisTokens(ctx, plot, gap);
    if (sides) marginalBars(ctx, plot, sides);
    cellValues(ctx, plot, (q, k) => this.valueAt(series, q, k)?.value ?? null, this.largest);
    if (stackOf(this.trace as NonNullable<typeof this.trace>, this.settings.stack).mask.kind === 'causal') causalHatch(ctx, plot);
    if (this.trace && isBlock(this.trace, this.settings.stack)) blockHatch(ctx, plot, absentBlock(this.trace, axes));
    if (this.cursor) cursorBox(ctx, plot, this.cursor);
  }

  /** Which rows' entropy is asked for, and what has come. */
  private sides(view: MatrixView, plot: Rect, axes: PictureAxes): { specs: TileSpec[]; known: Marginals } | null {
    const { store, trace } = this;
    const series = this.series()[0];
    if (!store || !trace || !series || this.gap() === 0) return null;
    const size = { rows: axes.q.length, cols: axes.k.length };
    const base = this.spec(series, { level: 0, q0: 0, q1: 0, k0: 0, k1: 0, outQ: 0, outK: 0 });
    const range = entropyRows(size, view.y, Math.min(size.rows, view.y + plot.height / view.cell));
    const received = receivedSpec(base, size);
    const entropy = range && entropySpec(base, size, range);
    return { specs: entropy ? [received, entropy] : [received],
             known: marginals(entropy ? store.peek(trace.id, entropy) : undefined, range?.q0 ?? 0, store.peek(trace.id, received), size) };
  }

  /** The value of the texel that holds a cell at the level on screen, and the cells it stands for. */
  private valueAt(series: Series, q: number, k: number): { value: number; q: [number, number]; k: [number, number] } | null {
    const { trace, store, view } = this;
    if (!trace || !store || !view) return null;
    const axes = this.axes();
    const level = levelFor(view.cell, window.devicePixelRatio || 1);
    const span = TILE * 2 ** level;
    const at: MatrixView = { cell: 1, x: Math.floor(k / span) * span, y: Math.floor(q / span) * span };
    const t = tilesFor(at, { width: 1, height: 1 }, axes.q.length, axes.k.length, level)[0];
    const tile = t && store.peek(trace.id, this.spec(series, t));
    if (!t || !tile) return null;
    const row = texelOf(t.q0, t.q1, t.outQ, q);
    const col = texelOf(t.k0, t.k1, t.outK, k);
    const raw = tile.data[row.texel * tile.cols + col.texel] as number;
    return { value: tile.data instanceof Uint16Array ? halfToFloat(raw) : raw, q: [row.first, row.end], k: [col.first, col.end] };
  }

  private point(q: number, k: number): void {
    const axes = this.axes();
    if (q < 0 || k < 0 || q >= axes.q.length || k >= axes.k.length) return;
    this.cursor = { q, k };
    this.requestUpdate();
  }

  /** Of the cell under the cursor, as finely as it is shown: it follows zooming and tiles that come. */
  private readout(): string {
    const axes = this.axes();
    const { q, k } = this.cursor ?? { q: -1, k: -1 };
    if (q < 0 || q >= axes.q.length || k >= axes.k.length) return 'Point at a cell, or use the arrow keys, to read its weight.';
    return this.series().map((series) => {
      const hit = this.valueAt(series, q, k);
      if (!hit) return `${series.name}: …`;
      if (hit.q[1] - hit.q[0] === 1 && hit.k[1] - hit.k[0] === 1) return `${tokenText(axes.q[q]?.text ?? '')} (${axes.q[q]?.first}) → ${tokenText(axes.k[k]?.text ?? '')} (${axes.k[k]?.first}), ${series.name}: ${exact4(hit.value)}`;
      return `${series.name}, queries ${hit.q[0]}–${hit.q[1] - 1} × keys ${hit.k[0]}–${hit.k[1] - 1}: ${this.settings.pool} ${exact4(hit.value)}. Zoom ${Math.max(hit.q[1] - hit.q[0], hit.k[1] - hit.k[0])}× for single weights`;
    }).join(' · ');
  }

  private sideNumbers(q: number, k: number): string {
    const m = this.marginals;
    if (!m) return '';
    const entropy = m.entropy[q - m.q0];
    const received = m.received[k];
    return [entropy === undefined ? '' : `Row entropy ${exact4(entropy)} nats.`, received === undefined ? '' : `The key receives ${exact4(received)} of ${this.axes().q.length}.`].join(' ');
  }

  private onStage(event: MouseEvent): { x: number; y: number } {
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  }

  private locate(event: MouseEvent): { x: number; y: number; px: number; py: number; plot: Rect; q: number; k: number } | null {
    const { x, y } = this.onStage(event);
    const plot = this.plots().find((p) => x >= p.x && y >= p.y && x < p.x + p.width && y < p.y + p.height);
    if (!plot || !this.view) return null;
    return { x, y, plot, px: x - plot.x, py: y - plot.y, k: Math.floor(this.view.x + (x - plot.x) / this.view.cell), q: Math.floor(this.view.y + (y - plot.y) / this.view.cell) };
  }

  private zoom(factor: number, px?: number, py?: number): void {
    const plot = this.plots()[0];
    if (!this.view || !plot) return;
    const axes = this.axes();
    this.view = zoomAt(this.view, factor, px ?? plot.width / 2, py ?? plot.height / 2, fitCell(plot, axes.q.length, axes.k.length));
    this.fitted = false;
    this.requestUpdate();
  }

  private fit(): void { this.view = undefined; this.fitted = true; this.requestUpdate(); }

  /** Shows queries [q0, q1) × keys [k0, k1). */
  zoomTo(q0: number, q1: number, k0: number, k1: number): void {
    const plot = this.plots()[0];
    if (plot) this.view = viewOf(q0, q1, k0, k1, plot);
    this.fitted = false;
    this.requestUpdate();
  }

  private wheel(event: WheelEvent): void {
    const at = this.locate(event);
    if (!at || !this.view) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 300), at.px, at.py);
    else {
      this.view = { ...this.view, x: this.view.x + event.deltaX / this.view.cell, y: this.view.y + event.deltaY / this.view.cell };
      this.repaint();
    }
  }

  private down(event: PointerEvent): void {
    const at = this.locate(event);
    if (!at || !this.view) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const { x, y } = at;
    const brush = event.shiftKey || this.brushing ? { x, y, width: 0, height: 0 } : null;
    this.drag = { x, y, view: this.view, plot: at.plot, brush };
  }

  private move(event: PointerEvent): void {
    const { drag } = this;
    if (!drag) {
      const at = this.locate(event);
      if (at) this.point(at.q, at.k);
      return;
    }
    const { x, y } = this.onStage(event);
    if (drag.brush) {
      drag.brush = spanned(drag, { x, y }, drag.plot);
      this.requestUpdate();
    } else {
      this.view = { ...drag.view, x: drag.view.x - (x - drag.x) / drag.view.cell, y: drag.view.y - (y - drag.y) / drag.view.cell };
      this.repaint();
    }
  }

  private up(): void {
    const { drag, view } = this;
    this.drag = null;
    const brush = drag?.brush;
    if (brush && view && brush.width > 3 && brush.height > 3) {
      const q0 = Math.floor(view.y + (brush.y - drag.plot.y) / view.cell);
      const k0 = Math.floor(view.x + (brush.x - drag.plot.x) / view.cell);
      this.zoomTo(q0, Math.ceil(q0 + brush.height / view.cell), k0, Math.ceil(k0 + brush.width / view.cell));
    }
    this.requestUpdate();
  }

  private key(event: KeyboardEvent): void {
    const c = this.cursor ?? { q: 0, k: 0 };
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (step) {
      this.point(c.q + step[0], c.k + step[1]);
      this.keepVisible();
    } else if (event.key === '+' || event.key === '=') this.zoom(1.5);
    else if (event.key === '-') this.zoom(1 / 1.5);
    else if (event.key === '0') this.fit();
    else if (event.key === 'b' || event.key === 'B') this.brushing = !this.brushing;
    else if (event.key === 'Enter') this.zoomTo(c.q - 4, c.q + 5, c.k - 4, c.k + 5);
    else if (event.key === 'Escape') { this.drag = null; this.brushing = false; } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private keepVisible(): void {
    const plot = this.plots()[0];
    if (!this.cursor || !this.view || !plot) return;
    const inside = (at: number, from: number, size: number): number => at < from ? at : at + 1 > from + size ? at + 1 - size : from;
    this.view = { ...this.view, x: inside(this.cursor.k, this.view.x, plot.width / this.view.cell), y: inside(this.cursor.q, this.view.y, plot.height / this.view.cell) };
  }

  alt(): string {
    const s = this.settings;
    const scale = s.scale === 'log' ? ', log colours' : '';
    const words = QUANTITY_WORDS[s.quantity];
    const what = s.quantity === 'weight' ? 'weight' : `${words.one}, largest shown ${exact4(this.largest)}`;
    return `${this.series().map((x) => x.name).join(', ')}: ${what}${scale}, ${s.special === 'show' ? 'special tokens shown' : `special tokens hidden, rows ${s.renorm || s.special === 'hide-renorm' ? '' : 'not '}renormalised`}.${words.rows ? ` ${words.rows}` : ''}`;
  }

  get renderer(): string { return this.surface?.renderer ?? 'canvas2d'; }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.surface?.dispose();
    this.surface = undefined;
  }
}
define('headscope-matrix-view', MatrixViewElement);

/** Drawing only: what the log scale makes of weights; numbers are read from the tile itself. */
function logStrengths(tile: Tile, largest: number): Float32Array {
  const values = tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data;
  return values.map((v) => strength(v / largest, 'log', 1));
}
