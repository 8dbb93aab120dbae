// <headscope-controls>: layer, heads, attention and special tokens in one row, everything else under
// "More", and a removable chip for every setting that is neither visible nor default (ui.md §3.0).
// Sends hs-preview {head} while the pointer is on a head chip.

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { choiceOf, type ChoiceField } from '../../base/controls';
import { isPinnedOnly, quantityAble } from '../../base/quantities';
import { ALL_STACKS, hasSentences, headsOfLayer, parseHead } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import { effectiveTopk } from '../../ui/types';
import '../../ui/head_bar';
import { choice } from '../common/choice';
import { PanelBase } from '../common/panel_base';
import { panelStyles } from '../common/panel_styles';
import { chips, moreFields, renormUseful, sliderToThreshold, takesFilters, takesHeads, thresholdToSlider, SLIDER_STEPS,
  type MoreField } from './control_values';
import { C } from '../../base/words/controls';
import type { ViewState } from '../../base/state';

const TESTIDS: Readonly<Record<string, string>> = { attention: 'attn-filter', special: 'special-mode', words: 'word-merge', thumb: 'thumb-kind',
  stack: 'stack-filter' };

export class Controls extends PanelBase {
  static override properties = { ...PanelBase.properties, open: { state: true } };
  declare open: boolean;

  constructor() {
    super();
    this.open = false;
  }

  static override styles = [panelStyles, css`
    :host { display: block; padding: 4px 8px; background: var(--hs-bg, #fff); font-size: 12px; }
    .bar { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
    .control { display: inline-flex; align-items: center; gap: 5px; }
    .stepper { display: inline-flex; }
    .stepper > * { border-radius: 0; margin-inline-start: -1px; }
    .stepper > :first-child { border-radius: 4px 0 0 4px; margin: 0; }
    .stepper > :last-child { border-radius: 0 4px 4px 0; }
    .stepper button { padding: 1px 4px; min-width: 26px; }
    .more { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 4px 16px; margin-top: 4px; padding: 6px 8px;
      background: var(--hs-panel, #f4f6f8); border: 1px solid var(--hs-hairline, #d5dae1); border-radius: 4px; }
    .more .control { display: grid; grid-template-columns: 76px minmax(0, 1fr); }
    .more select { min-width: 0; max-width: 100%; justify-self: start; text-overflow: ellipsis; }
    .range { display: flex; gap: 6px; align-items: center; }
    .range input[type='range'] { flex: 1; min-width: 60px; }
    .range input[type='number'] { width: 76px; }
    .chips { display: flex; flex-wrap: wrap; gap: 4px; }
    .chip { background: var(--hs-accent-bg, #e3edfd); border-color: var(--hs-accent, #0b57d0); }
  `];

  override render(): TemplateResult {
    const { trace, settings: s } = this;
    const fields = moreFields(s.view, trace?.stacks.length ?? 1);
    const shown = chips(s, (t) => tokenText(trace?.query.tokens[t] ?? String(t)));
    return html`<div class="bar">
        ${takesHeads(s.view) ? html`${this.layer()}<div class="control"><span id="heads">${C.heads}</span>${this.heads()}</div>` : nothing}
        ${takesFilters(s.view) ? html`${trace && hasSentences(trace, s.stack) ? this.select('attention', C.attention)
          : nothing}<div class="control"><span>${C.special}</span>${this.special()}</div>` : nothing}
        ${fields.length > 0 ? html`<button data-testid="more" aria-expanded=${this.open ? 'true' : 'false'} aria-controls="more"
          @click=${() => { this.open = !this.open; }}>${C.more} ${this.open ? '▴' : '▾'}</button>` : nothing}
        ${shown.length > 0 ? html`<div class="chips" role="group"
          aria-label=${C.notDefault}>${shown.map((c) =>
          html`<span class="chip" data-testid="chip-${c.field}"><bdi>${c.text}</bdi><button aria-label=${C.remove(c.text)}
          @click=${() => { this.command(c.reset.id, c.reset.args); }}>✕</button></span>`)}</div>` : nothing}</div>
      ${this.open && fields.length > 0 ? html`<div class="more" id="more">${fields.map((f) => this.control(f))}</div>`
        : html`<div id="more" hidden></div>`}`;
  }

  private layer(): TemplateResult {
    const layers = this.stack?.layers ?? [];
    const layer = parseHead(this.settings.heads[0] ?? '')?.layer ?? 0;
    const at = layers.indexOf(layer);
    const step = (by: number, id: string, label: string, sign: string): TemplateResult =>
      html`<button aria-label=${label} aria-disabled=${at + by < 0 || at + by >= layers.length ? 'true' : nothing}
      @click=${() => { if (at + by >= 0 && at + by < layers.length) this.command(id); }}>${sign}</button>`;
    return html`<div class="control"><label for="layer">${C.layer}</label><div class="stepper">${step(-1, 'layer.previous', C.previousLayer,
      '◂')}<select id="layer" data-testid="layer-select"
      @change=${(e: Event) => { this.command('layer.set', { layer: Number((e.target as HTMLSelectElement).value) }); }}>
      ${layers.map((l) => html`<option value=${l} .selected=${l === layer}>${l}</option>`)}</select>${step(1, 'layer.next', C.nextLayer, '▸')}</div></div>`;
  }

  private heads(): TemplateResult {
    const { stack, settings: s } = this;
    const layer = parseHead(s.heads[0] ?? '')?.layer ?? 0;
    return html`<headscope-head-bar .layer=${layer} .count=${stack ? headsOfLayer(stack, layer) : 0} .heads=${s.heads} .theme=${this.theme}
      @heads=${(e: CustomEvent<string[]>) => { this.command('head.set', { heads: e.detail }); }}
      @preview=${(e: CustomEvent<string | null>) => { this.preview(e.detail); }}></headscope-head-bar>`;
  }

  private preview(head: string | null): void {
    this.emit('hs-preview', { head: head && !this.settings.heads.includes(head) ? head : null });
  }

  private special(): TemplateResult {
    const short: Record<string, string> = { 'hide-renorm': C.hideRenorm };
    return choice({ label: C.specialTokens, testid: 'special-mode', value: this.settings.special, choose: (v) => { this.choose('special', v); },
      options: choiceOf('special').values.map(([value, title]) => ({ value, text: short[value] ?? title, title, testid: `special-${value}` })) });
  }

  private choose(field: ChoiceField, value: string): void { this.command(`${field}.set`, { value }); }

  private select(field: ChoiceField, title: string, reasons: Readonly<Record<string, true | string>> = {}, notes: Readonly<Record<string,
    string>> = {}): TemplateResult {
    const value = this.settings[field];
    return html`<div class="control"><label for=${field}>${title}</label><select id=${field} data-testid=${TESTIDS[field] ?? field}
      @change=${(e: Event) => { this.choose(field, (e.target as HTMLSelectElement).value); }}>
      ${choiceOf(field).values.map(([v, text]) => {
        const reason = reasons[v] ?? true;
        return html`<option value=${v} .selected=${v === value} ?disabled=${reason !== true}
          title=${reason === true ? nothing : reason}>${text}${reason === true ? notes[v] ?? '' : ` — ${reason}`}</option>`;
      })}</select></div>`;
  }

  /** Rollout and flow of long texts can be chosen; the head view then asks for a pinned query. */
  private quantity(): TemplateResult {
    const names = choiceOf('quantity').values.map(([name]) => name);
    return this.select('quantity', C.quantity, Object.fromEntries(names.map((n) => [n, quantityAble(this.trace, n)])),
                       Object.fromEntries(names.filter((n) => isPinnedOnly(this.trace, n)).map((n) => [n, C.ofPinned])));
  }

  private segments(field: ChoiceField, title: string): TemplateResult {
    return html`<div class="control"><span>${title}</span>${choice({ label: title, testid: TESTIDS[field] ?? field, value: this.settings[field],
      choose: (v) => { this.choose(field, v); },
      options: choiceOf(field).values.map(([value, text]) => ({ value, text, testid: `${TESTIDS[field] ?? field}-${value}` })) })}</div>`;
  }

  private toggle(field: 'values' | 'renorm', title: string, off: string): TemplateResult {
    const on = field === 'renorm' ? this.settings.renorm || this.settings.special === 'hide-renorm' : this.settings.values;
    return html`<div class="control"><span></span><label title=${off || nothing} class=${off ? 'muted' : ''}><input type="checkbox"
      data-testid=${field} .checked=${on} aria-disabled=${off ? 'true' : nothing}
      @click=${(e: Event) => { if (off) e.preventDefault(); }}
        @change=${(e: Event) => { this.command(`${field}.set`, { value: (e.target as HTMLInputElement).checked }); }}>${title}${off
        ? html`<span class="hidden">. ${off}</span>` : nothing}</label></div>`;
  }

  private control(field: MoreField): TemplateResult {
    const s = this.settings;
    switch (field) {
      case 'combine': return this.segments('combine', C.combine);
      case 'scale': return this.segments('scale', C.scale);
      case 'density': return this.segments('density', C.density);
      case 'quantity': return this.quantity();
      case 'thumb': return this.select('thumb', C.thumb);
      case 'pool': return this.segments('pool', C.pool);
      case 'words': return html`<div class="control"><span>${C.words}</span>${choice({ label: C.words, testid: 'word-merge', value: s.words
        ? 'words' : 'pieces', choose: (v) => { this.command('words.set', { value: v === 'words' }); },
        options: [{ value: 'pieces', text: C.pieces, testid: 'word-merge-pieces' },
          { value: 'words', text: C.words, title: C.wordsHelp, testid: 'word-merge-words' }] })}</div>`;
      case 'values': return this.toggle('values', C.values, '');
      case 'renorm': return this.toggle('renorm', C.renorm, renormOff(s));
      case 'threshold': return this.threshold();
      case 'topk': return this.topk();
      case 'stack': return this.stackFilter();
    }
  }

  private stackFilter(): TemplateResult {
    const { trace, settings: s } = this;
    const stacks = trace?.stacks ?? [];
    const value = s.stack === ALL_STACKS || stacks.some((x) => x.name === s.stack) ? s.stack : stacks[0]?.name ?? '';
    return html`<div class="control"><span>${C.stack}</span>${choice({ label: C.stack, testid: 'stack-filter', value,
      choose: (v) => { this.command('stack.set', { value: v }); },
      options: [...stacks.map((x) => x.name), ALL_STACKS].map((name) =>
        ({ value: name, text: C.stacks[name] ?? name, testid: `stack-filter-${name}` })) })}</div>`;
  }

  private threshold(): TemplateResult {
    const s = this.settings;
    const send = (value: number): void => { if (value >= 0 && value <= 1) this.command('threshold.set', { value }); };
    return html`<div class="control"><label for="threshold">${C.threshold}</label><div class="range"><input type="range"
      data-testid="threshold-slider" aria-label=${C.thresholdSlider} aria-valuetext=${String(s.threshold)} min="0" max=${SLIDER_STEPS}
      .value=${String(thresholdToSlider(s.threshold))} @input=${(e: Event) => { send(sliderToThreshold(Number((e.target as HTMLInputElement).value))); }}>
      <input id="threshold" type="number" data-testid="threshold" min="0" max="1" step="any" .value=${String(s.threshold)}
        @change=${(e: Event) => { const { value } = e.target as HTMLInputElement; if (value !== '') send(Number(value)); }}></div></div>`;
  }

  private topk(): TemplateResult {
    const s = this.settings;
    const n = this.trace?.query.tokens.length ?? 0;
    const automatic = effectiveTopk({ ...s, topk: null }, n);
    const send = (value: string): void => {
      const k = value === '' ? null : Number(value);
      if (k === null || (Number.isInteger(k) && k >= 0 && k <= 64)) this.command('topk.set', { value: k });
    };
    return html`<div class="control"><label for="topk">${C.topk}</label><div class="range"><input id="topk" type="number" data-testid="topk"
      min="0" max="64" step="1" placeholder=${automatic === 0 ? C.topkAll : String(automatic)} .value=${s.topk === null ? '' : String(s.topk)}
      @change=${(e: Event) => { send((e.target as HTMLInputElement).value); }}>
      <span class="muted">${C.perQuery}</span></div></div>`;
  }
}
define('headscope-controls', Controls);

/** Why rows are not renormalised by hand; "" where they may be. */
function renormOff(s: ViewState): string {
  if (s.quantity === 'score') return C.renormScore;
  if (s.special === 'hide-renorm') return C.renormSet;
  return renormUseful(s) ? '' : C.renormNothing;
}
