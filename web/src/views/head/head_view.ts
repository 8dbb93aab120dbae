// The head view: two token columns and the attention between them (ui.md §3.1).

import { html, nothing, type TemplateResult } from 'lit';
import { chosenLink } from '../../base/pins';
import { isSigned } from '../../base/quantities';
import { sideTokens } from '../../base/trace_info';
import { W } from '../../base/words/common';
import { V } from '../../base/words/views';
import { axisIndex, type AxisItem, type Side } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { define } from '../../ui/define';
import { seriesOf, type Series } from '../../ui/identity';
import { OPACITY } from '../../ui/ink';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { focusOf, parsePin } from '../../ui/pins';
import type { TableData } from '../common/data_table';
import { CanvasView } from '../common/canvas_view';
import { isPlainKey } from '../common/keys';
import { layerNote } from '../common/layer_note';
import type { PatchPicture } from '../common/patch_picture';
import { PatchSource } from '../common/patch_source';
import { ViewBase } from '../common/view_base';
import { ColumnScroll } from './column_scroll';
import type { Mass } from './edges';
import { shownEdges, shownRows, type ShownEdge, type ShownRows } from './head_api';
import { headBar, panelButtons } from './head_buttons';
import { minimapSpec } from './head_data';
import { headKey, type HeadKey } from './head_keys';
import { pictureBeside, showPatches } from './head_patches';
import { HeadPlan, rootFontScale } from './head_plan';
import { columnsOf, paintChosen, paintFocus, paintHead, type DrawnLines, type Picture } from './head_paint';
import { lineUnder, linkOf, tipOfLine, tipOfToken, type LineUnder } from './head_pointer';
import { gutter, type Badge } from './head_scene';
import { headStyles } from './head_styles';
import { edgeTable } from './head_table';
import { badges, capability, column, foot, headings, sinkNames, type HeadHost, type TokenRef } from './head_template';
import { altText } from './head_text';
import { Tip } from './head_tip';
import { nearlyFits, overflows, scrollTo, visibleRows } from './layout';
import { dragMinimap, Minimap, minimapKey } from './minimap';
import { Pinch } from './pinch';
import { RowZoom } from './row_zoom';

/** Tiles are asked for, and the place goes into the state, when scrolling rests. */
const ASK_REST = 60;
const PLACE_REST = 150;
const TIP_STAYS = 300;
/** Pixels of a wheel with Ctrl for rows e times as high. */
const WHEEL_ZOOM = 300;

export class HeadView extends CanvasView implements HeadHost {
  static override properties = { ...ViewBase.properties, preview: { state: true }, alone: { attribute: false } };
  static override styles = headStyles;
  declare preview: string | null;
  /** Tokens without a partner in the picture beside this one; null = no picture beside it. */
  declare alone: { q: ReadonlySet<number>; k: ReadonlySet<number> } | null;

  active: TokenRef = { side: 'q', index: 0 };
  private readonly plan = new HeadPlan();
  private readonly patches = new PatchSource(this);
  private readonly minimap = new Minimap();
  private looked: TokenRef | null = null;
  private readonly columnScroll = new ColumnScroll(() => [...this.renderRoot.querySelectorAll<HTMLElement>('.column')], () => this.unlinked);
  private scrolling = false;
  private readonly rowZoom = new RowZoom();
  private readonly pinch = new Pinch({ scrollBy: (dy) => { this.columnScroll.by(dy); }, zoom: (factor, y) => { this.zoomRows(factor, y); } });
  private current: Picture | undefined;
  private drawn: DrawnLines[] = [];
  private over: DrawnLines | null = null;
  private stageSize = { width: 0, height: 0 };
  private readonly tip = new Tip({ leave: (act) => { this.afterRest('tip', TIP_STAYS, act); }, stay: () => { this.cancelRest('tip'); } },
    () => { this.repaintOverlay(); });
  private gutters: { above: Badge | null; below: Badge | null } = { above: null, below: null };

  constructor() {
    super();
    this.preview = null;
    this.alone = null;
  }

  // ---- plan ------------------------------------------------------------------------------------

  get unlinked(): boolean { return this.settings.columns === 'unlinked'; }

  private axes(): PictureAxes { return pictureAxes(this.trace, this.settings); }

  private series(): Series[] { return seriesOf(this.preview ? { ...this.settings, heads: [this.preview] } : this.settings); }

  private picture(): Picture | undefined {
    const { trace, store, settings, stageSize: size } = this;
    const input = trace && store && size.width > 0
      ? { trace, store, settings, size, series: this.series(), offset: this.columnScroll.offset, opacity: OPACITY[this.ink], row: this.rowZoom.height } : null;
    return this.plan.picture(input, this.current);
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.columnScroll.take(this.settings, this.axes());
    this.rowZoom.take(this.settings.density);
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const picture = (this.current = this.picture());
    const old = picture?.loading === true && picture.trace !== this.trace;
    return html`<div data-testid="view-head" class="hidden"></div>
      ${this.controls === 'full' ? this.bar() : nothing}${this.glNotice()}${headings(picture)}
      <div class="row"><div class="stage ${old ? 'old' : ''}" role="figure" tabindex="0" aria-describedby="alt" aria-label=${V.lines}
        @keydown=${(e: KeyboardEvent) => { this.key(e); }} @wheel=${(e: WheelEvent) => { this.wheel(e); }}
          @pointerdown=${(e: PointerEvent) => { this.finger(e); }}
        @pointermove=${(e: PointerEvent) => { this.finger(e); }} @pointerup=${(e: PointerEvent) => { this.finger(e); }}
        @pointercancel=${(e: PointerEvent) => { this.finger(e); }}>
        <canvas class="base" aria-hidden="true"></canvas><canvas class="over" aria-hidden="true"></canvas>
        ${picture ? this.stage(picture) : nothing}
        <div class="tip" role="tooltip" @pointerenter=${() => { this.tip.stay(); }} @pointerleave=${() => { this.tip.leave(); }}></div>
        ${this.sheet()}
      </div>${pictureBeside(picture, this.patches, this, this)}</div>
      <p id="alt" class="hidden" data-testid="alt-pattern">${this.alt()}</p>
      ${picture ? foot(picture, this.ink, this.capped, this.controls === 'none' || this.oneLine(picture),
        this.controls === 'compact' ? this.buttons() : nothing,
        layerNote(this.trace, this.settings)) : nothing}`;
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
    return headBar(this.trace, this.settings, this.theme,
      { command: (id, args) => { this.command(id, args); }, preview: (head) => { this.preview = head; } }, this.buttons());
  }

  private buttons(): TemplateResult {
    return panelButtons(this.trace, this.settings, this.current, { command: (id, args) => { this.command(id, args); } }, this.tableButton());
  }

  private stage(p: Picture): TemplateResult {
    const middle = ((p.panels[0]?.lineLeft ?? 0) + (p.panels[0]?.lineRight ?? 0)) / 2;
    // Over the stage, not in the footer: a footer that changes its height would change the window asked for.
    return html`${p.loading ? html`<span class="updating" role="status" ${css$({ left: `${middle}px` })}>${W.updating}</span>` : nothing}
      ${capability(p)}${p.panels.map((panel, i) => html`${column(this, 'q', p, panel, i)}
      <div class="lines" ${css$({ left: `${panel.lineLeft}px`, width: `${panel.lineRight - panel.lineLeft}px` })}
        @pointermove=${(e: PointerEvent) => { this.overLine(e, i); }} @pointerleave=${() => { this.tip.leave(); }}
          @click=${(e: MouseEvent) => { this.chooseLine(e, i); }}></div>
      ${column(this, 'k', p, panel, i)}`)}
      ${sinkNames(p)}${badges(p, this.gutters, (index) => { this.scrollTo_('k', index); })}
      ${p.minimap && overflows(p) && !p.input.pinnedOnly ? html`<canvas class="minimap" data-testid="minimap" tabindex="0" role="slider"
        aria-label=${V.overview}
        aria-valuemin="0" aria-valuemax=${p.q.count} aria-valuenow=${visibleRows(p.q).first}
        @pointerdown=${(e: PointerEvent) => { dragMinimap(e, p, (side) => this.columnScroll.column(side), this.unlinked); }}
        @keydown=${(e: KeyboardEvent) => { minimapKey(e, p, (side) => this.columnScroll.column(side)); }}></canvas>` : nothing}`;
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
    const surface = this.surfaceOn(canvas);
    const p = this.picture();
    if (!p) return;
    this.current = p;
    if (!this.scrolling && this.store) this.plan.ask(this.store, this.scope);
    if (p.trace === this.trace) this.columnScroll.go(p);
    this.drawn = paintHead(p, surface, { width, height, theme: this.theme });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const map = this.renderRoot.querySelector<HTMLCanvasElement>('.minimap');
    const [series] = p.series;
    if (map && series) this.minimap.paint(map, p, this.store?.peek(p.trace.id, minimapSpec(p.input, series)), this.theme, isSigned(p.settings.quantity),
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
    const base = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.base');
    const p = this.current;
    const { width, height } = this.stageSize;
    const ctx = p && this.overlayContext('canvas.over', this.stageSize);
    if (!ctx || !base) return;
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
    showPatches(this.renderRoot.querySelector<PatchPicture>('headscope-patch-picture'), p, this.looked, this.store);
    const tip = this.renderRoot.querySelector<HTMLElement>('.tip');
    if (tip) this.tip.place(tip, this.stageSize);
  }

  // ---- tip -------------------------------------------------------------------------------------

  private lineUnder(event: MouseEvent, panel: number): LineUnder {
    return lineUnder(event, this.renderRoot.querySelector('.stage')?.getBoundingClientRect(), this.over ?? this.drawn[panel]);
  }

  private overLine(event: PointerEvent, panel: number): void {
    const p = this.current;
    const under = this.lineUnder(event, panel);
    if (!p || !under.edge) {
      if (this.tip.open) this.tip.leave();
      return;
    }
    tipOfLine(this.tip, p, under, under.edge);
    this.repaintOverlay();
  }

  /** A click on a line chooses it; again takes the choice back. */
  private chooseLine(event: MouseEvent, panel: number): void {
    const link = linkOf(this.current, this.lineUnder(event, panel).edge);
    const { selection } = this.settings;
    if (link) this.command('selection.set', selection.q === link.q && selection.k === link.k ? { q: null, k: null } : link);
  }

  // ---- tokens (HeadHost) -----------------------------------------------------------------------

  hover(at: TokenRef | null): void {
    if (at?.side === this.looked?.side && at?.index === this.looked?.index) return;
    this.looked = at;
    const p = this.current;
    const item = at && p?.axes[at.side][at.index];
    this.emit('hs-hover', item ? { side: at.side, index: item.first, token: item.text } : null);
    if (at && p) tipOfToken(this.tip, p, at, this.store);
    else this.tip.leave();
    this.repaintOverlay();
  }

  /** Looked at from outside, as the pointer would: the tokens of another picture. Nobody is told. */
  look(at: { side: Side; token: number } | null): void {
    const index = at && this.current ? axisIndex(this.current.axes[at.side], at.token) : -1;
    this.looked = at && index >= 0 ? { side: at.side, index } : null;
    if (at && index >= 0) this.scrollTo_(at.side, index);
    this.repaintOverlay();
  }

  focusOn(at: TokenRef): void { this.active = at; }

  pin(side: Side, item: AxisItem, add: boolean): void {
    const held = this.settings.pins.find((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
    this.command('pin.toggle', { pin: held ?? `${side}${item.first}`, add });
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

  private finger(event: PointerEvent): void {
    if (event.pointerType !== 'touch') return;
    const at = { x: event.clientX, y: event.clientY };
    if (event.type === 'pointerdown') this.pinch.down(event.pointerId, at);
    else if (event.type === 'pointermove') this.pinch.move(event.pointerId, at);
    else this.pinch.up(event.pointerId);
  }

  // ---- scrolling -------------------------------------------------------------------------------

  scrolled(side: Side, element: HTMLElement): void {
    if (!this.columnScroll.follow(side, element)) return;
    this.scrolling = true;
    this.requestUpdate();
    this.afterRest('ask', ASK_REST, () => { this.scrolling = false; this.requestUpdate(); });
    this.afterRest('place', PLACE_REST, () => { this.keepPlace(); });
  }

  /** Into the state, so that it survives a change of view and travels in the link. */
  private keepPlace(): void {
    const scroll = this.plan.next && this.columnScroll.place(this.plan.next);
    if (scroll) this.command('place.set', { scroll });
  }

  /** Over the lines the wheel scrolls both columns; with Ctrl, as a trackpad's pinch, it changes the row height. */
  private wheel(event: WheelEvent): void {
    if ((event.target as HTMLElement).closest('.sheet')) return;
    if (event.ctrlKey) {
      event.preventDefault();
      this.zoomRows(Math.exp(-event.deltaY / WHEEL_ZOOM), event.clientY);
    } else if (!(event.target as HTMLElement).closest('.column') && this.current && overflows(this.current)) {
      this.columnScroll.by(event.deltaY);
      event.preventDefault();
    }
  }

  /** y: of the page. */
  private zoomRows(factor: number, y: number): void {
    const stage = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const { current } = this;
    const to = current && stage ? this.rowZoom.by(factor, y - stage.top, current, rootFontScale()) : null;
    if (!to) return;
    this.requestUpdate();
    // The columns have their new height only then.
    void this.updateComplete.then(() => { for (const side of ['q', 'k'] as const) this.columnScroll.to(side, to[side]); });
  }

  scrollTo_(side: Side, index: number): void {
    if (this.current) this.columnScroll.to(side, scrollTo(this.current[side], index));
  }

  // ---- keys ------------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    const p = this.current;
    if (!p) return;
    const key = headKey(event, this.active, { q: p.axes.q.length - 1, k: p.axes.k.length - 1 });
    if (!(key === null ? isPlainKey(event) && this.commonKey(event) : this.act(key, p))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** false: it meant nothing here. */
  private act(key: NonNullable<HeadKey>, p: Picture): boolean {
    if (typeof key === 'object') this.moveTo(key.to.side, key.to.index);
    else if (key === 'menu') return this.menuByKey();
    else if (key === 'escape') return this.escape();
    else this.pin(this.active.side, p.axes[this.active.side][this.active.index] as AxisItem, key === 'add-pin');
    return true;
  }

  /** One press closes all that is only looked at, and unpins. */
  private escape(): boolean {
    const any = this.tip.open || this.looked !== null || this.settings.pins.length > 0;
    this.tip.drop();
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

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.tip.drop();
    this.columnScroll.forget();
  }
}
define('headscope-head-view', HeadView);

/** Rows of the axis where a sentence begins. */
function sentenceStarts(p: Picture): number[] {
  const { sentences } = sideTokens(p.trace, p.settings.stack, 'q');
  return p.axes.q.flatMap((item, i) => (i > 0 && sentences[item.first] !== sentences[p.axes.q[i - 1]?.first ?? 0] ? [i] : []));
}
