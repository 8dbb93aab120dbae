// <headscope-app>: the frame around map, view and inspector. It owns the controller, keeps the
// address bar and the test API in step, and carries the dialogs.

import { html, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import type { Engine } from '../api/engine';
import type { CommandArgs, CommandDetail, ViewState } from '../base/state';
import { toLink } from '../base/link';
import { S } from '../base/words/shell';
import { tileEngine } from '../ui/block_engine';
import { pinDetail } from '../ui/element_state';
import { storeOf, type TileStore } from '../ui/tile_store';
import { APP_ATTRIBUTES, attributeChanged, engineOf, firstState, openSource } from './app_attributes';
import { findAction, type ActionHost, type DialogName } from './actions';
import { bottomBar, inspectorPanel, mapPanel, sideToggles, sizeOf, type Frame, type PanelName, type Size } from './app_frame';
import { appStyles } from './app_styles';
import { Controller } from './controller';
import type { CopyDialog } from './copy_dialog';
import type { Diagnostics } from './diagnostics_dialog';
import type { ExportDialog } from './export_dialog';
import { noticeList } from './failure_box';
import type { HelpDialog } from './help_dialog';
import { ELEMENT_HOST, type Host } from './host';
import { HOLD_KEY, isHoldKey, modifiedKey, singleKey } from './keys';
import { LinkSync } from './link_sync';
import { chooseFiles, PICTURES, takeDropped, TRACES } from './local_files';
import type { Palette } from './palette';
import { loadPreferences, savePreferences, type Preferences } from './preferences';
import { failureOf } from './session';
import { ShellElement, shellStyles } from './shell';
import { idle, registerView } from './test_api';
import type { TextFields } from './text_fields';
import { rampTheme, shownTheme, themeStyles } from '../ui/theme';
import type { ViewPanel } from './view_panel';
import '../panels';
import './copy_dialog';
import './diagnostics_dialog';
import './export_dialog';
import './help_dialog';
import './palette';
import './text_fields';
import './top_bar';
import './view_panel';

/** Dialogs that keys do not reach through. */
const DIALOGS = ['headscope-palette', 'headscope-help', 'headscope-export', 'headscope-copy', 'headscope-diagnostics'];

export class HeadscopeApp extends ShellElement implements ActionHost, Frame {
  static override properties = {
    ...ShellElement.properties, engine: { attribute: false }, size: { state: true }, panel: { state: true }, mapOpen: { state: true },
    preferences: { state: true },
  };
  static override styles = [shellStyles, themeStyles, appStyles];
  /** Of the server that the attribute `server` names where nobody gave one. */
  declare engine: Engine;
  declare size: Size;
  /** Below 760 px: the one panel on screen. */
  declare panel: PanelName;
  /** Below 1100 px: the map over the view. */
  declare mapOpen: boolean;
  declare preferences: Preferences;

  /** The page that the app stands on; an element among others where nobody says. */
  host: Host = ELEMENT_HOST;
  private link: LinkSync | undefined;
  private stop = new AbortController();
  private readonly dark = window.matchMedia('(prefers-color-scheme: dark)');
  private readonly contrast = window.matchMedia('(prefers-contrast: more)');
  private readonly observer = new ResizeObserver(([entry]) => { if (entry) this.size = sizeOf(entry.contentRect.width); });

  constructor() {
    super();
    this.size = 'wide';
    this.panel = 'view';
    this.mapOpen = false;
    this.preferences = loadPreferences(null);
  }

  /** A node may be moved: what it shows, its history and its requests go with it. */
  override connectedCallback(): void {
    this.engine ??= engineOf(this);
    const moved = this.controller !== undefined && this.controller.engine === this.engine;
    if (!moved) {
      this.controller = new Controller(this.engine);
      this.preferences = loadPreferences(this.host.storage);
      this.controller.setReadOnly(this.hasAttribute('readonly'));
    }
    super.connectedCallback();
    this.size = sizeOf(this.getBoundingClientRect().width);
    this.observer.observe(this);
    this.stop = new AbortController();
    const { signal } = this.stop;
    for (const query of [this.dark, this.contrast]) query.addEventListener('change', () => { this.requestUpdate(); }, { signal });
    const keys = this.host.keys(this);
    keys.addEventListener('keydown', (e) => { this.key(e as KeyboardEvent); }, { signal });
    keys.addEventListener('keyup', (e) => { if ((e as KeyboardEvent).key.toLowerCase() === HOLD_KEY) this.controller.hold(false); }, { signal });
    window.addEventListener('blur', () => { this.controller.hold(false); }, { signal });
    this.host.errors((error) => { this.controller.problem(failureOf(error)); }, signal);
    this.addEventListener('hs-command', (e) => { const d = (e as CustomEvent<CommandDetail>).detail; this.runCommand(d.id, d.args); }, { signal });
    this.addEventListener('hs-open', (e) => { this.runCommand('head.open', { head: (e as CustomEvent<{ head: string }>).detail.head }); }, { signal });
    this.addEventListener('hs-error', (e) => { this.controller.problem({ details: '',
      ...(e as CustomEvent<{ code: string; message: string }>).detail }); }, { signal });
    takeDropped(this, (files) => { void this.controller.open(files); }, signal);
    this.controller.addEventListener('retry', () => { for (const store of this.stores) store.retry(); }, { signal });
    this.follow(signal, moved);
    const forget = registerView(this);
    signal.addEventListener('abort', forget);
  }

  /** The place's link follows the state, and the state the link. */
  private follow(signal: AbortSignal, moved: boolean): void {
    const { controller } = this;
    const { place } = this.host;
    const traceId = (): string => controller.trace?.id ?? '';
    const link = (this.link = place ? new LinkSync(place) : undefined);
    if (moved) controller.resume();
    const started = moved ? Promise.resolve() : controller.start(link?.read() ?? firstState(this));
    if (!moved) void started.then(() => openSource(this, controller)).then(() => { this.tell('hs-ready', {}); });
    if (!link || !place) return;
    controller.addEventListener('change', () => { link.write(controller.state, traceId(), controller.step); }, { signal });
    place.moves(() => { this.addressMoved(); }, signal);
    void started.then(() => { link.start(controller.state, traceId(), controller.step); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop.abort();
    this.observer.disconnect();
    this.link?.dispose();
    // Moved nodes are back at once; what is really gone asks for nothing any more.
    queueMicrotask(() => { if (!this.isConnected) this.controller.suspend(); });
  }

  private addressMoved(): void {
    const followed = this.link?.moved();
    if (!followed) return;
    this.controller.follow(followed.state, followed.problems);
    this.link?.settle(this.controller.step);
  }

  /** Of the engine and, where all stacks are one picture, of that. */
  private get stores(): Set<TileStore> {
    const { engine, trace, state } = this.controller;
    return new Set([storeOf(engine), storeOf(tileEngine(engine, trace ?? undefined, state.stack))]);
  }

  flushLink(): void { this.link?.flush(); }
  /** Of this state, whole: what Share copies. */
  get address(): string { return this.host.address(toLink(this.controller.state, this.controller.trace?.id ?? '')); }
  get viewPanel(): ViewPanel | null { return this.renderRoot.querySelector<ViewPanel>('headscope-view-panel'); }

  // ---- commands --------------------------------------------------------------------------------

  runCommand(id: string, args: CommandArgs = {}): boolean {
    const action = findAction(id);
    if (!action) {
      const before = this.controller.state;
      const ran = this.controller.command(id, args);
      this.announce(before, id);
      return ran;
    }
    if ((action.enabled?.(this.controller) ?? true) === true) action.run(this);
    return true;
  }

  /** To the page around: what changed and by which command; plain JSON (ui.md §8). */
  private announce(before: ViewState, command: string): void {
    const { state } = this.controller;
    if (state === before) return;
    this.tell('hs-state', { state: toLink(state, this.controller.trace?.id ?? ''), command });
    if (state.heads !== before.heads) this.tell('hs-select', { heads: state.heads });
    if (state.pins !== before.pins) this.tell('hs-pin', pinDetail(state, this.controller.trace));
  }

  private tell(type: string, detail: unknown): void { this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true })); }

  static override get observedAttributes(): string[] { return [...super.observedAttributes, ...APP_ATTRIBUTES]; }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (this.controller?.info && old !== value) attributeChanged(this, this.controller, name);
  }

  /** A link (#hs=1&…), as one undoable step. */
  setState(state: string): boolean { return this.runCommand('set', { state }); }

  /** The picture on screen as SVG, drawn by the core. */
  async exportFigure(): Promise<Uint8Array> {
    return (await this.controller.figure('svg', { signal: new AbortController().signal, priority: 0 }, 'figure.svg')).bytes;
  }

  /** Resolves when nothing is on its way and the last frame is drawn. */
  whenIdle(): Promise<void> { return idle(this); }

  /** Modified keys act everywhere; single keys everywhere but in fields, menus and dialogs. */
  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || this.dialogOpen()) return;
    if (this.preferences.singleKeys && isHoldKey(event)) {
      if (!event.repeat) this.controller.hold(true);
      return;
    }
    if (event.key === 'Escape' && this.controller.session.status.kind === 'running') {
      this.runCommand('app.stop');
      return;
    }
    const id = modifiedKey(event) ?? (this.preferences.singleKeys ? singleKey(event) : null);
    if (!id) return;
    event.preventDefault();
    this.runCommand(id);
  }

  private dialogOpen(): boolean {
    return DIALOGS.some((tag) => this.renderRoot.querySelector(tag)?.shadowRoot?.querySelector('dialog')?.open);
  }

  openDialog(name: DialogName): void {
    if (name === 'palette') this.renderRoot.querySelector<Palette>('headscope-palette')?.open();
    else if (name === 'help') this.renderRoot.querySelector<HelpDialog>('headscope-help')?.open();
    else if (name === 'copy') this.openCopy();
    else if (name === 'diagnostics') this.renderRoot.querySelector<Diagnostics>('headscope-diagnostics')?.open();
    else this.renderRoot.querySelector<ExportDialog>('headscope-export')?.open();
  }

  private openCopy(): void {
    const dialog = this.renderRoot.querySelector<CopyDialog>('headscope-copy');
    if (!dialog) return;
    // The corpus view has cards, and no one table.
    const view = this.viewPanel?.view as { tableText?: () => string | null } | null | undefined;
    dialog.sources = {
      picture: () => this.exportFigure(), link: () => { this.flushLink(); return this.address; }, table: () => view?.tableText?.() ?? null,
    };
    dialog.open();
  }

  chooseFile(kind: 'trace' | 'picture' = 'trace'): void {
    chooseFiles(kind === 'picture' ? PICTURES : TRACES, (files) => { void this.controller.open(files); });
  }

  focusText(): void { this.renderRoot.querySelector<TextFields>('headscope-text')?.focusText('a'); }

  toggleTable(): void {
    const view = this.viewPanel?.view as { table?: boolean } | null | undefined;
    if (view && 'table' in view) view.table = !view.table;
  }

  async share(): Promise<void> {
    this.flushLink();
    const { address, controller } = this;
    if (new URLSearchParams(address.split('#')[1] ?? '').has('tr')) controller.notices.add('HS-LINK-03', S.linkByTrace);
    try {
      await navigator.clipboard.writeText(address);
      controller.notices.add('HS-SHARE', S.shared);
    } catch {
      controller.notices.add('HS-SHARE', S.shareFailed);
    }
    controller.tell();
    setTimeout(() => { controller.notices.dismissCode('HS-SHARE'); controller.tell(); }, 4000);
  }

  prefer(change: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...change };
    savePreferences(this.host.storage, this.preferences);
  }

  /** The map over the view: focus goes into it and comes back to its switch. */
  openMap(open: boolean): void {
    this.mapOpen = open;
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>(open ? '[data-testid=close-map]' : '[data-testid=toggle-map]')?.focus();
    });
  }

  // ---- template --------------------------------------------------------------------------------

  get shown(): 'light' | 'dark' | 'print' { return shownTheme(this.controller.state.theme, this.dark.matches); }

  protected override updated(): void {
    this.dataset['theme'] = this.shown;
    this.dataset['size'] = this.size;
    this.host.title(this.controller.trace ? `${this.controller.state.heads.join(', ')} · ${S.name}` : S.name);
  }

  override render(): TemplateResult {
    const c = this.controller;
    const theme = rampTheme(this.shown);
    const ink = this.shown === 'print' ? 'print' : this.contrast.matches ? 'contrast' : 'screen';
    const { singleKeys } = this.preferences;
    return html`<a class="skip" href="#view" @click=${(e: Event) => { this.skip(e); }}>${S.skip}</a>
      <div class="page">
        <header><headscope-top-bar .controller=${c}></headscope-top-bar><headscope-text .controller=${c}></headscope-text></header>
        ${noticeList(c)}
        <main>${mapPanel(this, theme)}
          <headscope-view-panel .controller=${c} theme=${theme} ink=${ink} .singleKeys=${singleKeys}
            ?hidden=${this.size === 'narrow' && this.panel !== 'view'}
            @pointerdown=${() => { if (this.size === 'medium') this.mapOpen = false; }}>${sideToggles(this)}</headscope-view-panel>
          ${inspectorPanel(this, theme)}</main></div>
      ${bottomBar(this)}
      <div class="hidden" role="status" aria-live="polite" data-testid="live">${c.spoken}</div>
      <headscope-palette .controller=${c}></headscope-palette>
      <headscope-help .singleKeys=${singleKeys}
        @single-keys=${(e: CustomEvent<boolean>) => { this.prefer({ singleKeys: e.detail }); }}></headscope-help>
      <headscope-copy></headscope-copy>
      <headscope-export .controller=${c}></headscope-export>
      <headscope-diagnostics .controller=${c} .view=${this.viewPanel?.view ?? null}></headscope-diagnostics>
      <headscope-token-menu .trace=${c.trace ?? undefined} .settings=${c.drawn}
        .capabilities=${c.capabilities}></headscope-token-menu>`;
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.panel = 'view';
    this.viewPanel?.focusView();
  }
}
define('headscope-app', HeadscopeApp);
