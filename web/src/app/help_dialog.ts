// Help: what the picture shows, and the keys.

import { LitElement, css, html, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { S } from '../base/words/shell';
import { ICONS } from './icons';
import { helpKeys } from './keys';
import { dialogStyles, shellStyles } from './shell';

export class HelpDialog extends LitElement {
  static override properties = { singleKeys: { type: Boolean } };
  static override styles = [shellStyles, dialogStyles, css`
    h3 { font-size: .875rem; margin: 14px 0 6px; }
    p { margin: 0 0 8px; max-width: 60ch; }
    .words { margin: 0; } .words div { display: grid; grid-template-columns: 8rem 1fr; gap: 8px; padding: 2px 0; } .words dt { font-weight: 600; }
      .words dd { margin: 0; }
    .keys { columns: 2 15rem; column-gap: 24px; margin: 8px 0 0; padding: 0; list-style: none; }
    .keys li { display: flex; justify-content: space-between; gap: 10px; padding: 3px 0; break-inside: avoid; border-bottom: 1px solid var(--hs-hairline); }
    label { display: inline-flex; align-items: center; gap: 8px; min-height: 28px; }
  `];
  declare singleKeys: boolean;

  constructor() {
    super();
    this.singleKeys = true;
  }

  open(): void { this.renderRoot.querySelector('dialog')?.showModal(); }

  override render(): TemplateResult {
    return html`<dialog data-testid="help-dialog" aria-labelledby="title" @click=${(e: MouseEvent) => { if (e.target === e.currentTarget) this.close(); }}>
      <header><h2 id="title">${S.helpTitle}</h2><button class="quiet" aria-label=${S.close}
        @click=${() => { this.close(); }}>${ICONS.close}</button></header>
      <div class="body" tabindex="0" role="group" aria-labelledby="title"><p>${S.helpWords}</p><p>${S.helpCaution}</p>
        <h3>${S.glossary}</h3><dl class="words">${S.glossaryWords.map(([word, means]) => html`<div><dt>${word}</dt><dd>${means}</dd></div>`)}</dl>
        <h3>${S.helpKeys}</h3><p class="muted">${S.helpKeysWhere}</p>
        <label><input type="checkbox" data-testid="single-keys" .checked=${this.singleKeys}
          @change=${(e: Event) => { this.dispatchEvent(new CustomEvent('single-keys', { detail: (e.target as HTMLInputElement).checked }));
            }}>${S.singleKeys}</label>
        <ul class="keys">${helpKeys().map(({ keys, title }) => html`<li><span>${title}</span><kbd>${keys}</kbd></li>`)}</ul></div></dialog>`;
  }

  private close(): void { this.renderRoot.querySelector('dialog')?.close(); }
}
define('headscope-help', HelpDialog);
