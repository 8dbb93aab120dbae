// The frame around the view: map and inspector beside it, their switches, and how wide they are. Wide:
// all side by side; medium: the map over the view; narrow: one panel at a time over a bar.

import { html, nothing, type TemplateResult } from 'lit';
import { S } from '../base/words/shell';
import { css$ } from '../ui/css_directive';
import type { Controller } from './controller';
import { ICONS } from './icons';
import type { Preferences } from './preferences';

export type Size = 'wide' | 'medium' | 'narrow';
export type PanelName = 'map' | 'view' | 'inspector';

/** By the app's own width: it may share the page. */
export function sizeOf(width: number): Size { return width < 760 ? 'narrow' : width < 1100 ? 'medium' : 'wide'; }

/** All columns of the head list; the inspector; the least that a view needs beside them. */
const LIST_WIDTH = 640;
const INSPECTOR_WIDTH = 320;
const VIEW_WIDTH = 420;
const MAP = { least: 240, most: 560, step: 16 };
function mapWidth(wanted: number): number { return Math.min(MAP.most, Math.max(MAP.least, wanted)); }

/** What the parts below read and change of the app. */
export interface Frame {
  readonly controller: Controller;
  readonly size: Size;
  /** Narrow: the one panel on screen. */
  panel: PanelName;
  /** Medium: the map over the view. */
  readonly mapOpen: boolean;
  preferences: Preferences;
  readonly clientWidth: number;
  /** Of this state, whole: what Share copies. */
  readonly address: string;
  prefer(change: Partial<Preferences>): void;
  openMap(open: boolean): void;
}

/** The list is as wide as its columns where the view keeps room beside it. */
function widthOf(frame: Frame): number {
  const { trace, state } = frame.controller;
  const heads = Math.max(...(trace?.stacks[0]?.heads ?? [12]));
  const natural = Math.min(424, Math.max(316, 24 * heads + 40));
  const list = state.map === 'list' && frame.size === 'wide' ? Math.min(LIST_WIDTH, frame.clientWidth - INSPECTOR_WIDTH - VIEW_WIDTH) : 0;
  return Math.max(list, frame.preferences.mapWidth ?? natural);
}

export function mapPanel(frame: Frame, theme: string): TemplateResult {
  const { controller: c, size } = frame;
  const shown = size === 'wide' || (size === 'medium' ? frame.mapOpen : frame.panel === 'map');
  const width = widthOf(frame);
  const { moved } = c.before;
  const close = S.hidePanel(S.mapPanel);
  return html`<aside class="map" aria-label=${S.mapPanel} ?hidden=${!shown}
      @keydown=${(e: KeyboardEvent) => { if (e.key === 'Escape' && size === 'medium') frame.openMap(false); }}
      ${css$(size === 'narrow' ? {} : { width: `${width}px` })}>
      ${size === 'medium' ? html`<div class="drawer"><button class="quiet" data-testid="close-map" aria-label=${close} title=${close}
        @click=${() => { frame.openMap(false); }}>${ICONS.close}</button></div>` : nothing}
      <headscope-map .engine=${c.engine} .trace=${c.trace ?? undefined} .summaries=${c.session.summaries} .corpus=${c.session.corpus}
        .baseline=${c.session.baseline} .evidence=${c.session.evidence} .settings=${c.drawn} .theme=${theme}
        .moved=${c.before.held && moved !== null && typeof moved === 'object' ? moved.js : null} .capabilities=${c.capabilities}
        @hs-head-hover=${(e: CustomEvent<{ head: string | null }>) => { if (e.detail.head) c.session.want(c.state.scope, [e.detail.head]); }}
        ></headscope-map></aside>
    ${size === 'wide' ? splitter(frame, width) : nothing}`;
}

function splitter(frame: Frame, width: number): TemplateResult {
  const step = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -MAP.step, ArrowRight: MAP.step }[event.key];
    if (by) frame.prefer({ mapWidth: mapWidth(width + by) });
  };
  return html`<div class="split" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${S.resizeMap}
    aria-valuemin=${MAP.least} aria-valuemax=${MAP.most} aria-valuenow=${width}
    @pointerdown=${(e: PointerEvent) => { drag(frame, e, width); }} @dblclick=${() => { frame.prefer({ mapWidth: null }); }}
    @keydown=${step}></div>`;
}

/** The width follows the pointer and is kept where it is let go. */
function drag(frame: Frame, event: PointerEvent, width: number): void {
  const bar = event.currentTarget as HTMLElement;
  const start = event.clientX;
  const end = new AbortController();
  const { signal } = end;
  bar.setPointerCapture(event.pointerId);
  bar.addEventListener('pointermove', (e) => {
    frame.preferences = { ...frame.preferences, mapWidth: mapWidth(width + e.clientX - start) };
  }, { signal });
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
    bar.addEventListener(type, () => { end.abort(); frame.prefer({}); }, { signal });
  }
}

export function inspectorPanel(frame: Frame, theme: string): TemplateResult {
  const { controller: c, size } = frame;
  const folded = size !== 'narrow' && detailOpen(frame);
  const shown = size === 'narrow' ? frame.panel === 'inspector' : frame.preferences.inspector && !folded;
  const source = c.trace?.source === 'file' ? c.trace.title : c.trace?.source === 'demo' ? 'demo' : '';
  return html`<aside class="inspector" aria-label=${S.inspectorPanel} ?hidden=${!shown}>
    <headscope-inspector .engine=${c.engine} .trace=${c.trace ?? undefined} .summaries=${c.session.summaries} .corpus=${c.session.corpus}
      .settings=${c.drawn} .made=${c.pictured} .theme=${theme} .capabilities=${c.capabilities} .overview=${c.info?.corpus ?? null}
      .evidence=${c.session.evidence} .baseline=${c.session.baseline} .link=${frame.address} .source=${source}></headscope-inspector></aside>`;
}

/** Width that map, inspector and grid with a detail need side by side. */
const ROOM_FOR_ALL = 1500;
/** A head opened beside the grid takes the inspector's room where there is not enough for both. */
export function detailOpen({ controller, clientWidth }: Pick<Frame, 'controller' | 'clientWidth'>): boolean {
  return controller.drawn.view === 'model' && controller.drawn.details.length > 0 && clientWidth < ROOM_FOR_ALL;
}

/** At the ends of the tabs: the side panels' switches. */
export function sideToggles(frame: Frame): TemplateResult | typeof nothing {
  if (frame.size === 'narrow') return nothing;
  const { mapOpen, preferences } = frame;
  const folded = detailOpen(frame);
  const inspector = (): void => {
    // Folded for the detail's sake: it opens when the detail is closed.
    if (folded) frame.controller.command('details.clear');
    else frame.prefer({ inspector: !preferences.inspector });
  };
  return html`${frame.size === 'medium' ? toggle('start', 'map', S.mapPanel, ICONS.map, mapOpen, () => { frame.openMap(!mapOpen); }) : nothing}
    ${toggle('end', 'inspector', S.inspectorPanel, ICONS.inspector, preferences.inspector && !folded, inspector)}`;
}

function toggle(slot: string, id: string, name: string, icon: TemplateResult, open: boolean, act: () => void): TemplateResult {
  return html`<button class="quiet toggle" slot=${slot} data-testid="toggle-${id}" aria-pressed=${open ? 'true' : 'false'} aria-label=${name}
    title=${open ? S.hidePanel(name) : S.showPanel(name)} @click=${act}>${icon}</button>`;
}

export function bottomBar(frame: Frame): TemplateResult | typeof nothing {
  if (frame.size !== 'narrow') return nothing;
  const panels = [['map', S.mapPanel], ['view', S.viewPanel], ['inspector', S.inspectorPanel]] as const;
  return html`<nav class="bottom" aria-label=${S.panels}>${panels.map(([name, title]) => html`<button data-testid="panel-${name}"
    aria-pressed=${frame.panel === name ? 'true' : 'false'} @click=${() => { frame.panel = name; }}>${title}</button>`)}</nav>`;
}
