// The command palette: every command and action, heads, words and tokens; fuzzy; Enter runs.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { paletteEntries, type PaletteEntry } from '../base/commands';
import { S } from '../base/words/shell';
import { actionEntries } from './actions';
import type { Controller } from './controller';
import { best } from './fuzzy';
import { dialogStyles, shellStyles } from './shell';

const SHOWN = 60;
/** One entry a head or token: they come once something is typed. */
const LONG = new Set(['head.select', 'head.toggle', 'pin.token']);

export class Palette extends LitElement {
  static override properties = { controller: { attribute: false }, query: { state: true }, active: { state: true }, entries: { state: true } };
  static override styles = [shellStyles, dialogStyles, css`
    dialog { margin-top: 12vh; width: min(36rem, calc(100vw - 2rem)); }
    input { width: 100%; min-height: 44px; padding: 8px 16px; font-size: .9375rem; border: 0; border-bottom: 1px solid var(--hs-hairline);
      background: none; }
    input:focus-visible { outline-offset: -2px; }
    ul { list-style: none; margin: 0; padding: 6px; overflow-y: auto; min-height: 8rem; max-height: min(24rem, 60dvh); }
    li { display: flex; align-items: center; gap: 12px; min-height: 30px; padding: 3px 10px; border-radius: 6px; cursor: pointer; }
    li span { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    li small { color: var(--hs-warn); max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    li[aria-selected='true'] { background: var(--hs-accent-bg); outline: 1px solid var(--hs-accent); outline-offset: -1px; }
    li[aria-disabled='true'] span { color: var(--hs-muted); }
    p { margin: 0; padding: 10px 16px; }
  `];
  declare controller: Controller;
  declare query: string;
  declare active: number;
  declare entries: readonly PaletteEntry[];

  constructor() {
    super();
    this.query = '';
    this.active = 0;
    this.entries = [];
  }

  open(): void {
    this.entries = [...actionEntries(this.controller), ...paletteEntries(this.controller.state, this.controller.facts())];
    this.query = '';
    this.active = 0;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector('dialog')?.showModal();
      this.renderRoot.querySelector('input')?.focus();
    });
  }

  private close(): void { this.renderRoot.querySelector('dialog')?.close(); }

  private found(): PaletteEntry[] {
    const query = this.query.replace(/^>/, '');
    if (query.trim() === '') return this.entries.filter((e) => e.enabled === true && !LONG.has(e.id)).slice(0, SHOWN);
    return best(query, this.entries, (e) => e.title, SHOWN);
  }

  override render(): TemplateResult {
    const matches = this.found();
    const active = Math.min(this.active, matches.length - 1);
    return html`<dialog data-testid="palette-dialog" aria-label=${S.paletteTitle}
      @click=${(e: MouseEvent) => { if (e.target === e.currentTarget) this.close(); }}>
      <input type="text" role="combobox" aria-expanded="true" aria-controls="list" aria-autocomplete="list" aria-label=${S.paletteHint}
        placeholder=${S.paletteHint}
        aria-activedescendant=${active >= 0 ? `o${active}` : nothing} autocomplete="off" spellcheck="false" .value=${this.query}
        @input=${(e: Event) => { this.query = (e.target as HTMLInputElement).value; this.active = 0; }}
          @keydown=${(e: KeyboardEvent) => { this.key(e, matches, active); }}>
      <ul id="list" role="listbox" aria-label=${S.paletteTitle}>${matches.map((entry, i) => html`
        <li role="option" id="o${i}" data-command=${entry.id} aria-selected=${i === active ? 'true' : 'false'}
          aria-disabled=${entry.enabled === true ? 'false' : 'true'}
          @click=${() => { this.run(entry); }} @pointermove=${() => { this.active = i; }}><span>${entry.title}</span>
          ${entry.enabled === true ? nothing : html`<small title=${entry.enabled}>${entry.enabled}</small>`}${entry.keys
            ? html`<kbd>${entry.keys}</kbd>` : nothing}</li>`)}</ul>
      ${matches.length === 0 ? html`<p class="muted">${S.paletteEmpty}</p>` : nothing}
      <span class="hidden" role="status">${S.paletteCount(matches.length)}</span></dialog>`;
  }

  private key(event: KeyboardEvent, matches: readonly PaletteEntry[], active: number): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    const entry = matches[active];
    if (step !== undefined) this.move(Math.min(matches.length - 1, Math.max(0, active + step)));
    else if (event.key === 'Enter' && entry) this.run(entry);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private move(to: number): void {
    this.active = to;
    void this.updateComplete.then(() => { this.renderRoot.querySelector(`#o${to}`)?.scrollIntoView({ block: 'nearest' }); });
  }

  private run(entry: PaletteEntry): void {
    if (entry.enabled !== true) return;
    this.close();
    this.dispatchEvent(new CustomEvent('hs-command', { detail: { id: entry.id, args: entry.args }, bubbles: true, composed: true }));
  }
}
define('headscope-palette', Palette);
