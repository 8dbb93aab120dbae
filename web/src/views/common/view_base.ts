// What all views share: inputs, the change event, one redraw a frame, idle and the test API.
// A view never changes its own settings: it sends `hs-change` and draws what it is given.

import { LitElement } from 'lit';
import type { ChangeDetail, CommandArgs, CommandDetail } from '../../base/state';
import type { RampTheme } from '../../ui/ramps';
import type { Ink } from '../../ui/ink';
import { DEFAULTS, type HeadLabel, type TraceInfo, type ViewEngine, type ViewSettings } from '../../ui/types';
import { tileEngine } from '../../ui/block_engine';
import { tileOps } from '../../ui/tile_ops';
import { storeOf, type StoreCounts, type TileOps, type TileStore } from '../../ui/tile_store';

export type { ChangeDetail };

export abstract class ViewBase extends LitElement {
  static override properties = {
    engine: { attribute: false }, trace: { attribute: false }, settings: { attribute: false },
    labels: { attribute: false }, theme: { reflect: true }, ink: {}, controls: {},
  };

  declare engine: ViewEngine | undefined;
  declare trace: TraceInfo | undefined;
  declare settings: ViewSettings;
  declare labels: ReadonlyMap<string, HeadLabel>;
  declare theme: RampTheme;
  declare ink: Ink;
  /** full: the view alone on a page; compact: beside <headscope-controls>; none: the picture alone. */
  declare controls: 'full' | 'compact' | 'none';

  private frame = 0;
  private stopStore: (() => void) | undefined;
  private heard: TileStore | undefined;
  protected lastErrors: { code: string; message: string }[] = [];
  protected times: Record<string, number> = {};
  private traceStart = 0;
  private readonly observer = new ResizeObserver(() => { this.requestUpdate(); });

  constructor() {
    super();
    this.settings = DEFAULTS;
    this.labels = new Map();
    this.theme = 'light';
    this.ink = 'screen';
    this.controls = 'full';
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
    this.stopStore?.();
    this.heard?.keepOnly(this.scope, new Set());
    this.heard = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('trace')) {
      this.traceStart = performance.now();
      this.times = {};
    }
    const { store } = this;
    if (store !== this.heard) {
      this.heard?.keepOnly(this.scope, new Set());
      this.stopStore?.();
      this.heard = store;
      this.stopStore = store?.onChange((error, trace) => {
        // A failure that comes late, of a trace that is no longer shown, is no news.
        if (error && trace === this.trace?.id) this.report(error);
        this.requestUpdate();
      });
    }
  }

  protected override updated(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  /** Requests data and draws the canvas; at most once a frame. */
  protected abstract paint(): void;

  /** Paint without a new template: hover and scrolling. */
  protected repaint(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  /** Of the engine, or of all its stacks as one matrix. */
  protected get store(): TileStore | undefined { return this.engine ? storeOf(tileEngine(this.engine, this.trace, this.settings.stack)) : undefined; }

  private static count = 0;
  protected readonly scope = `view-${ViewBase.count++}`;

  protected ops(): TileOps { return tileOps(this.settings); }

  protected change(name: string, patch: Partial<ViewSettings>, coalesce = false): void {
    this.dispatchEvent(new CustomEvent<ChangeDetail>('hs-change', { detail: { name, patch, coalesce }, bubbles: true, composed: true }));
  }

  /** A command of base/commands.ts by its id: the way of every control into the state. */
  protected command(id: string, args: CommandArgs = {}): void {
    this.dispatchEvent(new CustomEvent<CommandDetail>('hs-command', { detail: { id, args }, bubbles: true, composed: true }));
  }

  protected emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  protected report(error: unknown): void {
    const code = (error as { code?: string }).code ?? 'HS-BUG-01';
    this.lastErrors.push({ code, message: error instanceof Error ? error.message : String(error) });
    this.emit('hs-error', this.lastErrors[this.lastErrors.length - 1]);
  }

  protected mark(name: string): void {
    this.times[name] ??= performance.now() - this.traceStart;
  }

  /** Resolves when nothing is on its way and the last frame is drawn. */
  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while (this.frame !== 0 || this.pendingWork());
  }

  protected pendingWork(): boolean { return this.store?.busy(this.scope) ?? false; }

  tiles(): StoreCounts { return this.store?.counts() ?? { inflight: 0, cached: 0, cancelled: 0, bytes: 0 }; }
  timings(): Record<string, number> { return { ...this.times }; }
  errors(): { code: string }[] { return [...this.lastErrors]; }
}
