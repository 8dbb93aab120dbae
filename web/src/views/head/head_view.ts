// The head view: two token columns and the attention between them (ui.md §3.1).

import { html, nothing, type TemplateResult } from 'lit';
import { chosenLink } from '../../base/pins';
import type { Scroll } from '../../base/state';
import { isSigned } from '../../base/quantities';
import { V } from '../../base/words/views';
import { axisIndex, type AxisItem, type Side } from '../../ui/axes';
import { define } from '../../ui/define';
import { seriesOf, type Series } from '../../ui/identity';
import { OPACITY } from '../../ui/ink';
import { pictureAxes, type PictureAxes } from '../../ui/picture_axes';
import { focusOf } from '../../ui/pins';
import type { TableData } from '../common/data_table';
import { CanvasView } from '../common/canvas_view';
import { isPlainKey } from '../common/keys';
import { layerNote } from '../common/layer_note';
import type { PatchPicture } from '../common/patch_picture';
import { PatchSource } from '../common/patch_source';
import { ViewBase } from '../common/view_base';
import type { Mass } from './edges';
import { TokenActs } from './token_acts';
import { shownEdges, shownRows, type ShownEdge, type ShownRows } from './head_api';
import { headBar, panelButtons } from './head_buttons';
import { minimapSpec } from './head_data';
import { headKey, type HeadKey } from './head_keys';
import { HeadMotion, type MotionHost } from './head_motion';
import { pictureBeside, showPatches } from './head_patches';
import { HeadPlan } from './head_plan';
import { columnsOf, paintChosen, paintFocus, paintHead, type DrawnLines, type Picture } from './head_paint';
import { lineUnder, linkOf, tipOfLine, tipOfToken, type LineUnder } from './head_pointer';
import { gutter, type Badge } from './head_scene';
import { headStyles } from './head_styles';
import { edgeTable } from './head_table';
import { foot, headings, stage, type HeadHost, type TokenRef } from './head_template';
import { altText } from './head_text';
import { Tip } from './head_tip';
import { nearlyFits } from './layout';
import { Minimap } from './minimap';

const TIP_STAYS = 300;

export class HeadView extends CanvasView implements HeadHost, MotionHost {
  static override properties = { ...ViewBase.properties, preview: { state: true }, alone: { attribute: false } };
  static override styles = headStyles;
  declare preview: string | null;
  /** Tokens without a partner in the picture beside this one; null = no picture beside it. */
  declare alone: { q: ReadonlySet<number>; k: ReadonlySet<number> } | null;

  active: TokenRef = { side: 'q', index: 0 };
  private readonly plan = new HeadPlan();
  private readonly patches = new PatchSource(this);
  private readonly minimap = new Minimap();
  private readonly acts = new TokenActs(() => this.settings, (id, args) => { this.command(id, args); });
  private looked: TokenRef | null = null;
  private readonly motion = new HeadMotion(this);
  private current: Picture | undefined;
  private drawn: DrawnLines[] = [];
  private over: DrawnLines | null = null;
  private stageSize = { width: 0, height: 0 };
  private readonly tip = new Tip({ leave: (act) => { this.afterRest('tip', TIP_STAYS, act); }, stay: () => { this.cancelRest('tip'); } },
    () => { this.repaintOverlay(); });
  gutters: { above: Badge | null; below: Badge | null } = { above: null, below: null };

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
      ? { trace, store, settings, size, series: this.series(), offset: this.motion.scroll.offset, opacity: OPACITY[this.ink],
        row: this.motion.rows.height } : null;
    return this.plan.picture(input, this.current);
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    this.motion.scroll.take(this.settings, this.axes());
    this.motion.rows.take(this.settings.density);
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const picture = (this.current = this.picture());
    const old = picture?.loading === true && picture.trace !== this.trace;
    return html`<div data-testid="view-head" class="hidden"></div>
      ${this.controls === 'full' ? this.bar() : nothing}${this.glNotice()}${headings(picture)}
      <div class="row"><div class="stage ${old ? 'old' : ''}" role="figure" tabindex="0" aria-describedby="alt" aria-label=${V.lines}
        @keydown=${(e: KeyboardEvent) => { this.key(e); }} @wheel=${(e: WheelEvent) => { this.motion.wheel(e); }}
          @pointerdown=${(e: PointerEvent) => { this.motion.finger(e); }}
        @pointermove=${(e: PointerEvent) => { this.motion.finger(e); }} @pointerup=${(e: PointerEvent) => { this.motion.finger(e); }}
        @pointercancel=${(e: PointerEvent) => { this.motion.finger(e); }}>
        <canvas class="base" aria-hidden="true"></canvas><canvas class="over" aria-hidden="true"></canvas>
        ${picture ? stage(this, picture) : nothing}
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
    if (!this.motion.scrolling && this.store) this.plan.ask(this.store, this.scope);
    if (p.trace === this.trace) this.motion.scroll.go(p);
    this.drawn = paintHead(p, surface, { width, height, theme: this.theme });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const map = this.renderRoot.querySelector<HTMLCanvasElement>('.minimap');
    const [series] = p.series;
    if (map && series) this.minimap.paint(map, p, this.store?.peek(p.trace.id, minimapSpec(p.input, series)), this.theme, isSigned(p.settings.quantity));
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

  overLine(event: PointerEvent, panel: number): void {
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
  chooseLine(event: MouseEvent, panel: number): void {
    this.acts.choose(linkOf(this.current, this.lineUnder(event, panel).edge));
  }

  leaveLine(): void { this.tip.leave(); }

  column(side: Side): HTMLElement | null { return this.motion.scroll.column(side); }

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

  pin(side: Side, item: AxisItem, add: boolean): void { this.acts.pin(side, item, add); }
  link(side: Side, item: AxisItem): void { this.acts.link(side, item); }
  solo(side: Side, item: AxisItem): void { this.acts.solo(side, item); }
  menu(side: Side, item: AxisItem, x: number, y: number): void { this.emit('hs-token-menu', { side, token: item.first, x, y }); }

  private menuByKey(): boolean {
    const { side, index } = this.active;
    const item = this.current?.axes[side][index];
    const box = this.renderRoot.querySelector<HTMLElement>(`.${side}col .token[data-index="${index}"]`)?.getBoundingClientRect();
    if (!item || !box) return false;
    this.menu(side, item, box.left + 24, box.bottom);
    return true;
  }

  // ---- scrolling (MotionHost) ------------------------------------------------------------------

  scrolled(side: Side, element: HTMLElement): void { this.motion.scrolled(side, element); }
  scrollTo_(side: Side, index: number): void { this.motion.show(side, index); }
  pictures(): { current: Picture | undefined; next: Picture | undefined } { return { current: this.current, next: this.plan.next }; }
  rested(name: string, ms: number, act: () => void): void { this.afterRest(name, ms, act); }
  keepPlace(scroll: Scroll): void { this.command('place.set', { scroll }); }

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
    this.motion.scroll.forget();
  }
}
define('headscope-head-view', HeadView);
