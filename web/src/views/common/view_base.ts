// What all views share: inputs, commands, one redraw a frame, an overlay that moves without the base
// picture, a table, idle and the test API. A view never changes its own settings: it sends `hs-command`
// and draws what it is given.

import { html, nothing, type TemplateResult } from 'lit';
import { V } from '../../base/words/views';
import { tileEngine } from '../../ui/block_engine';
import { ElementState } from '../../ui/element_state';
import type { Ink } from '../../ui/ink';
import type { RampTheme } from '../../ui/ramps';
import { tileOps } from '../../ui/tile_ops';
import { storeOf, type StoreCounts, type TileOps, type TileStore } from '../../ui/tile_store';
import { DEFAULTS, type HeadLabel, type ViewEngine } from '../../ui/types';
import { tableText, type TableData } from './data_table';

/** A live region says one thing a second at most; the newest wins. */
const SPEECH_PAUSE = 1000;

export abstract class ViewBase extends ElementState {
  static override properties: Record<string, object> = {
    engine: { attribute: false }, trace: { attribute: false }, settings: { attribute: false },
    labels: { attribute: false }, theme: { reflect: true }, ink: {}, controls: {}, singleKeys: { attribute: false },
    table: { state: true }, spoken: { state: true }, plain: { state: true },
  };

  declare engine: ViewEngine | undefined;
  declare labels: ReadonlyMap<string, HeadLabel>;
  declare theme: RampTheme;
  declare ink: Ink;
  /** full: the view alone on a page; compact: beside <headscope-controls>; none: the picture alone. */
  declare controls: 'full' | 'compact' | 'none';
  /** False: letters and digits do nothing here (WCAG 2.1.4). Arrows, Enter and Escape always act. */
  declare singleKeys: boolean;
  /** The numbers of the picture over it, as a table. */
  declare table: boolean;
  /** What keyboard moves say; the pointer says nothing. */
  declare spoken: string;
  /** Drawn with Canvas2D: the browser has no WebGL2, or its context is lost. */
  declare plain: boolean;

  private frame = 0;
  private overlayFrame = 0;
  private stopStore: (() => void) | undefined;
  private heard: TileStore | undefined;
  protected lastErrors: { code: string; message: string }[] = [];
  protected times: Record<string, number> = {};
  private traceStart = 0;
  private lastSpeech = 0;
  private speech: ReturnType<typeof setTimeout> | undefined;
  private readonly observer = new ResizeObserver(() => { this.requestUpdate(); });
  /** Base pictures drawn so far: a pointer move must not add to them. */
  paints = 0;

  constructor() {
    super();
    this.settings = DEFAULTS;
    this.labels = new Map();
    this.theme = 'light';
    this.ink = 'screen';
    this.controls = 'full';
    this.singleKeys = true;
    this.table = false;
    this.spoken = '';
    this.plain = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer.observe(this);
    // Moved: what it gave back when it left is asked for again.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer.disconnect();
    clearTimeout(this.speech);
    for (const timer of this.rests.values()) clearTimeout(timer);
    this.rests.clear();
    this.stopStore?.();
    this.heard?.keepOnly(this.scope, new Set());
    this.heard = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    if (changed.has('trace')) {
      this.traceStart = performance.now();
      this.times = {};
    }
    const { store } = this;
    if (store !== this.heard && this.isConnected) {
      this.heard?.keepOnly(this.scope, new Set());
      this.stopStore?.();
      this.heard = store;
      this.stopStore = store?.onChange((error, trace) => {
        // A late failure of a trace that is no longer shown concerns nobody.
        if (error && trace === this.trace?.id) this.report(error);
        this.storeChanged();
      });
    }
  }

  protected override updated(): void { this.repaint(); }

  /** Requests data and draws the canvas; at most once a frame. */
  protected abstract paint(): void;
  /** Draws what follows the pointer, above the picture. */
  protected paintOverlay(): void { /* A view without one. */ }

  /** Tiles came, or failed. */
  protected storeChanged(): void { this.requestUpdate(); }

  /** Paint without a new template: scrolling, zooming. */
  protected repaint(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.isConnected) return;
      this.paints++;
      this.paint();
      this.paintOverlay();
    });
  }

  /** The pointer moved: the base picture stays. */
  protected repaintOverlay(): void {
    if (this.overlayFrame !== 0) return;
    this.overlayFrame = requestAnimationFrame(() => {
      this.overlayFrame = 0;
      if (this.isConnected && this.frame === 0) this.paintOverlay();
    });
  }

  /** Of the engine, or of all its stacks as one matrix. */
  protected get store(): TileStore | undefined { return this.engine ? storeOf(tileEngine(this.engine, this.trace, this.settings.stack)) : undefined; }

  private static count = 0;
  protected readonly scope = `view-${ViewBase.count++}`;

  protected ops(): TileOps { return tileOps(this.settings); }

  protected emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  private readonly rests = new Map<string, ReturnType<typeof setTimeout>>();
  /** Once the gesture of this name has rested; idle() waits for it. */
  protected afterRest(name: string, ms: number, act: () => void): void {
    clearTimeout(this.rests.get(name));
    this.rests.set(name, setTimeout(() => {
      this.rests.delete(name);
      act();
    }, ms));
  }

  protected cancelRest(name: string): void {
    clearTimeout(this.rests.get(name));
    this.rests.delete(name);
  }

  /** To the live region of the view. */
  protected speak(text: string): void {
    clearTimeout(this.speech);
    const wait = Math.max(0, this.lastSpeech + SPEECH_PAUSE - performance.now());
    this.speech = setTimeout(() => {
      this.lastSpeech = performance.now();
      this.spoken = text;
    }, wait);
  }

  protected live(): TemplateResult { return html`<div class="hidden" role="status" data-testid="view-live">${this.spoken}</div>`; }

  /** HS-GL-01, said once where the picture is. */
  protected glNotice(): TemplateResult | typeof nothing {
    return this.plain ? html`<div class="notice" role="status"
      data-testid="error-HS-GL-01">${V.noGl}</div>` : nothing;
  }

  protected tableData(): TableData | null { return null; }

  /** The table's numbers for the clipboard; null where there is none. */
  tableText(): string | null {
    const data = this.tableData();
    return data && tableText(data);
  }

  /** The table over the picture; inside an element that is positioned. */
  protected sheet(): TemplateResult | typeof nothing {
    const data = this.table ? this.tableData() : null;
    return data ? html`<div class="sheet"><headscope-data-table .data=${data} .theme=${this.theme}
      @close=${() => { this.table = false; }}></headscope-data-table></div>` : nothing;
  }

  protected tableButton(): TemplateResult {
    return html`<button aria-pressed=${this.table ? 'true' : 'false'} @click=${() => { this.table = !this.table; }}>${V.table}</button>`;
  }

  /** Keys that act in every view; true where one did. */
  protected commonKey(event: KeyboardEvent): boolean {
    if (this.singleKeys && !event.ctrlKey && !event.metaKey && !event.altKey && (event.key === 't' || event.key === 'T')) this.table = !this.table;
    else if (event.key === 'Escape' && this.table) this.table = false;
    else return false;
    return true;
  }

  protected report(error: unknown): void {
    const code = (error as { code?: string }).code ?? 'HS-BUG-01';
    this.lastErrors.push({ code, message: error instanceof Error ? error.message : String(error) });
    if (this.lastErrors.length > 100) this.lastErrors.shift();
    this.emit('hs-error', this.lastErrors[this.lastErrors.length - 1]);
  }

  /** Asks again for what failed. */
  retry(): void { this.store?.retry(); }

  protected mark(name: string): void {
    this.times[name] ??= performance.now() - this.traceStart;
  }

  /** idle() under the name that pages know it by (ui.md §8). */
  whenIdle(): Promise<void> { return this.idle(); }

  /** Resolves when nothing is on its way and the last frame is drawn. */
  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while (this.frame !== 0 || this.overlayFrame !== 0 || this.isUpdatePending || this.rests.size > 0 || this.pendingWork());
  }

  protected pendingWork(): boolean { return this.store?.busy(this.scope) ?? false; }

  tiles(): StoreCounts { return this.store?.counts() ?? { inflight: 0, cached: 0, cancelled: 0, bytes: 0 }; }
  timings(): Record<string, number> { return { ...this.times }; }
  errors(): { code: string }[] { return [...this.lastErrors]; }
}
