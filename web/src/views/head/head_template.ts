// The head view's elements: headings, the two columns of tokens, badges, minimap and the line below.

import { html, nothing, type TemplateResult } from 'lit';
import { isBlock, sideTokens } from '../../base/trace_info';
import { isSigned, QUANTITY_WORDS, wholeMapProblem } from '../../base/quantities';
import { W } from '../../base/words/common';
import { V } from '../../base/words/views';
import { shorten, tokenText, type AxisItem, type Side } from '../../ui/axes';
import { SIDE_ROLE, sideTitle } from '../../ui/side_title';
import { blockNote } from '../../ui/block_engine';
import { css$ } from '../../ui/css_directive';
import { exact4, lineOpacity, lineWidth, OPACITY, percent, type Ink } from '../../ui/ink';
import { longPress } from '../../ui/long_press';
import { parsePin } from '../../ui/pins';
import { lineLegend } from '../common/line_legend';
import type { Picture } from './head_paint';
import { linksText, statusText } from './head_text';
import { SINK_ROOM } from './head_model';
import type { Badge } from './head_scene';
import { FIT_MAX_TOKENS, domRows, overflows, tokenFont, visibleRows, type PanelLayout } from './layout';
import { dragMinimap, minimapKey } from './minimap';

export interface TokenRef { side: Side; index: number }

/** What the elements ask of the view. */
export interface HeadHost {
  readonly unlinked: boolean;
  readonly active: TokenRef;
  readonly alone: { q: ReadonlySet<number>; k: ReadonlySet<number> } | null;
  hover(at: TokenRef | null): void;
  focusOn(at: TokenRef): void;
  pin(side: Side, item: AxisItem, add: boolean): void;
  link(side: Side, item: AxisItem): void;
  solo(side: Side, item: AxisItem): void;
  menu(side: Side, item: AxisItem, x: number, y: number): void;
  scrolled(side: Side, element: HTMLElement): void;
  /** Weight that leaves the window. */
  readonly gutters: { above: Badge | null; below: Badge | null };
  column(side: Side): HTMLElement | null;
  scrollTo_(side: Side, index: number): void;
  overLine(event: PointerEvent, panel: number): void;
  leaveLine(): void;
  chooseLine(event: MouseEvent, panel: number): void;
}

export function headings(p: Picture | undefined): TemplateResult {
  return html`<div class="heads ${(p?.panels.length ?? 1) > 1 ? 'two' : ''}" aria-hidden="true">${p?.panels.map((panel) => html`
    <span class="q" ${css$({ right: `calc(100% - ${panel.lineLeft}px)`, 'max-width': `${panel.lineLeft}px` })}>${sideTitle(p.trace,
      p.settings.stack, 'q')}<i>: ${SIDE_ROLE.q}</i></span>
    <span ${css$({ left: `${panel.lineRight}px` })}>${sideTitle(p.trace, p.settings.stack, 'k')}<i>: ${SIDE_ROLE.k}</i></span>`)}</div>`;
}

/** Texts of the tokens' links: sorted once for a picture, not once a drawing. */
const links = new WeakMap<object, Map<string, string>>();
function linksOf(side: Side, i: number, p: Picture): string {
  let known = links.get(p.byQ);
  if (!known) links.set(p.byQ, (known = new Map()));
  const key = `${side}${i}`;
  let text = known.get(key);
  if (text === undefined) known.set(key, (text = linksText((side === 'q' ? p.byQ : p.byK).get(i) ?? [], p.axes[side === 'q' ? 'k' : 'q'], side, p.ranges)));
  return text;
}

function column(host: HeadHost, side: Side, p: Picture, panel: PanelLayout, index: number): TemplateResult {
  const layout = p[side];
  const axis = p.axes[side];
  const rows = domRows(layout);
  const items: TemplateResult[] = [];
  for (let i = rows.first; i < rows.end; i += rows.step) items.push(token(host, { side, index: i }, p, rows.step, index));
  return html`<div class="column ${side}col ${host.unlinked ? 'unlinked' : ''}" role="listbox" aria-multiselectable="true" data-side=${side}
    aria-label="${sideTitle(p.trace, p.settings.stack, side)} tokens: ${SIDE_ROLE[side]}"
    ${css$({ left: `${side === 'q' ? panel.lineLeft - panel.textWidth : panel.lineRight}px`, width: `${panel.textWidth}px`, top: `${layout.top}px`,
      height: `${layout.viewHeight}px` })}
    @scroll=${(e: Event) => { host.scrolled(side, e.currentTarget as HTMLElement); }}>
    <div class="spacer" role="presentation" ${css$({ height: `${axis.length * layout.rowHeight}px` })}>${items}</div></div>`;
}

function token(host: HeadHost, at: TokenRef, p: Picture, step: number, panel: number): TemplateResult {
  const { side, index: i } = at;
  const item = p.axes[side][i] as AxisItem;
  const list = sideTokens(p.trace, p.settings.stack, side);
  const pinned = p.settings.pins.some((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
  const focusable = host.active.side === side && host.active.index === i && panel === 0;
  const height = p[side].rowHeight * step;
  return html`<div class="token ${list.special[item.first] ? 'special' : ''} ${host.alone?.[side].has(item.first) ? 'alone' : ''}" role="option" part="token"
    data-testid=${panel === 0 ? `token-${side}-${item.first}` : nothing}
    aria-selected=${pinned ? 'true' : 'false'} aria-setsize=${p.axes[side].length} aria-posinset=${i + 1} tabindex=${focusable ? 0 : -1} data-index=${i}
    aria-label="${item.text}, ${item.first}" aria-description=${linksOf(side, i, p)}
    ${css$({ top: `${i * p[side].rowHeight}px`, height: `${height}px`, 'font-size': `${tokenFont(height)}px` })}
    @pointerenter=${() => { host.hover(at); }} @pointerleave=${() => { host.hover(null); }}
    @focus=${() => { host.focusOn(at); }}
    @click=${(e: MouseEvent) => { if (e.altKey) host.link(side, item); else host.pin(side, item, e.ctrlKey || e.metaKey); }}
    @dblclick=${(e: MouseEvent) => { if (!e.altKey) host.solo(side, item); }}
    @contextmenu=${(e: MouseEvent) => { e.preventDefault(); host.menu(side, item, e.clientX, e.clientY); }}
    @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { host.menu(side, item, x, y); }); }}
    ><bdi dir="auto">${shorten(tokenText(item.text))}</bdi><span class="dots" aria-hidden="true" title=${V.tokenMenu}
      @click=${(e: MouseEvent) => { e.stopPropagation(); host.menu(side, item, e.clientX, e.clientY); }}>⋯</span></div>`;
}

/** Below the keys of each panel: where the lines to no key end. */
function sinkNames(p: Picture): TemplateResult | typeof nothing {
  if (!p.sinks) return nothing;
  return html`${p.panels.map((panel) => html`<span class="sink" data-testid="sink" title=${V.sinkHelp}
    ${css$({ left: `${panel.lineRight}px`, top: `${p.sinkY - SINK_ROOM / 2}px`, height: `${SINK_ROOM}px` })}>${V.sink}</span>`)}`;
}

/** Width of a badge that says the number of keys, too. */
const BADGE_ROOM = 150;

/** Weight that leaves the window; of weights as a share of the rows on screen. */
function badges(p: Picture, of: { above: Badge | null; below: Badge | null }, go: (index: number) => void): TemplateResult {
  const panel = p.panels[0];
  if (!panel) return html``;
  const whole = p.perRow === null ? null : p.perRow * p.rows.reduce((n, map) => n + map.size, 0);
  const size = (b: Badge): string => (whole ? percent(b.weight / whole) : exact4(b.weight));
  // Between short lines the number of keys would cover words.
  const roomy = panel.lineRight - panel.lineLeft >= BADGE_ROOM;
  const badge = (where: 'above' | 'below', b: Badge | null): TemplateResult | typeof nothing =>
    (b ? html`<button class="badge" data-testid="gutter-${where}"
    title="${V.inKeys(size(b), b.keys)}: ${V.gutter(where)}"
    ${css$({ right: `calc(100% - ${panel.lineRight - 6}px)`, top: where === 'above' ? `${p.k.top + 2}px` : `${p.k.top + p.k.viewHeight - 26}px` })}
    @click=${() => { go(b.heaviest); }}>${where === 'above' ? '↑' : '↓'} ${roomy ? V.inKeys(size(b), b.keys) : size(b)}</button>` : nothing);
  return html`${badge('above', of.above)}${badge('below', of.below)}`;
}

/** Why a long text's rollout or flow is not drawn before a query is pinned. */
function capability(p: Picture): TemplateResult | typeof nothing {
  if (!p.input.pinnedOnly || p.input.pinnedRows.length > 0) return nothing;
  return html`<p class="notice over" role="status" data-testid="error-HS-CAP-01">${wholeMapProblem(p.trace, p.settings.quantity)}</p>`;
}

/** Columns without a line between them look like a picture that failed. */
function noLines(p: Picture): TemplateResult | typeof nothing {
  if (p.loading || p.chosen.length > 0 || p.rows.every((map) => map.size === 0)) return nothing;
  const { quantity, threshold } = p.settings;
  return html`<p class="notice over" role="status" data-testid="no-lines">${V.noLines(QUANTITY_WORDS[quantity].one, threshold, isSigned(quantity))}</p>`;
}

/** oneLine: only a row or two are out of sight; a footer that grew would keep them there. */
export function foot(p: Picture, ink: Ink, capped: number, oneLine: boolean, buttons: TemplateResult | typeof nothing, note: string): TemplateResult {
  const visible = { ...visibleRows(p.q), rows: p.q.count };
  const pinned = p.pinnedMass !== null && p.rows.some((map) => map.size > 0);
  const waiting = p.loading && p.rows.every((map) => map.size === 0);
  const blocks = isBlock(p.trace, p.settings.stack) ? ` ${blockNote(p.trace.stacks)}` : '';
  const status = waiting ? V.waiting : statusText(pinned && p.pinnedMass ? p.pinnedMass : p.mass, p.settings, p.topk, visible, capped,
    pinned) + blocks + (note === '' ? '' : ` ${note}`);
  const lines = { width: (s: number) => lineWidth(s, p.series.length), opacity: (s: number) => lineOpacity(s, OPACITY[ink]) };
  return html`<div class="foot">${buttons}${lineLegend(p.settings, p.largest, lines)}
    <span data-testid="status-line" class=${oneLine ? 'one' : ''} title=${oneLine ? status : nothing}>${status}</span>
    ${p.settings.density === 'fit' && p.q.count > FIT_MAX_TOKENS
      ? html`<span>${V.fitOff(FIT_MAX_TOKENS)}</span>` : nothing}</div>`;
}

/** What stands on the canvas: words, where the lines can be pointed at, badges, the minimap. */
export function stage(host: HeadHost, p: Picture): TemplateResult {
  const middle = ((p.panels[0]?.lineLeft ?? 0) + (p.panels[0]?.lineRight ?? 0)) / 2;
  // Over the stage, not in the footer: a footer that changes its height would change the window asked for.
  return html`${p.loading ? html`<span class="updating" role="status" ${css$({ left: `${middle}px` })}>${W.updating}</span>` : nothing}
    ${capability(p)}${noLines(p)}${p.panels.map((panel, i) => html`${column(host, 'q', p, panel, i)}
    <div class="lines" ${css$({ left: `${panel.lineLeft}px`, width: `${panel.lineRight - panel.lineLeft}px` })}
      @pointermove=${(e: PointerEvent) => { host.overLine(e, i); }} @pointerleave=${() => { host.leaveLine(); }}
        @click=${(e: MouseEvent) => { host.chooseLine(e, i); }}></div>
    ${column(host, 'k', p, panel, i)}`)}
    ${sinkNames(p)}${badges(p, host.gutters, (index) => { host.scrollTo_('k', index); })}
    ${p.minimap && overflows(p) && !p.input.pinnedOnly ? html`<canvas class="minimap" data-testid="minimap" tabindex="0" role="slider"
      aria-label=${V.overview}
      aria-valuemin="0" aria-valuemax=${p.q.count} aria-valuenow=${visibleRows(p.q).first}
      @pointerdown=${(e: PointerEvent) => { dragMinimap(e, p, (side) => host.column(side), host.unlinked); }}
      @keydown=${(e: KeyboardEvent) => { minimapKey(e, p, (side) => host.column(side)); }}></canvas>` : nothing}`;
}
