// The model view's elements: the lists of layers and heads, the axes, a button on every thumbnail, and
// the heads that are open beside the grid.

import { html, type TemplateResult } from 'lit';
import { isOfLayer } from '../../base/quantities';
import { V } from '../../base/words/views';
import { css$ } from '../../ui/css_directive';
import type { Ink } from '../../ui/ink';
import type { RampTheme } from '../../ui/ramps';
import type { TraceInfo, ViewEngine, ViewSettings } from '../../ui/types';
import '../head/head_view';
import { AXIS_HEIGHT, AXIS_WIDTH, type Grid, type GridCell } from './grid';
import { cellRect, emptyCells, type Labels, type Pitch } from './model_plan';
import { nameWithValue, spelled } from './model_words';

/** What the elements ask of the view. */
export interface ModelHost {
  readonly engine: ViewEngine | undefined;
  readonly trace: TraceInfo | undefined;
  readonly settings: ViewSettings;
  readonly labels: Labels;
  readonly theme: RampTheme;
  readonly ink: Ink;
  readonly singleKeys: boolean;
  /** The thumbnail that Tab reaches; "" = the first. */
  readonly active: string;
  /** The list of layers or heads that cannot be read. */
  readonly wrong: 'layers' | 'heads' | null;
  /** Heads on screen that are not exact. */
  readonly approximate: ReadonlySet<string>;
  ablated(name: string): boolean;
  words(name: string | null): string;
  ofDetail(name: string): ViewSettings;
  include(what: 'layers' | 'heads', text: string): void;
  look(name: string | null): void;
  focusOn(name: string): void;
  choose(name: string, event: MouseEvent): void;
  toggle(head: string, add: boolean): void;
}

/** "0-3,7": which layers or heads the grid has. */
export function include(host: ModelHost, what: 'layers' | 'heads'): TemplateResult {
  const value = what === 'layers' ? host.settings.gridLayers : host.settings.gridHeads;
  const change = (e: Event): void => {
    host.include(what, (e.target as HTMLInputElement).value);
  };
  return html`<label>${what === 'layers' ? V.layers : V.heads} <input type="text" data-testid="grid-${what}" placeholder=${V.everything}
    title=${V.ranges}
    aria-invalid=${host.wrong === what ? 'true' : 'false'} .value=${value} @change=${change}></label>`;
}

export function gridAxes(grid: Grid, p: Pitch, size: Record<string, string>): TemplateResult {
  const layers = [...new Map(grid.cells.map((c) => [c.row, c.layer]))];
  return html`<div class="cells" aria-hidden="true" ${css$(size)}>
    <div class="tops">${grid.columns.map((head, c) => html`<span class="axis"
      ${css$({ left: `${AXIS_WIDTH + c * p.x}px`, width: `${p.size}px`, top: '0px', height: `${AXIS_HEIGHT - 2}px` })}>H${head}</span>`)}</div>
    <div class="sides">${layers.map(([row, layer]) => html`<span class="axis"
      ${css$({ left: '0px', width: `${AXIS_WIDTH - 4}px`, top: `${AXIS_HEIGHT + row * p.y}px`, 'line-height': `${p.size}px` })}>L${layer}</span>`)}</div>
    ${emptyCells(grid).map((c) => { const r = cellRect(c, p); return html`<i class="none"
      ${css$({ left: `${r.x}px`, top: `${r.y}px`, width: `${r.width}px`, height: `${r.height}px` })}></i>`; })}</div>`;
}

export function gridCell(host: ModelHost, c: GridCell, grid: Grid, pitch: Pitch): TemplateResult {
  const { settings: s, labels } = host;
  const r = cellRect(c, pitch);
  const layers = isOfLayer(s.quantity);
  const under = grid.sorted ? (layers ? spelled(c.name, s) : nameWithValue(c.name, s, labels)) : '';
  const focusable = c.name === (host.active || grid.cells[0]?.name);
  return html`<button class="cell ${host.ablated(c.name) ? 'ablated' : ''}" role="gridcell" data-testid="thumb-${c.name}" aria-colindex=${c.col + 1}
    aria-label=${host.words(c.name)}
    aria-selected=${s.details.includes(c.name) ? 'true' : 'false'} tabindex=${focusable ? 0 : -1}
    data-glyph="${host.approximate.has(c.name) ? '≈ ' : ''}${layers ? '' : labels.get(c.name)?.glyph ?? ''}" data-name=${under}
    ${css$({ left: `${r.x}px`, top: `${r.y}px`, width: `${r.width}px`, height: `${r.height}px` })}
    @pointerenter=${() => { host.look(c.name); }} @focus=${() => { host.focusOn(c.name); }}
    @click=${(e: MouseEvent) => { host.choose(c.name, e); }}></button>`;
}

export function details(host: ModelHost): TemplateResult {
  const { settings: s } = host;
  return html`<div class="details">${s.details.map((name) => html`<section class="detail" data-testid="detail-${name}"
    aria-label=${isOfLayer(s.quantity) ? spelled(name, s) : V.head(name)}>
    <header>${spelled(name, s)}<button aria-label=${V.close(spelled(name, s))} @click=${() => { host.toggle(name, true); }}>✕</button></header>
    <headscope-head-view .engine=${host.engine} .trace=${host.trace} .labels=${host.labels} .theme=${host.theme} .ink=${host.ink}
      .singleKeys=${host.singleKeys} controls="none"
      .settings=${host.ofDetail(name)}></headscope-head-view></section>`)}</div>`;
}
