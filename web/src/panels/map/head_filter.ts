// Legend and filter of the map in one: every glyph with its word is a toggle, so is every family.
// Several are joined by OR. Internal to <headscope-map>: it says how the filter should read.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { parseRanges } from '../../base/heads';
import { FAMILIES, LABELS, type LabelFamily, type LabelInfo } from '../../base/labels';
import { DEFAULT_FILTER, type HeadFilter } from '../../base/state';
import type { RampTheme } from '../../ui/ramps';
import { panelStyles, tintStyles } from '../common/panel_styles';
import { isFiltering } from './head_rows';
import { M } from '../../base/words/map';
import { W } from '../../base/words/common';

const CAUSAL_ONLY = new Set(['first-token', 'induction', 'duplicate']);
/** What no head of a causal model can do, or what its texts do not have. */
const NOT_CAUSAL = new Set(['next', 'cls', 'other-sentence', 'predictive', 'sep']);

export class HeadFilterBar extends LitElement {
  static override properties = {
    filter: { attribute: false }, counts: { attribute: false }, kept: { type: Number }, total: { type: Number }, causal: { type: Boolean },
    theme: { reflect: true }, open: { state: true }, draft: { state: true },
  };
  declare filter: HeadFilter;
  /** Heads a label, "" = without one. */
  declare counts: ReadonlyMap<string, number>;
  declare kept: number;
  declare total: number;
  declare causal: boolean;
  declare theme: RampTheme;
  declare open: boolean;
  /** Layers as typed, while they are no list of layers. */
  declare draft: string | null;

  constructor() {
    super();
    this.filter = DEFAULT_FILTER;
    this.counts = new Map();
    this.kept = 0;
    this.total = 0;
    this.causal = false;
    this.theme = 'light';
    this.open = false;
    this.draft = null;
  }

  static override styles = [panelStyles, tintStyles, css`
    :host { display: block; font-size: 12px; }
    .legend { display: grid; grid-template-columns: max-content 1fr; gap: 0 2px; align-items: center; }
    .legend > div { display: flex; flex-wrap: wrap; }
    .legend button { border-color: transparent; background: none; padding: 0 3px; white-space: nowrap; }
    .legend button.family { font-weight: 600; text-align: start; }
    .legend button:hover { border-color: var(--hs-border, #7a8594); }
    .legend button[aria-pressed='true'] { border-color: var(--hs-accent, #0b57d0); background: var(--hs-accent-bg, #e3edfd); }
    .legend b { display: inline-grid; place-items: center; min-width: 17px; height: 18px; border-radius: 3px; font-weight: 600;
      margin-inline-end: 2px; --score: 1; }
    .none { color: var(--hs-muted, #55606e); }
    .count { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; min-height: 26px; margin-top: 2px; }
    .count output { font-weight: 600; margin-inline-end: auto; }
    .more { display: grid; grid-template-columns: max-content 1fr; gap: 4px 8px; align-items: center; margin-top: 4px; padding: 6px;
      background: var(--hs-bg, #fff); border: 1px solid var(--hs-hairline, #d5dae1); border-radius: 4px; }
    .more input { width: 100%; }
    .more input[type='range'] { width: calc(100% - 44px); }
    .score { display: flex; gap: 6px; align-items: center; }
    .score output { width: 38px; }
    .wrong { grid-column: 2; color: var(--hs-error, #b3261e); }
  `];

  override render(): TemplateResult {
    const f = this.filter;
    return html`<div class="legend" role="group" aria-label=${M.filterBy}
      data-testid="label-filter">${FAMILIES.filter((x) => x.family !== 'mixed').map((x) => this.family(x.family, x.words))}</div>
      <div class="count"><output data-testid="filter-count" aria-live="polite">${this.countText()}</output>
        ${isFiltering(f) || f.hideOthers ? html`<label><input type="checkbox" data-testid="hide-others" .checked=${f.hideOthers}
          @change=${(e: Event) => { this.send({ hideOthers: (e.target as HTMLInputElement).checked }); }}>${M.hideOthers}</label>
          <button data-testid="filter-clear" @click=${() => { this.draft = null; this.send(null); }}>${M.clear}</button>` : nothing}
        <button data-testid="filter-more" aria-expanded=${this.open ? 'true' : 'false'} @click=${() => { this.open = !this.open; }}>${M.filter}
          ${this.open ? '▴' : '▾'}</button></div>
      ${this.open ? this.more() : nothing}`;
  }

  private countText(): string {
    return M.count(this.kept, this.total);
  }

  private family(family: LabelFamily, words: string): TemplateResult {
    const labels = LABELS.filter((l) => l.family === family && M.short[l.name] !== undefined && this.possible(l.name));
    const entry = `family:${family}`;
    // Mixed heads have no label; their toggle stands in the last line, beside the diffuse ones.
    return html`<button class="family" data-testid="filter-${family}" aria-pressed=${this.on(entry)}
      @click=${() => { this.toggle(entry); }}>${words}</button>
      <div>${labels.map((l) => this.label(l))}${family === 'diffuse'
        ? this.label({ name: 'family:mixed', glyph: '·', family: 'mixed', words: M.mixedHelp, score: '' }, M.mixed, '') : nothing}</div>`;
  }

  /** A label that heads have, or that one asks for, is shown whatever the model. */
  private possible(name: string): boolean {
    const of = this.causal ? !NOT_CAUSAL.has(name) : !CAUSAL_ONLY.has(name);
    return of || (this.counts.get(name) ?? 0) > 0 || this.filter.labels.includes(name);
  }

  private label(l: LabelInfo, short = this.causal && l.name === 'cls' ? M.first : M.short[l.name] ?? l.words, counted = l.name): TemplateResult {
    const n = this.counts.get(counted) ?? 0;
    return html`<button class=${n === 0 ? 'none' : ''} data-testid="filter-${l.name.replace('family:', '')}" aria-pressed=${this.on(l.name)}
      title=${M.labelCount(l.words, n)} @click=${() => { this.toggle(l.name); }}><b class="tint ${l.family}"
      aria-hidden="true">${l.glyph}</b>${short}<span class="hidden">, ${W.heads(n)}</span></button>`;
  }

  private more(): TemplateResult {
    const f = this.filter;
    return html`<div class="more">
      <label for="score">${M.scoreAtLeast}</label><span class="score"><input id="score" data-testid="filter-score" type="range" min="0" max="1"
        step="0.01" .value=${String(f.minScore)} 
        @input=${(e: Event) => { this.send({ minScore: Number((e.target as HTMLInputElement).value) }); }}><output
          for="score">${f.minScore.toFixed(2)}</output></span>
      <label for="layers">${M.layers}</label><input id="layers" type="text" data-testid="filter-layers" placeholder=${M.layersExample}
        .value=${this.draft ?? f.layers} aria-invalid=${this.draft === null ? 'false' : 'true'}
        @input=${(e: Event) => { this.layers((e.target as HTMLInputElement).value); }}>
      ${this.draft === null ? nothing : html`<span class="wrong" role="alert">${M.layersWrong}</span>`}
      <label for="name">${M.name}</label><input id="name" type="text" data-testid="filter-name" placeholder=${M.nameExample} .value=${f.name}
        @input=${(e: Event) => { this.send({ name: (e.target as HTMLInputElement).value }); }}></div>`;
  }

  private on(entry: string): string { return this.filter.labels.includes(entry) ? 'true' : 'false'; }

  private toggle(entry: string): void {
    const held = this.filter.labels;
    this.send({ labels: held.includes(entry) ? held.filter((e) => e !== entry) : [...held, entry] });
  }

  private layers(text: string): void {
    const valid = parseRanges(text) !== null;
    this.draft = valid ? null : text;
    if (valid) this.send({ layers: text.trim() });
  }

  /** null = no filter. */
  private send(patch: Partial<HeadFilter> | null): void {
    this.dispatchEvent(new CustomEvent<Partial<HeadFilter> | null>('filter', { detail: patch }));
  }
}
define('headscope-head-filter', HeadFilterBar);
