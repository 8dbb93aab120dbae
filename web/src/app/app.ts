// <headscope-app>: the frame around map, view and inspector. It owns the controller, keeps the
// address bar and the test API in step, and carries the dialogs.

import { html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import type { Engine } from '../api/engine';
import type { CommandArgs, CommandDetail, ViewState } from '../base/state';
import { toLink } from '../base/link';
import { S } from '../base/strings';
import { css$ } from '../ui/css_directive';
import { tileEngine } from '../ui/block_engine';
import { storeOf, type TileStore } from '../ui/tile_store';
import { findAction, type ActionHost } from './actions';
import { appStyles } from './app_styles';
import { Controller } from './controller';
import type { ExportDialog } from './export_dialog';
import { noticeList } from './failure_box';
import type { HelpDialog } from './help_dialog';
import { ICONS } from './icons';
import { ELEMENT_HOST, type Host } from './host';
import { HOLD_KEY, isHoldKey, modifiedKey, singleKey } from './keys';
import { LinkSync } from './link_sync';
import { chooseFiles, takeDropped } from './local_files';
import type { Palette } from './palette';
import { loadPreferences, savePreferences, type Preferences } from './preferences';
import { failureOf } from './session';
import { ShellElement, shellStyles } from './shell';
import { registerView } from './test_api';
import type { TextFields } from './text_fields';
import { rampTheme, shownTheme, themeStyles } from '../ui/theme';
import type { ViewPanel } from './view_panel';
import '../panels';
import './export_dialog';
import './help_dialog';
import './palette';
import './text_fields';
import './top_bar';
import './view_panel';

type Size = 'wide' | 'medium' | 'narrow';
/** By the app's own width: it may share the page. */
function sizeOf(width: number): Size { return width < 760 ? 'narrow' : width < 1100 ? 'medium' : 'wide'; }
/** All columns of the head list; the inspector; the least that a view needs beside them. */
const LIST_WIDTH = 640;
const INSPECTOR_WIDTH = 320;
const VIEW_WIDTH = 420;
function mapWidth(wanted: number): number { return Math.min(560, Math.max(240, wanted)); }

type PanelName = 'map' | 'view' | 'inspector';

export class HeadscopeApp extends ShellElement implements ActionHost {
  static override properties = { ...ShellElement.properties, engine: { attribute: false }, size: { state: true }, panel: { state: true }, mapOpen: { state: true }, preferences: { state: true } };
  static override styles = [shellStyles, themeStyles, appStyles];
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
    const moved = this.controller !== undefined && this.controller.engine === this.engine;
    if (!moved) {
      this.controller = new Controller(this.engine);
      this.preferences = loadPreferences(this.host.storage);
    }
    super.connectedCallback();
    this.size = sizeOf(this.getBoundingClientRect().width);
    this.observer.observe(this);
    this.stop = new AbortController();
    const { signal } = this.stop;
    for (const query of [this.dark, this.contrast]) query.addEventListener('change', () => { this.requestUpdate(); }, { signal });
    this.host.keys(this).addEventListener('keydown', (e) => { this.key(e as KeyboardEvent); }, { signal });
    this.host.keys(this).addEventListener('keyup', (e) => { if ((e as KeyboardEvent).key.toLowerCase() === HOLD_KEY) this.controller.hold(false); }, { signal });
    window.addEventListener('blur', () => { this.controller.hold(false); }, { signal });
    this.host.errors((error) => { this.controller.problem(failureOf(error)); }, signal);
    this.addEventListener('hs-command', (e) => { const d = (e as CustomEvent<CommandDetail>).detail; this.runCommand(d.id, d.args); }, { signal });
    this.addEventListener('hs-open', (e) => { this.runCommand('head.open', { head: (e as CustomEvent<{ head: string }>).detail.head }); }, { signal });
    this.addEventListener('hs-error', (e) => { this.controller.problem({ details: '', ...(e as CustomEvent<{ code: string; message: string }>).detail }); }, { signal });
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
    const started = moved ? Promise.resolve() : controller.start(link?.read() ?? null);
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
  private get address(): string { return this.host.address(toLink(this.controller.state, this.controller.trace?.id ?? '')); }
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
    const send = (type: string, detail: unknown): void => { this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true })); };
    send('hs-state', { state: toLink(state, this.controller.trace?.id ?? ''), command });
    if (state.heads !== before.heads) send('hs-select', { heads: state.heads });
    if (state.pins !== before.pins) send('hs-pin', { pins: state.pins });
  }

  /** Modified keys act everywhere; single keys everywhere but in fields, menus and dialogs. */
  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || this.dialogOpen()) return;
    if (this.preferences.singleKeys && isHoldKey(event)) {
      if (!event.repeat) this.controller.hold(true);
      return;
    }
    const id = modifiedKey(event) ?? (this.preferences.singleKeys ? singleKey(event) : null);
    if (!id) return;
    event.preventDefault();
    this.runCommand(id);
  }

  private dialogOpen(): boolean {
    return ['headscope-palette', 'headscope-help', 'headscope-export'].some((tag) => this.renderRoot.querySelector(tag)?.shadowRoot?.querySelector('dialog')?.open);
  }

  openDialog(name: 'palette' | 'help' | 'export'): void {
    if (name === 'palette') this.renderRoot.querySelector<Palette>('headscope-palette')?.open();
    else if (name === 'help') this.renderRoot.querySelector<HelpDialog>('headscope-help')?.open();
    else this.renderRoot.querySelector<ExportDialog>('headscope-export')?.open();
  }

  chooseFile(): void { chooseFiles((files) => { void this.controller.open(files); }); }

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

  private prefer(change: Partial<Preferences>): void {
    this.preferences = { ...this.preferences, ...change };
    savePreferences(this.host.storage, this.preferences);
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
    return html`<a class="skip" href="#view" @click=${(e: Event) => { e.preventDefault(); this.panel = 'view'; this.viewPanel?.focusView(); }}>${S.skip}</a>
      <div class="page"><header><headscope-top-bar .controller=${c}></headscope-top-bar><headscope-text .controller=${c}></headscope-text></header>
      ${noticeList(c)}
      <main>${this.map(theme)}
        <headscope-view-panel .controller=${c} theme=${theme} ink=${this.shown === 'print' ? 'print' : this.contrast.matches ? 'contrast' : 'screen'} .singleKeys=${this.preferences.singleKeys} ?hidden=${this.size === 'narrow' && this.panel !== 'view'}
          @pointerdown=${() => { if (this.size === 'medium') this.mapOpen = false; }}>${this.toggles()}</headscope-view-panel>
        ${this.inspector(theme)}</main></div>
      ${this.size === 'narrow' ? html`<nav class="bottom" aria-label=${S.panels}>${([['map', S.mapPanel], ['view', S.viewPanel], ['inspector', S.inspectorPanel]] as const).map(([name, title]) => html`
        <button data-testid="panel-${name}" aria-pressed=${this.panel === name ? 'true' : 'false'} @click=${() => { this.panel = name; }}>${title}</button>`)}</nav>` : nothing}
      <div class="hidden" role="status" aria-live="polite" data-testid="live">${c.spoken}</div>
      <headscope-palette .controller=${c}></headscope-palette>
      <headscope-help .singleKeys=${this.preferences.singleKeys} @single-keys=${(e: CustomEvent<boolean>) => { this.prefer({ singleKeys: e.detail }); }}></headscope-help>
      <headscope-export .controller=${c}></headscope-export>
      <headscope-token-menu .trace=${c.trace ?? undefined} .settings=${c.drawn} .capabilities=${c.info?.capabilities ?? {}}></headscope-token-menu>`;
  }

  private map(theme: string): TemplateResult {
    const c = this.controller;
    const shown = this.size === 'wide' || (this.size === 'medium' ? this.mapOpen : this.panel === 'map');
    const heads = Math.max(...(c.trace?.stacks[0]?.heads ?? [12]));
    const natural = Math.min(424, Math.max(280, 24 * heads + 40));
    // The list is as wide as its columns where the view keeps room beside it.
    const list = c.state.map === 'list' && this.size === 'wide' ? Math.min(LIST_WIDTH, this.clientWidth - INSPECTOR_WIDTH - VIEW_WIDTH) : 0;
    const width = Math.max(list, this.preferences.mapWidth ?? natural);
    return html`<aside class="map" aria-label=${S.mapPanel} ?hidden=${!shown} @keydown=${(e: KeyboardEvent) => { if (e.key === 'Escape' && this.size === 'medium') this.openMap(false); }}
        ${css$(this.size === 'narrow' ? {} : { width: `${width}px` })}>
        ${this.size === 'medium' ? html`<div class="drawer"><button class="quiet" data-testid="close-map" aria-label=${S.hidePanel(S.mapPanel)} title=${S.hidePanel(S.mapPanel)} @click=${() => { this.openMap(false); }}>${ICONS.close}</button></div>` : nothing}
        <headscope-map .engine=${c.engine} .trace=${c.trace ?? undefined} .summaries=${c.session.summaries} .corpus=${c.session.corpus} .baseline=${c.session.baseline} .evidence=${c.session.evidence} .settings=${c.drawn} .theme=${theme}
          .moved=${c.held && typeof c.moved === 'object' ? c.moved : null} .capabilities=${c.info?.capabilities ?? {}} @hs-head-hover=${(e: CustomEvent<{ head: string | null }>) => { if (e.detail.head) c.session.want(c.state.scope, [e.detail.head]); }}></headscope-map></aside>
      ${this.size === 'wide' ? html`<div class="split" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${S.resizeMap} aria-valuemin="240" aria-valuemax="560" aria-valuenow=${width}
        @pointerdown=${(e: PointerEvent) => { this.drag(e, width); }} @dblclick=${() => { this.prefer({ mapWidth: null }); }}
        @keydown=${(e: KeyboardEvent) => { const by = { ArrowLeft: -16, ArrowRight: 16 }[e.key]; if (by) this.prefer({ mapWidth: mapWidth(width + by) }); }}></div>` : nothing}`;
  }

  /** The map over the view: focus goes into it and comes back to its switch. */
  private openMap(open: boolean): void {
    this.mapOpen = open;
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>(open ? '[data-testid=close-map]' : '[data-testid=toggle-map]')?.focus(); });
  }

  /** The width follows the pointer and is kept where it is let go. */
  private drag(event: PointerEvent, width: number): void {
    const bar = event.currentTarget as HTMLElement;
    const start = event.clientX;
    const end = new AbortController();
    const { signal } = end;
    bar.setPointerCapture(event.pointerId);
    bar.addEventListener('pointermove', (e) => { this.preferences = { ...this.preferences, mapWidth: mapWidth(width + e.clientX - start) }; }, { signal });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      bar.addEventListener(type, () => { end.abort(); this.prefer({}); }, { signal });
    }
  }

  private inspector(theme: string): TemplateResult {
    const c = this.controller;
    const shown = this.size === 'narrow' ? this.panel === 'inspector' : this.preferences.inspector;
    return html`<aside class="inspector" aria-label=${S.inspectorPanel} ?hidden=${!shown}>
      <headscope-inspector .engine=${c.engine} .trace=${c.trace ?? undefined} .summaries=${c.session.summaries} .corpus=${c.session.corpus} .settings=${c.drawn} .made=${c.pictured} .theme=${theme}
        .capabilities=${c.info?.capabilities ?? {}} .overview=${c.info?.corpus ?? null} .evidence=${c.session.evidence} .baseline=${c.session.baseline} .link=${this.address} .source=${c.trace?.source === 'file' ? c.trace.title : c.trace?.source === 'demo' ? 'demo' : ''}></headscope-inspector></aside>`;
  }

  /** At the ends of the tabs: the side panels' switches. */
  private toggles(): TemplateResult | typeof nothing {
    if (this.size === 'narrow') return nothing;
    const button = (slot: string, name: string, icon: TemplateResult, open: boolean, toggle: () => void): TemplateResult => html`<button class="quiet toggle" slot=${slot}
      data-testid="toggle-${slot === 'start' ? 'map' : 'inspector'}" aria-pressed=${open ? 'true' : 'false'} aria-label=${name} title=${open ? S.hidePanel(name) : S.showPanel(name)} @click=${toggle}>${icon}</button>`;
    return html`${this.size === 'medium' ? button('start', S.mapPanel, ICONS.map, this.mapOpen, () => { this.openMap(!this.mapOpen); }) : nothing}
      ${button('end', S.inspectorPanel, ICONS.inspector, this.preferences.inspector, () => { this.prefer({ inspector: !this.preferences.inspector }); })}`;
  }
}
define('headscope-app', HeadscopeApp);
