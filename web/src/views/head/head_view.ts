// The head view: two token columns and the attention between them (ui.md §3.1).

import { html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { tokenText, shorten, type AxisItem, type Side } from '../../ui/axes';
import { isOfLayer, QUANTITY_WORDS, wholeMapProblem } from '../../base/quantities';
import { isBlock } from '../../base/trace_info';
import { blockNote } from '../../ui/block_engine';
import { css$ } from '../../ui/css_directive';
import { exact4, lineOpacity, lineWidth, OPACITY, strength } from '../../ui/ink';
import { seriesOf, type Series } from '../../ui/identity';
import { longPress } from '../../ui/long_press';
import { pictureAxes, tokensOf, type PictureAxes } from '../../ui/picture_axes';
import { ViewBase } from '../common/view_base';
import { headsOfLayer, parseHead, stackOf } from '../../ui/types';
import { TileStore } from '../../ui/tile_store';
import type { LineLayer } from '../gl/scene';
import { Surface } from '../gl/surface';
import type { Edge, Mass } from './edges';
import { bucketRanges, buckets, minimapSpec, seriesSpecs } from './head_data';
import { ContentCache, dataInput, layoutOf } from './head_model';
import '../../ui/head_bar';
import { lineAt } from './head_scene';
import { paintHead, type Picture } from './head_paint';
import { headStyles } from './head_styles';
import { shownEdges, shownRows, type ShownEdge, type ShownRows } from './head_api';
import { altText, edgeText, linksText, statusText, tokenNumbers } from './head_text';
import { dragMinimap, minimapKey } from './minimap';
import { FIT_MAX_TOKENS, domRows, maxScroll, scrollTo, visibleRows, type ColumnLayout, type PanelLayout } from './layout';
import { focusOf, parsePin, togglePin } from '../../ui/pins';
import { edgeTable } from './head_table';

const SCROLL_REST = 60;

export class HeadView extends ViewBase {
  static override properties = { ...ViewBase.properties, table: { state: true }, tip: { state: true }, preview: { state: true } };
  static override styles = headStyles;
  declare table: boolean;
  declare tip: { x: number; y: number; text: string } | null;
  declare preview: string | null;

  private surface: Surface | undefined;
  private readonly cache = new ContentCache();
  private hover: { side: Side; index: number } | null = null;
  private offset = { q: 0, k: 0 };
  private active: { side: Side; index: number } = { side: 'q', index: 0 };
  private rest = 0;
  private current: Picture | undefined;
  private drawnLines: { layer: LineLayer; edges: Edge[] }[] = [];
  private stageSize = { width: 0, height: 0 };
  private tipTimer = 0;
  private badgeState: Picture['badges'];
  private drawnBadges = '';

  constructor() {
    super();
    this.table = false;
    this.tip = null;
    this.preview = null;
  }

  // ---- data ------------------------------------------------------------------------------------

  private get unlinked(): boolean { return this.settings.columns === 'unlinked'; }

  private axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }

  private series(): Series[] {
    return seriesOf(this.preview ? { ...this.settings, heads: [this.preview] } : this.settings);
  }

  /** Everything that is on screen, from the settings, the scroll positions and what has come. */
  private picture(): Picture | undefined {
    const { trace, store, settings } = this;
    if (!trace || !store || this.stageSize.width === 0) return undefined;
    const axes = this.axes();
    const layout = layoutOf(axes, settings, this.stageSize, this.offset, rootFontScale());
    const focus = focusOf(settings.pins, this.hover, axes.q, axes.k);
    const series = this.series();
    const input = dataInput(trace, settings, axes, layout, focusOf(settings.pins, null, axes.q, axes.k));
    const content = this.cache.get(store, input, series, settings, OPACITY[this.ink]);
    if (content.loading && this.current?.trace === trace.id && this.current.input.rows === input.rows && this.current.input.cols === input.cols) {
      // Old lines stay until the new ones are whole: never blank.
      return { ...this.current, ...layout, focus, loading: true };
    }
    return { trace: trace.id, axes, ...layout, focus, series, ...content, input, ranges: bucketRanges(input) };
  }

  private ask(picture: Picture): void {
    const { store, trace } = this;
    if (!store || !trace || picture.axes.q.length === 0 || picture.axes.k.length === 0) return;
    const focus = focusOf(this.settings.pins, null, picture.axes.q, picture.axes.k);
    const input = dataInput(trace, this.settings, picture.axes, picture, focus);
    const series = this.series();
    const specs = series.flatMap((s) => seriesSpecs(input, s));
    const extra = (this.overflows(picture) || buckets(input.cols) > 0) && !input.pinnedOnly ? series.slice(0, 1).map((s) => minimapSpec(input, s)) : [];
    store.keepOnly(this.scope, new Set([...specs, ...extra].map((s) => TileStore.key(trace.id, s))));
    store.request(trace.id, specs, 0, this.scope);
    store.request(trace.id, extra, 2, this.scope);
    const own = stackOf(trace, this.settings.stack);
    const layer = parseHead(this.settings.heads[0] ?? '')?.layer;
    if (layer !== undefined && input.rows <= 64 && input.cols <= 64 && this.settings.combine === 'separate' && !isOfLayer(this.settings.quantity)) {
      // Short texts: the other heads of the layer come along, so that a click on a chip acts at once.
      const names = Array.from({ length: headsOfLayer(own, layer) }, (_, h) => `L${layer}H${h}`);
      store.request(trace.id, names.flatMap((n) => seriesSpecs(input, { name: n, heads: [n], slot: { colour: 0, dash: 0 } })), 2, `${this.scope}-ahead`);
    }
  }

  /**
   * Only a row or two are out of sight. The footer must then not grow for it: it would take the room
   * that the rows lack, and keep them out after the cause is gone.
   */
  private nearlyFits(p: { q: ColumnLayout; k: ColumnLayout }): boolean {
    const hidden = (['q', 'k'] as const).map((side) => { const v = visibleRows(p[side]); return p[side].count - (v.end - v.first); });
    return this.overflows(p) && Math.max(...hidden) <= 2;
  }

  private overflows(p: { q: ColumnLayout; k: ColumnLayout }): boolean { return maxScroll(p.q) > 0 || maxScroll(p.k) > 0; }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const picture = (this.current = this.picture() ?? this.current);
    return html`<div data-testid="view-head" class="alt"></div>
      ${this.controls === 'full' ? this.bar() : nothing}
      ${this.surface?.renderer === 'canvas2d' ? html`<div class="notice" role="status" data-testid="error-HS-GL-01">WebGL 2 is not available; drawing with Canvas, at most 20,000 lines. Numbers are unaffected.</div>` : nothing}
      <div class="heads ${(picture?.panels.length ?? 1) > 1 ? 'two' : ''}" aria-hidden="true">${picture?.panels.map((p) => html`
        <span class="q" ${css$({ right: `calc(100% - ${p.lineLeft}px)`, 'max-width': `${p.lineLeft}px` })}>Query<i>: being updated</i></span><span ${css$({ left: `${p.lineRight}px` })}>Key<i>: attended to</i></span>`)}</div>
      <div class="stage" role="figure" tabindex="0" aria-describedby="alt" aria-label="Attention lines"
        @keydown=${(e: KeyboardEvent) => { this.key(e); }} @wheel=${(e: WheelEvent) => { this.wheel(e); }}>
        <canvas aria-hidden="true"></canvas>
        ${picture ? this.stage(picture) : nothing}
        ${this.table && picture ? html`<div class="table">${edgeTable(picture, this.settings.quantity, () => { this.table = false; })}</div>` : nothing}
      </div>
      <p id="alt" class="alt" data-testid="alt-pattern">${this.alt()}</p>
      ${picture ? this.foot(picture) : nothing}`;
  }

  private bar(): TemplateResult {
    const trace = this.trace;
    const layer = parseHead(this.settings.heads[0] ?? '')?.layer ?? 0;
    return html`<div class="bar">
      <headscope-head-bar .layer=${layer} .count=${trace ? headsOfLayer(stackOf(trace, this.settings.stack), layer) : 0} .heads=${this.settings.heads} .theme=${this.theme}
        @heads=${(e: CustomEvent<string[]>) => { this.change('heads', { heads: e.detail }); }}
        @preview=${(e: CustomEvent<string | null>) => { this.preview = e.detail && !this.settings.heads.includes(e.detail) ? e.detail : null; }}></headscope-head-bar>
      ${this.panelButtons()}</div>`;
  }

  /** All words, or beside it one word: the article's two figures. */
  private panelButtons(): TemplateResult {
    const pin = parsePin(this.settings.pins[0] ?? '');
    const tokens = pin ? tokensOf(this.trace, this.settings, pin.side) : undefined;
    const { panels } = this.settings;
    return html`<div class="panels"><button aria-pressed=${panels === 'one' ? 'true' : 'false'} @click=${() => { this.change('one panel', { panels: 'one' }); }}>All words</button>
      <button ?disabled=${!tokens} aria-pressed=${panels === 'both' ? 'true' : 'false'} @click=${() => { this.change('two panels', { panels: panels === 'both' ? 'one' : 'both' }); }}>word “${tokens && pin ? shorten(tokenText(tokens.tokens[pin.token] ?? ''), 12) : '…'}”</button>
      ${this.current && this.overflows(this.current) && !this.nearlyFits(this.current) ? html`<button aria-pressed=${this.unlinked ? 'true' : 'false'} @click=${() => { this.change(this.unlinked ? 'columns linked' : 'columns unlinked', { columns: this.unlinked ? 'linked' : 'unlinked' }); }}>Unlink columns</button>` : nothing}
      <button aria-pressed=${this.table ? 'true' : 'false'} @click=${() => { this.table = !this.table; }}>Table</button></div>`;
  }

  private stage(p: Picture): TemplateResult {
    // Over the stage, not in the footer: a footer that changes its height would change the window asked for.
    return html`${p.loading ? html`<span class="updating" role="status" ${css$({ left: `${((p.panels[0]?.lineLeft ?? 0) + (p.panels[0]?.lineRight ?? 0)) / 2}px` })}>Updating…</span>` : nothing}${p.input.pinnedOnly && p.input.pinnedRows.length === 0 ? html`<p class="notice over" role="status" data-testid="error-HS-CAP-01">${wholeMapProblem(this.trace, this.settings.quantity)}</p>` : nothing}${p.panels.map((panel, i) => html`
      ${this.column('q', p, panel, i)}
      <div class="lines" ${css$({ left: `${panel.lineLeft}px`, width: `${panel.lineRight - panel.lineLeft}px` })}
        @pointermove=${(e: PointerEvent) => { this.overLine(e, i); }} @pointerleave=${() => { this.closeTip(); }}></div>
      ${this.column('k', p, panel, i)}`)}
      ${this.badges(p)}
      ${this.overflows(p) && !p.input.pinnedOnly ? html`<canvas class="minimap" data-testid="minimap" tabindex="0" role="slider" aria-label="Overview: drag or use the arrow keys to scroll" aria-valuemin="0" aria-valuemax=${p.q.count} aria-valuenow=${visibleRows(p.q).first}
        @pointerdown=${(e: PointerEvent) => { dragMinimap(e, p, (side) => this.columnOf(side), this.unlinked); }} @keydown=${(e: KeyboardEvent) => { minimapKey(e, p, (side) => this.columnOf(side)); }}></canvas>` : nothing}
      ${this.tip ? html`<div class="tip" role="tooltip" ${css$({ left: `${this.tip.x}px`, top: `${this.tip.y}px` })} @pointerenter=${() => { clearTimeout(this.tipTimer); }} @pointerleave=${() => { this.closeTip(); }}>${this.tip.text}</div>` : nothing}`;
  }

  private column(side: Side, p: Picture, panel: PanelLayout, index: number): TemplateResult {
    const layout = p[side];
    const axis = p.axes[side];
    const rows = domRows(layout);
    const items: TemplateResult[] = [];
    for (let i = rows.first; i < rows.end; i += rows.step) items.push(this.token(side, i, p, rows.step, index));
    return html`<div class="column ${side}col ${this.unlinked ? 'unlinked' : ''}" role="listbox" aria-multiselectable="true" data-side=${side}
      aria-label=${side === 'q' ? 'Query tokens: being updated' : 'Key tokens: attended to'}
      ${css$({ left: `${side === 'q' ? panel.lineLeft - panel.textWidth : panel.lineRight}px`, width: `${panel.textWidth}px`, top: `${layout.top}px`, height: `${layout.viewHeight}px` })}
      @scroll=${(e: Event) => { this.scrolled(side, e.currentTarget as HTMLElement); }}>
      <div class="spacer" role="presentation" ${css$({ height: `${axis.length * layout.rowHeight}px` })}>${items}</div></div>`;
  }

  private token(side: Side, i: number, p: Picture, step: number, panel: number): TemplateResult {
    const item = p.axes[side][i] as AxisItem;
    const list = tokensOf(this.trace, this.settings, side);
    const pinned = this.settings.pins.some((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
    const mine = (side === 'q' ? p.byQ : p.byK).get(i) ?? [];
    const focusable = this.active.side === side && this.active.index === i && panel === 0;
    const height = p[side].rowHeight * step;
    return html`<div class="token ${list?.special[item.first] ? 'special' : ''}" role="option" part="token" data-testid=${panel === 0 ? `token-${side}-${item.first}` : nothing}
      aria-selected=${pinned ? 'true' : 'false'} aria-setsize=${p.axes[side].length} aria-posinset=${i + 1} tabindex=${focusable ? 0 : -1} data-index=${i}
      aria-label="${item.text}, ${item.first}" aria-description=${linksText(mine, p.axes[side === 'q' ? 'k' : 'q'], side, p.ranges)}
      title="${item.text} · position ${item.first} · id ${list?.ids[item.first] ?? '–'}"
      ${css$({ top: `${i * p[side].rowHeight}px`, height: `${height}px`, 'font-size': `${Math.max(9, Math.min(14, height * 0.62))}px` })}
      @pointerenter=${() => { this.setHover({ side, index: i }); }} @pointerleave=${() => { this.setHover(null); }}
      @focus=${() => { this.active = { side, index: i }; }}
      @click=${(e: MouseEvent) => { this.pin(side, item, e.ctrlKey || e.metaKey); }}
      @contextmenu=${(e: MouseEvent) => { e.preventDefault(); this.menu(side, item, e.clientX, e.clientY); }}
      @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { this.menu(side, item, x, y); }); }}
      ><bdi dir="auto">${shorten(tokenText(item.text))}</bdi><span class="dots" aria-hidden="true" title="Menu (Shift+F10)" @click=${(e: MouseEvent) => { e.stopPropagation(); this.menu(side, item, e.clientX, e.clientY); }}>⋯</span></div>`;
  }

  private badges(p: Picture): TemplateResult {
    const panel = p.panels[0];
    const { above, below } = this.badgeState ?? { above: null, below: null };
    if (!panel) return html``;
    const badge = (where: 'above' | 'below', b: typeof above): TemplateResult | typeof nothing => b ? html`<button class="badge" data-testid="gutter-${where}"
      ${css$({ right: `calc(100% - ${panel.lineRight - 6}px)`, top: where === 'above' ? `${p.k.top + 2}px` : `${p.k.top + p.k.viewHeight - 26}px` })}
      @click=${() => { this.scrollTo_('k', b.heaviest); }}>${where === 'above' ? '↑' : '↓'} ${exact4(b.weight)} in ${b.keys} ${b.keys === 1 ? 'key' : 'keys'}</button>` : nothing;
    return html`${badge('above', above)}${badge('below', below)}`;
  }

  private foot(p: Picture): TemplateResult {
    const { scale } = this.settings;
    const m = p.series.length;
    const visible = { ...visibleRows(p.q), rows: p.q.count };
    const blocks = this.trace && isBlock(this.trace, this.settings.stack) ? ` ${blockNote(this.trace.stacks)}` : '';
    const status = statusText(p.mass, this.settings, p.topk, visible, this.surface?.capped ?? 0) + blocks;
    const { one } = QUANTITY_WORDS[this.settings.quantity];
    // Ink shows |x| / largest: the numbers beside the samples are values, the largest is printed.
    const whole = p.largest === 1 ? '' : `, largest |x| shown ${exact4(p.largest)}`;
    const sample = (v: number): string => (p.largest === 1 ? String(v) : exact4(v * p.largest));
    const signed = this.settings.quantity === 'score';
    return html`<div class="foot">${this.controls === 'compact' ? this.panelButtons() : nothing}<span class="legend" data-testid="legend" role="img" aria-label="${one}: line width and opacity of ${[0.1, 0.5, 1].map(sample).join(', ')}${whole}, ${scale} scale${signed ? '; negative values dotted' : ''}">
      <span>${one}</span>${[0.1, 0.5, 1].map((v) => { const s = strength(v, scale, 1); return html`<span><i ${css$({ height: `${lineWidth(s, m)}px`, opacity: lineOpacity(s, OPACITY[this.ink]) })}></i>${sample(v)}</span>`; })}${p.largest === 1 ? nothing : html`<span>(largest shown)</span>`}${signed ? html`<span><i class="negative"></i>negative</span>` : nothing}</span>
      <span data-testid="status-line" role="status" class=${this.nearlyFits(p) ? 'one' : ''} title=${this.nearlyFits(p) ? status : nothing}>${status}</span>
      ${this.settings.density === 'fit' && p.q.count > FIT_MAX_TOKENS ? html`<span>Fit is off above ${FIT_MAX_TOKENS} tokens: rows would be thinner than a pixel.</span>` : nothing}</div>`;
  }

  // ---- painting --------------------------------------------------------------------------------

  protected override paint(): void {
    const stage = this.renderRoot.querySelector<HTMLElement>('.stage');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('.stage > canvas:not(.minimap)');
    if (!stage || !canvas) return;
    const { clientWidth: width, clientHeight: height } = stage;
    if (width !== this.stageSize.width || height !== this.stageSize.height) {
      this.stageSize = { width, height };
      this.requestUpdate();
      return;
    }
    this.surface ??= new Surface(canvas, () => { this.requestUpdate(); });
    const p = this.picture() ?? this.current;
    if (!p) return;
    this.current = p;
    this.ask(p);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    this.drawnLines = paintHead(p, this.surface, { width, height, theme: this.theme, settings: this.settings, minimap: this.renderRoot.querySelector('.minimap'), store: this.store });
    const badges = JSON.stringify(p.badges);
    if (badges !== this.drawnBadges) {
      this.drawnBadges = badges;
      this.badgeState = p.badges;
      this.requestUpdate();
    }
    if (!p.loading) {
      this.mark('firstPaint');
      this.emit('hs-drawn', { lines: p.mass.lines, mass: p.mass.drawn });
    }
  }

  // ---- interaction -----------------------------------------------------------------------------

  private setHover(hover: { side: Side; index: number } | null): void {
    if (hover?.side === this.hover?.side && hover?.index === this.hover?.index) return;
    this.hover = hover;
    this.emit('hs-hover', hover);
    if (hover && this.current) this.tokenTip(hover, this.current);
    else this.closeTip();
    this.repaint();
  }

  private tokenTip(at: { side: Side; index: number }, p: Picture): void {
    const item = p.axes[at.side][at.index];
    if (!item) return;
    const panel = p.panels[0] as PanelLayout;
    const y = p[at.side].top + (at.index + 1) * p[at.side].rowHeight - p[at.side].scroll + 4;
    clearTimeout(this.tipTimer);
    this.tip = { x: Math.max(4, at.side === 'q' ? panel.lineLeft - panel.textWidth : panel.lineRight - 60), y: Math.min(y, this.stageSize.height - 30), text: tokenNumbers(at, p, this.store) };
  }

  private overLine(event: PointerEvent, panel: number): void {
    const stage = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const drawn = this.drawnLines[panel];
    if (!stage || !drawn || !this.current) return;
    const x = event.clientX - stage.left;
    const y = event.clientY - stage.top;
    const edge = drawn.edges[lineAt(drawn.layer, x, y)];
    if (!edge) {
      if (this.tip) this.closeTip();
      return;
    }
    const p = this.current;
    clearTimeout(this.tipTimer);
    this.tip = { x: Math.min(x + 12, this.stageSize.width - 220), y: Math.min(y + 14, this.stageSize.height - 30),
                 text: edgeText(edge, p.series[edge.series]?.name ?? '', p.rows[edge.series]?.get(edge.q), p.axes.q, p.axes.k, p.ranges) };
  }

  /** Tooltips can be entered: they wait a moment before they go (WCAG 1.4.13). */
  private closeTip(): void {
    clearTimeout(this.tipTimer);
    this.tipTimer = window.setTimeout(() => { this.tip = null; }, 300);
  }

  private pin(side: Side, item: AxisItem, add: boolean): void {
    const held = this.settings.pins.find((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
    const pins = togglePin(this.settings.pins, held ?? `${side}${item.first}`, add);
    this.change('pin', { pins });
    this.emit('hs-pin', { side, index: item.first, token: item.text });
  }

  private menu(side: Side, item: AxisItem, x: number, y: number): void { this.emit('hs-token-menu', { side, token: item.first, x, y }); }

  private menuByKey(): boolean {
    const { side, index } = this.active;
    const item = this.current?.axes[side][index];
    const box = this.renderRoot.querySelector<HTMLElement>(`.${side}col .token[data-index="${index}"]`)?.getBoundingClientRect();
    if (!item || !box) return false;
    this.menu(side, item, box.left + 24, box.bottom);
    return true;
  }

  private scrolled(side: Side, element: HTMLElement): void {
    if (this.offset[side] === element.scrollTop) return;
    this.offset[side] = element.scrollTop;
    for (const other of this.renderRoot.querySelectorAll<HTMLElement>('.column')) {
      const otherSide = other.dataset['side'] as Side;
      if (other === element || (this.unlinked && otherSide !== side)) continue;
      if (other.scrollTop !== element.scrollTop) other.scrollTop = element.scrollTop;
      this.offset[otherSide] = other.scrollTop;
    }
    this.repaint();
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => { this.requestUpdate(); }, SCROLL_REST);
    const rows = this.current && domRows({ ...this.current[side], scroll: element.scrollTop });
    if (rows) this.requestUpdate();
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || (event.target as HTMLElement).closest('.column')) return;
    const column = this.renderRoot.querySelector<HTMLElement>('.kcol');
    if (column && this.current && this.overflows(this.current)) {
      column.scrollTop += event.deltaY;
      event.preventDefault();
    }
  }

  scrollTo_(side: Side, index: number): void {
    const p = this.current;
    const column = this.columnOf(side);
    if (p && column) column.scrollTop = scrollTo(p[side], index);
  }

  private key(event: KeyboardEvent): void {
    const p = this.current;
    if (!p || event.ctrlKey || event.metaKey || event.altKey) return;
    const { side, index } = this.active;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) this.moveTo(side, Math.min(p.axes[side].length - 1, Math.max(0, index + step)));
    else if (event.key === 'ArrowLeft') this.moveTo('q', Math.min(index, p.axes.q.length - 1));
    else if (event.key === 'ArrowRight') this.moveTo('k', Math.min(index, p.axes.k.length - 1));
    else if (event.key === 'Home') this.moveTo(side, 0);
    else if (event.key === 'End') this.moveTo(side, p.axes[side].length - 1);
    else if (event.key === 'Enter') this.pin(side, p.axes[side][index] as AxisItem, event.shiftKey);
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) { if (!this.menuByKey()) return; }
    else if (event.key === 'Escape') this.escape();
    else if (event.key === 't' || event.key === 'T') this.table = !this.table;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private escape(): void {
    if (this.tip) this.tip = null;
    else if (this.table) this.table = false;
    else if (this.settings.pins.length > 0) this.change('unpin', { pins: [] });
    this.setHover(null);
  }

  private moveTo(side: Side, index: number): void {
    this.active = { side, index };
    this.hover = { side, index };
    this.scrollTo_(side, index);
    this.requestUpdate();
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>(`.${side}col .token[data-index="${index}"]`)?.focus({ preventScroll: true }); });
  }

  private columnOf(side: Side): HTMLElement | null { return this.renderRoot.querySelector<HTMLElement>(`.${side}col`); }

  // ---- test API (ui.md §9) ---------------------------------------------------------------------

  /** Lines on screen: with a hover or pin only the chosen token's. */
  edges(): ShownEdge[] { return this.current ? shownEdges(this.current, this.drawnLines[this.drawnLines.length - 1]?.edges ?? [], this.theme) : []; }
  rows(): ShownRows[] { return this.current ? shownRows(this.current) : []; }

  alt(): string {
    const p = this.current;
    return p && this.trace ? altText(p.series.map((s) => s.name), this.labels, this.trace.model.name, p.mass, this.settings.threshold, { quantity: this.settings.quantity, largest: p.largest }) : '';
  }

  mass(): Mass | undefined { return this.current?.mass; }
  get renderer(): string { return this.surface?.renderer ?? 'canvas2d'; }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.surface?.dispose();
    this.surface = undefined;
  }
}
define('headscope-head-view', HeadView);

/** Rows follow the reader's font size. */
function rootFontScale(): number {
  return Math.max(1, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
}
