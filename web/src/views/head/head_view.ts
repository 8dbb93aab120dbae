// The head view: two token columns and the attention between them (ui.md §3.1).

import { html, nothing, type TemplateResult } from 'lit';
import { chosenLink } from '../../base/pins';
import { isOfLayer } from '../../base/quantities';
import { sideTokens } from '../../base/trace_info';
import { axisIndex, shorten, tokenText, type AxisItem, type Side } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { define } from '../../ui/define';
import { seriesOf, type Series } from '../../ui/identity';
import { OPACITY } from '../../ui/ink';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { focusOf, parsePin } from '../../ui/pins';
import { TileStore } from '../../ui/tile_store';
import { headsOfLayer, parseHead, stackOf } from '../../ui/types';
import '../../ui/head_bar';
import type { TableData } from '../common/data_table';
import { ViewBase } from '../common/view_base';
import { Surface } from '../gl/surface';
import type { Mass } from './edges';
import { shownEdges, shownRows, type ShownEdge, type ShownRows } from './head_api';
import { bucketRanges, buckets, minimapSpec, seriesSpecs } from './head_data';
import { ContentCache, dataInput, layoutOf } from './head_model';
import { columnsOf, paintChosen, paintFocus, paintHead, type DrawnLines, type Picture } from './head_paint';
import { gutter, lineAt, type Badge } from './head_scene';
import { headStyles } from './head_styles';
import { edgeTable } from './head_table';
import { badges, capability, column, foot, headings, type HeadHost, type TokenRef } from './head_template';
import { altText, edgeText, tokenNumbers } from './head_text';
import { isVisible, maxScroll, scrollTo, scrollToMiddle, visibleRows, type ColumnLayout } from './layout';
import { dragMinimap, Minimap, minimapKey } from './minimap';

/** Tiles are asked for, and the place goes into the state, when scrolling rests. */
const ASK_REST = 60;
const PLACE_REST = 150;
const TIP_STAYS = 300;
const SIDES = ['q', 'k'] as const;

export class HeadView extends ViewBase implements HeadHost {
  static override properties = { ...ViewBase.properties, preview: { state: true } };
  static override styles = headStyles;
  declare preview: string | null;

  active: TokenRef = { side: 'q', index: 0 };
  private surface: Surface | undefined;
  private readonly cache = new ContentCache();
  private readonly minimap = new Minimap();
  private looked: TokenRef | null = null;
  private offset = { q: 0, k: 0 };
  private scrolling = false;
  /** The scroll position that the state has, as last sent or taken, and pins that have been seen. */
  private known = { scroll: '', pins: '' };
  private pending: { q: number; k: number } | null = null;
  private current: Picture | undefined;
  private next: Picture | undefined;
  private drawn: DrawnLines[] = [];
  private over: DrawnLines | null = null;
  private stageSize = { width: 0, height: 0 };
  private tip: { x: number; y: number; text: string } | null = null;
  private tipTimer = 0;
  private gutters: { above: Badge | null; below: Badge | null } = { above: null, below: null };

  constructor() {
    super();
    this.preview = null;
  }

  // ---- plan ------------------------------------------------------------------------------------

  get unlinked(): boolean { return this.settings.columns === 'unlinked'; }

  private axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }

  private series(): Series[] { return seriesOf(this.preview ? { ...this.settings, heads: [this.preview] } : this.settings); }

  /** From the settings, the scroll positions and what has come. */
  private compute(): Picture | undefined {
    const { trace, store, settings } = this;
    if (!trace || !store || this.stageSize.width === 0) return undefined;
    const axes = this.axes();
    const layout = layoutOf(axes, settings, this.stageSize, this.offset, rootFontScale());
    const focus = focusOf(settings.pins, null, axes.q, axes.k);
    const series = this.series();
    const input = dataInput(trace, settings, axes, layout, focus);
    const content = this.cache.get(store, input, series, settings, OPACITY[this.ink], focus);
    return { trace, settings, axes, ...layout, focus, series, ...content, input, ranges: bucketRanges(input) };
  }

  /** What is on screen: the old picture, whole, until the first lines of the new one are there; never a blank one. */
  private picture(): Picture | undefined {
    const next = (this.next = this.compute());
    const old = this.current;
    if (!next || !old || !next.loading || old.rows.every((map) => map.size === 0)) return next ?? old;
    const same = old.trace === next.trace && old.axes === next.axes;
    return same ? { ...old, q: next.q, k: next.k, panels: next.panels, focus: next.focus, loading: true } : { ...old, loading: true };
  }

  private ask(): void {
    const { store, trace, next } = this;
    if (!store || !trace || !next || next.axes.q.length === 0 || next.axes.k.length === 0) return;
    const { input, series } = next;
    const specs = series.flatMap((s) => seriesSpecs(input, s));
    const whole = (overflows(next) || buckets(input.cols) > 0) && !input.pinnedOnly;
    const extra = whole ? series.slice(0, 1).map((s) => minimapSpec(input, s)) : [];
    store.keepOnly(this.scope, new Set([...specs, ...extra].map((s) => TileStore.key(trace.id, s))));
    store.request(trace.id, specs, 0, this.scope);
    store.request(trace.id, extra, 2, this.scope);
    const layer = parseHead(this.settings.heads[0] ?? '')?.layer;
    const small = input.rows <= 64 && input.cols <= 64 && this.settings.combine === 'separate' && !isOfLayer(this.settings.quantity);
    if (layer === undefined || !small) return;
    // Short texts: the other heads of the layer come along, so that a click on a chip acts at once.
    const names = Array.from({ length: headsOfLayer(stackOf(trace, this.settings.stack), layer) }, (_, h) => `L${layer}H${h}`);
    store.request(trace.id, names.flatMap((n) => seriesSpecs(input, { name: n, heads: [n], slot: { colour: 0, dash: 0 } })), 2, `${this.scope}-ahead`);
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const scroll = JSON.stringify(this.settings.scroll);
    if (scroll !== this.known.scroll) {
      // A place that is not our own: a link, undo, or the view is new.
      const first = this.known.scroll === '';
      this.known.scroll = scroll;
      const row = (side: Side): number => Math.max(0, axisIndex(this.axes()[side], this.settings.scroll[side]));
      this.pending = { q: row('q'), k: row('k') };
      if (first && this.pending.q + this.pending.k > 0) this.known.pins = this.settings.pins.join();
    }
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const picture = (this.current = this.picture());
    const old = picture?.loading === true && picture.trace !== this.trace;
    return html`<div data-testid="view-head" class="hidden"></div>
      ${this.controls === 'full' ? this.bar() : nothing}${this.glNotice()}${headings(picture)}
      <div class="stage ${old ? 'old' : ''}" role="figure" tabindex="0" aria-describedby="alt" aria-label="Attention lines"
        @keydown=${(e: KeyboardEvent) => { this.key(e); }} @wheel=${(e: WheelEvent) => { this.wheel(e); }}>
        <canvas class="base" aria-hidden="true"></canvas><canvas class="over" aria-hidden="true"></canvas>
        ${picture ? this.stage(picture) : nothing}
        <div class="tip" role="tooltip" @pointerenter=${() => { clearTimeout(this.tipTimer); }} @pointerleave=${() => { this.closeTip(); }}></div>
        ${this.sheet()}
      </div>
      <p id="alt" class="hidden" data-testid="alt-pattern">${this.alt()}</p>
      ${picture ? foot(picture, this.ink, this.surface?.capped ?? 0, this.oneLine(picture), this.controls === 'compact' ? this.buttons() : nothing) : nothing}`;
  }

  /**
   * Only a row or two are out of sight: the footer must not grow for it, or it would take the room that
   * the rows lack. It stays one line in this window: two lines and one would else take turns.
   */
  private oneLine(p: Picture): boolean {
    const size = [this.clientWidth, this.clientHeight, p.q.count, p.k.count].join();
    if (nearlyFits(p)) this.tight = size;
    return this.tight === size;
  }
  private tight = '';

  private bar(): TemplateResult {
    const { trace, settings } = this;
    const layer = parseHead(settings.heads[0] ?? '')?.layer ?? 0;
    return html`<div class="bar">
      <headscope-head-bar .layer=${layer} .count=${trace ? headsOfLayer(stackOf(trace, settings.stack), layer) : 0} .heads=${settings.heads}
        .theme=${this.theme}
        @heads=${(e: CustomEvent<string[]>) => { this.command('head.set', { heads: e.detail }); }}
        @preview=${(e: CustomEvent<string | null>) => { this.preview = e.detail && !settings.heads.includes(e.detail) ? e.detail : null;
          }}></headscope-head-bar>
      ${this.buttons()}</div>`;
  }

  /** All words, or beside it one word: the article's two figures. */
  private buttons(): TemplateResult {
    const pin = parsePin(this.settings.pins[0] ?? '');
    const word = pin && this.trace ? sideTokens(this.trace, this.settings.stack, pin.side).tokens[pin.token] : undefined;
    const both = this.settings.panels === 'both';
    const apart = this.current && overflows(this.current) && !nearlyFits(this.current);
    return html`<div class="panels"><button aria-pressed=${both ? 'false' : 'true'}
      @click=${() => { this.command('panels.set', { value: 'one' }); }}>All words</button>
      <button ?disabled=${word === undefined} aria-pressed=${both ? 'true' : 'false'}
        @click=${() => { this.command('panels.set', { value: both ? 'one' : 'both' }); }}
        >word “${word === undefined ? '…' : shorten(tokenText(word), 12)}”</button>
      ${apart ? html`<button aria-pressed=${this.unlinked ? 'true' : 'false'}
        @click=${() => { this.command('columns.next'); }}>Unlink columns</button>` : nothing}
      ${this.tableButton()}</div>`;
  }

  private stage(p: Picture): TemplateResult {
    const middle = ((p.panels[0]?.lineLeft ?? 0) + (p.panels[0]?.lineRight ?? 0)) / 2;
    // Over the stage, not in the footer: a footer that changes its height would change the window asked for.
    return html`${p.loading ? html`<span class="updating" role="status" ${css$({ left: `${middle}px` })}>Updating…</span>` : nothing}
      ${capability(p)}${p.panels.map((panel, i) => html`${column(this, 'q', p, panel, i)}
      <div class="lines" ${css$({ left: `${panel.lineLeft}px`, width: `${panel.lineRight - panel.lineLeft}px` })}
        @pointermove=${(e: PointerEvent) => { this.overLine(e, i); }} @pointerleave=${() => { this.closeTip(); }}
          @click=${(e: MouseEvent) => { this.chooseLine(e, i); }}></div>
      ${column(this, 'k', p, panel, i)}`)}
      ${badges(p, this.gutters, (index) => { this.scrollTo_('k', index); })}
      ${overflows(p) && !p.input.pinnedOnly ? html`<canvas class="minimap" data-testid="minimap" tabindex="0" role="slider"
        aria-label="Overview: drag or use the arrow keys to scroll"
        aria-valuemin="0" aria-valuemax=${p.q.count} aria-valuenow=${visibleRows(p.q).first}
        @pointerdown=${(e: PointerEvent) => { dragMinimap(e, p, (side) => this.columnOf(side), this.unlinked); }}
        @keydown=${(e: KeyboardEvent) => { minimapKey(e, p, (side) => this.columnOf(side)); }}></canvas>` : nothing}`;
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.base');
    if (!stage || !canvas) return;
    const { clientWidth: width, clientHeight: height } = stage;
    if (width !== this.stageSize.width || height !== this.stageSize.height) {
      this.stageSize = { width, height };
      this.requestUpdate();
      return;
    }
    this.surface ??= new Surface(canvas, (r) => { this.plain = r === 'canvas2d'; });
    this.plain = this.surface.renderer === 'canvas2d';
    const p = this.picture();
    if (!p) return;
    this.current = p;
    if (!this.scrolling) this.ask();
    this.place(p);
    this.drawn = paintHead(p, this.surface, { width, height, theme: this.theme });
    for (const one of [canvas, this.renderRoot.querySelector<HTMLCanvasElement>('canvas.over')]) if (one) Object.assign(one.style, { width: `${width}px`,
      height: `${height}px` });
    const map = this.renderRoot.querySelector<HTMLCanvasElement>('.minimap');
    const [series] = p.series;
    if (map && series) this.minimap.paint(map, p, this.store?.peek(p.trace.id, minimapSpec(p.input, series)), this.theme, p.settings.quantity === 'score',
      sentenceStarts(p));
    const gutters = gutter(p.chosen, columnsOf(p));
    if (JSON.stringify(gutters) !== JSON.stringify(this.gutters)) {
      this.gutters = gutters;
      this.requestUpdate();
    }
    if (!p.loading) {
      this.mark('firstPaint');
      this.emit('hs-drawn', { lines: p.mass.lines, mass: p.mass.drawn });
    }
  }

  /** What is looked at, the chosen link and the tip: all that a pointer move changes. */
  protected override paintOverlay(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.over');
    const base = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.base');
    const p = this.current;
    if (!canvas || !base || !p) return;
    const { width, height } = this.stageSize;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const options = { width, height, theme: this.theme };
    const focus = this.looked ? focusOf([], this.looked, p.axes.q, p.axes.k) : null;
    this.over = focus ? paintFocus(ctx, p, focus, options) : null;
    // Of two panels the left one shows all words and stays.
    const left = p.panels.length === 2 ? (p.panels[1]?.left ?? 0) : 0;
    base.style.clipPath = focus ? `inset(0 ${width - left}px 0 0)` : '';
    const link = this.preview ? null : chosenLink(p.settings);
    const lines = this.over ?? this.drawn[this.drawn.length - 1];
    const at = link && { q: axisIndex(p.axes.q, link.q), k: axisIndex(p.axes.k, link.k) };
    if (at && lines && at.q >= 0 && at.k >= 0) paintChosen(ctx, p, at, lines, options);
    this.showTip();
  }

  // ---- tip -------------------------------------------------------------------------------------

  private showTip(): void {
    const element = this.renderRoot.querySelector<HTMLElement>('.tip');
    if (!element) return;
    const { tip } = this;
    element.style.display = tip ? 'block' : 'none';
    if (!tip) return;
    if (element.textContent !== tip.text) element.textContent = tip.text;
    element.style.left = `${Math.max(4, Math.min(tip.x, this.stageSize.width - element.offsetWidth - 4))}px`;
    element.style.top = `${Math.max(2, Math.min(tip.y, this.stageSize.height - element.offsetHeight - 2))}px`;
  }

  /** Beside the token, over the lines: no word is covered. */
  private tokenTip(at: TokenRef, p: Picture): void {
    const item = p.axes[at.side][at.index];
    const panel = p.panels[p.panels.length - 1];
    if (!item || !panel) return;
    const layout = p[at.side];
    const id = sideTokens(p.trace, p.settings.stack, at.side).ids[item.first];
    clearTimeout(this.tipTimer);
    this.tip = { x: at.side === 'q' ? panel.lineLeft + 10 : panel.lineRight - 250, y: layout.top + (at.index + 1) * layout.rowHeight - layout.scroll + 2,
                 text: `${tokenText(item.text)} · position ${item.first} · id ${id ?? '–'}. ${tokenNumbers(at, p, this.store)}` };
  }

  private lineUnder(event: MouseEvent, panel: number): { x: number; y: number; edge: DrawnLines['edges'][number] | undefined } {
    const stage = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const drawn = this.over ?? this.drawn[panel];
    const [x, y] = [event.clientX - (stage?.left ?? 0), event.clientY - (stage?.top ?? 0)];
    return { x, y, edge: drawn?.edges[lineAt(drawn.layer, x, y)] };
  }

  private overLine(event: PointerEvent, panel: number): void {
    const p = this.current;
    const { x, y, edge } = this.lineUnder(event, panel);
    if (!p || !edge) {
      if (this.tip) this.closeTip();
      return;
    }
    clearTimeout(this.tipTimer);
    this.tip = { x: x + 12, y: y + 14, text: edgeText(edge, p.series[edge.series]?.name ?? '', p.rows[edge.series]?.get(edge.q), p.axes.q, p.axes.k,
      p.ranges) };
    this.repaintOverlay();
  }

  /** A click on a line chooses it; again takes the choice back. */
  private chooseLine(event: MouseEvent, panel: number): void {
    const p = this.current;
    const { edge } = this.lineUnder(event, panel);
    const q = edge && p?.axes.q[edge.q]?.first;
    const k = edge && p?.axes.k[edge.k]?.first;
    if (q === undefined || k === undefined) return;
    const { selection } = this.settings;
    this.command('selection.set', selection.q === q && selection.k === k ? { q: null, k: null } : { q, k });
  }

  /** Tooltips can be entered: they wait a moment before they go (WCAG 1.4.13). */
  private closeTip(): void {
    clearTimeout(this.tipTimer);
    this.tipTimer = window.setTimeout(() => { this.tip = null; this.repaintOverlay(); }, TIP_STAYS);
  }

  // ---- tokens (HeadHost) -----------------------------------------------------------------------

  hover(at: TokenRef | null): void {
    if (at?.side === this.looked?.side && at?.index === this.looked?.index) return;
    this.looked = at;
    const p = this.current;
    const item = at && p?.axes[at.side][at.index];
    this.emit('hs-hover', item ? { side: at.side, index: item.first, token: item.text } : null);
    if (at && p) this.tokenTip(at, p);
    else this.closeTip();
    this.repaintOverlay();
  }

  focusOn(at: TokenRef): void { this.active = at; }

  pin(side: Side, item: AxisItem, add: boolean): void {
    const held = this.settings.pins.find((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
    this.command('pin.toggle', { pin: held ?? `${side}${item.first}`, add });
    this.emit('hs-pin', { side, index: item.first, token: item.text });
  }

  /** Alt-click: the other word of a link, by which heads are then ranked. */
  link(side: Side, item: AxisItem): void { this.command('link.find', { side, index: item.first }); }

  /** A double click pins this token alone: its two clicks have pinned and unpinned it. */
  solo(side: Side, item: AxisItem): void { this.command('pin.set', { pins: [`${side}${item.first}`] }); }

  menu(side: Side, item: AxisItem, x: number, y: number): void { this.emit('hs-token-menu', { side, token: item.first, x, y }); }

  private menuByKey(): boolean {
    const { side, index } = this.active;
    const item = this.current?.axes[side][index];
    const box = this.renderRoot.querySelector<HTMLElement>(`.${side}col .token[data-index="${index}"]`)?.getBoundingClientRect();
    if (!item || !box) return false;
    this.menu(side, item, box.left + 24, box.bottom);
    return true;
  }

  // ---- scrolling -------------------------------------------------------------------------------

  scrolled(side: Side, element: HTMLElement): void {
    if (this.offset[side] === element.scrollTop) return;
    this.offset[side] = element.scrollTop;
    for (const other of this.renderRoot.querySelectorAll<HTMLElement>('.column')) {
      const otherSide = other.dataset['side'] as Side;
      if (other === element || (this.unlinked && otherSide !== side)) continue;
      if (other.scrollTop !== element.scrollTop) other.scrollTop = element.scrollTop;
      this.offset[otherSide] = other.scrollTop;
    }
    this.scrolling = true;
    this.requestUpdate();
    this.afterRest('ask', ASK_REST, () => { this.scrolling = false; this.requestUpdate(); });
    this.afterRest('place', PLACE_REST, () => { this.keepPlace(); });
  }

  /** Into the state, so that it survives a change of view and travels in the link. */
  private keepPlace(): void {
    const p = this.next;
    if (!p) return;
    const first = (side: Side): number => (p[side].scroll > 0 ? p.axes[side][visibleRows(p[side]).first]?.first ?? 0 : 0);
    const scroll = { q: first('q'), k: first('k') };
    this.known.scroll = JSON.stringify(scroll);
    if (JSON.stringify(this.settings.scroll) !== this.known.scroll) this.command('place.set', { scroll });
  }

  /** Goes to the place of the state, or to a pin that is new and out of sight. */
  private place(p: Picture): void {
    if (p.trace !== this.trace) return;
    const { pending } = this;
    this.pending = null;
    if (pending) for (const side of SIDES) this.setScroll(side, pending[side] * p[side].rowHeight);
    const pins = p.settings.pins.join();
    if (pins === this.known.pins) return;
    const before = this.known.pins.split(',');
    this.known.pins = pins;
    for (const text of p.settings.pins) {
      const pin = parsePin(text);
      const index = pin && !before.includes(text) ? axisIndex(p.axes[pin.side], pin.token) : -1;
      if (pin && index >= 0 && !isVisible(p[pin.side], index)) this.setScroll(pin.side, scrollToMiddle(p[pin.side], index));
    }
  }

  private setScroll(side: Side, top: number): void {
    const element = this.columnOf(side);
    if (element && Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || (event.target as HTMLElement).closest('.column, .sheet')) return;
    const element = this.columnOf('k');
    if (element && this.current && overflows(this.current)) {
      element.scrollTop += event.deltaY;
      event.preventDefault();
    }
  }

  scrollTo_(side: Side, index: number): void {
    if (this.current) this.setScroll(side, scrollTo(this.current[side], index));
  }

  private columnOf(side: Side): HTMLElement | null { return this.renderRoot.querySelector<HTMLElement>(`.${side}col`); }

  // ---- keys ------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    const p = this.current;
    if (!p || event.ctrlKey || event.metaKey || event.altKey) return;
    const { side, index } = this.active;
    const last = (of: Side): number => p.axes[of].length - 1;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) this.moveTo(side, Math.min(last(side), Math.max(0, index + step)));
    else if (event.key === 'ArrowLeft') this.moveTo('q', Math.min(index, last('q')));
    else if (event.key === 'ArrowRight') this.moveTo('k', Math.min(index, last('k')));
    else if (event.key === 'Home') this.moveTo(side, 0);
    else if (event.key === 'End') this.moveTo(side, last(side));
    else if (event.key === 'Enter') this.pin(side, p.axes[side][index] as AxisItem, event.shiftKey);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) { if (!this.menuByKey()) return; }
    else if (this.commonKey(event)) { /* done */ } else if (event.key !== 'Escape' || !this.escape()) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** One press closes all that is only looked at, and unpins. */
  private escape(): boolean {
    const any = this.tip !== null || this.looked !== null || this.settings.pins.length > 0;
    clearTimeout(this.tipTimer);
    this.tip = null;
    this.looked = null;
    if (this.settings.pins.length > 0) this.command('pin.clear');
    this.repaintOverlay();
    return any;
  }

  private moveTo(side: Side, index: number): void {
    this.active = { side, index };
    this.looked = { side, index };
    this.scrollTo_(side, index);
    this.requestUpdate();
    const token = (): HTMLElement | null => this.renderRoot.querySelector<HTMLElement>(`.${side}col .token[data-index="${index}"]`);
    void this.updateComplete.then(() => { token()?.focus({ preventScroll: true }); });
  }

  // ---- table and test API (ui.md §9) -----------------------------------------------------------

  protected override tableData(): TableData | null { return this.current ? edgeTable(this.current) : null; }

  /** Lines on screen: with a hover or pin only the chosen token's. */
  edges(): ShownEdge[] {
    const lines = this.over ?? this.drawn[this.drawn.length - 1];
    return this.current && lines ? shownEdges(this.current, lines.edges, lines.layer, this.theme) : [];
  }
  rows(): ShownRows[] { return this.current ? shownRows(this.current) : []; }

  alt(): string {
    const p = this.current;
    if (!p) return '';
    const { quantity, threshold } = p.settings;
    return altText(p.series.map((s) => s.name), this.labels, p.trace.model.name, p.mass, threshold, { quantity, largest: p.largest });
  }

  mass(): Mass | undefined { return this.current?.mass; }
  get renderer(): string { return this.surface?.renderer ?? 'none'; }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.tipTimer);
    this.surface?.dispose();
    this.surface = undefined;
    // In another place the columns begin at the top: the place of the state is gone to again.
    this.known = { scroll: '', pins: '' };
  }
}
define('headscope-head-view', HeadView);

function overflows(p: { q: ColumnLayout; k: ColumnLayout }): boolean { return maxScroll(p.q) > 0 || maxScroll(p.k) > 0; }

/** Only a row or two are out of sight. */
function nearlyFits(p: { q: ColumnLayout; k: ColumnLayout }): boolean {
  const hidden = SIDES.map((side) => { const v = visibleRows(p[side]); return p[side].count - (v.end - v.first); });
  return overflows(p) && Math.max(...hidden) <= 2;
}

/** Rows of the axis where a sentence begins. */
function sentenceStarts(p: Picture): number[] {
  const { sentences } = sideTokens(p.trace, p.settings.stack, 'q');
  return p.axes.q.flatMap((item, i) => (i > 0 && sentences[item.first] !== sentences[p.axes.q[i - 1]?.first ?? 0] ? [i] : []));
}

/** Rows follow the reader's font size. */
function rootFontScale(): number {
  return Math.max(1, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
}
