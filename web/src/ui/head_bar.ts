// Head chips: click toggles, double-click solos (on the sole head it restores all), the last one
// stays on. The double-click is judged against the state before its first click, so that the first
// click acts at once.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { V } from '../base/words/views';
import { define } from './define';
import { css$ } from './css_directive';
import { headColours, slotFor } from './identity';
import { headName, parseHead } from './types';
import type { RampTheme } from './ramps';

export class HeadBar extends LitElement {
  static override properties = {
    layer: { type: Number }, count: { type: Number }, heads: { attribute: false }, theme: {}, message: { state: true },
    values: { attribute: false },
  };
  declare layer: number;
  declare count: number;
  declare heads: readonly string[];
  declare theme: RampTheme;
  declare message: string;
  private earlier: readonly string[] = [];
  private focusIndex = 0;

  constructor() {
    super();
    this.layer = 0;
    this.count = 0;
    this.heads = [];
    this.theme = 'light';
    this.message = '';
  }

  static override styles = css`
    :host { position: relative; }
    :host, .bar { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; }
    button { box-sizing: border-box; min-width: 24px; height: 24px; padding: 0 5px; border-radius: 4px; font: 12px/1 system-ui, sans-serif;
      font-variant-numeric: tabular-nums; color: var(--hs-text, #1a1f26); background: var(--hs-bg, #fff); cursor: pointer;
      border: 1px solid var(--hs-border, #7a8594); position: relative; }
    button::after { content: ''; position: absolute; inset: auto 3px 2px; border-bottom: 3px var(--chip-style, solid) var(--chip, gray); }
    button[aria-pressed='true'] { border: 2px solid var(--hs-text, #1a1f26); font-weight: 700; }
    button[aria-pressed='false'] { color: var(--hs-muted, #55606e); }
    button[aria-pressed='false']::after { opacity: .35; }
    button:focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: 2px; }
    .all { border-style: dashed; }
    .all::after { content: none; }
    /* Over what is below: chips that moved under the pointer would lose the second click of a double-click. */
    .message { position: absolute; inset: calc(100% + 3px) auto auto 0; z-index: 6; padding: 3px 8px; font-size: 12px; white-space: nowrap;
      border-radius: 4px; color: var(--hs-warn, #8a5a00); background: var(--hs-warn-bg, #fff4dc); box-shadow: 0 1px 4px rgb(0 0 0 / .2); }
    @media (prefers-reduced-motion: no-preference) { .shake { animation: shake 150ms; } }
    @keyframes shake { 25% { transform: translateX(-2px); } 75% { transform: translateX(2px); } }
  `;

  override render(): TemplateResult {
    const names = Array.from({ length: this.count }, (_, head) => headName({ layer: this.layer, head }));
    const others = this.heads.filter((h) => !names.includes(h));
    const chips = [...names, ...others];
    return html`<div role="group" aria-label=${V.headsOfLayer(this.layer)} data-testid="head-bar" class="bar">
      ${chips.map((name, i) => this.chip(name, i, others.includes(name)))}
      <button class="all" @click=${() => { this.send([...names]); }} ?disabled=${names.every((n) => this.heads.includes(n))}>${V.all}</button>
    </div>${this.message ? html`<span class="message" role="status">${this.message}</span>` : nothing}`;
  }

  private chip(name: string, index: number, other: boolean): TemplateResult {
    const slot = slotFor(this.heads.includes(name) ? this.heads : [...this.heads, name], name);
    const id = parseHead(name);
    return html`<button data-testid="head-chip-${other ? name : id?.head ?? name}" aria-pressed=${this.heads.includes(name) ? 'true' : 'false'}
      aria-label=${other ? `${name}, of another layer` : `${id?.head ?? name}, head of layer ${this.layer}`} tabindex=${index === this.focusIndex ? 0 : -1}
      ${css$({ '--chip': headColours(this.theme)[slot.colour] ?? '', '--chip-style': slot.dash === 0 ? 'solid' : slot.dash === 2 ? 'dotted' : 'dashed' })}
      @click=${(e: MouseEvent) => { this.chipClick(name, e); }}
      @keydown=${(e: KeyboardEvent) => { this.key(e, name, index); }}
      @pointerenter=${() => { this.preview(name); }}
        @pointerleave=${() => { this.preview(null); }}>${other ? html`${name} <span aria-hidden="true">✕</span>` : id?.head}</button>`;
  }

  private chipClick(name: string, event: MouseEvent): void {
    if (event.detail === 2) {
      const sole = this.earlier.length === 1 && this.earlier[0] === name;
      this.send(sole ? Array.from({ length: this.count }, (_, head) => headName({ layer: this.layer, head })) : [name]);
      return;
    }
    this.earlier = this.heads;
    const next = this.heads.includes(name) ? this.heads.filter((h) => h !== name) : [...this.heads, name];
    if (next.length > 0) {
      this.send(next);
      return;
    }
    this.message = 'At least one head stays on';
    const chip = event.currentTarget as HTMLElement;
    chip.classList.add('shake');
    chip.addEventListener('animationend', () => { chip.classList.remove('shake'); }, { once: true });
  }

  private key(event: KeyboardEvent, name: string, index: number): void {
    const chips = [...(this.shadowRoot?.querySelectorAll<HTMLButtonElement>('[data-testid^=head-chip]') ?? [])];
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 's' || event.key === 'S') this.send([name]);
    else if (step !== 0) {
      this.focusIndex = (index + step + chips.length) % chips.length;
      this.requestUpdate();
      chips[this.focusIndex]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private send(heads: readonly string[]): void {
    this.message = '';
    this.dispatchEvent(new CustomEvent('heads', { detail: heads }));
  }

  private preview(name: string | null): void { this.dispatchEvent(new CustomEvent('preview', { detail: name })); }
}
define('headscope-head-bar', HeadBar);
