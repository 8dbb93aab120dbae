// The top row: model, undo and redo, commands, theme, help, share, export.

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { choiceText } from '../base/controls';
import { S } from '../base/strings';
import { ICONS } from './icons';
import { ShellElement, shellStyles } from './shell';

/** Out of sight where the bar is narrow, still the button's name. */
const away = css`position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);`;

export class TopBar extends ShellElement {
  static override styles = [shellStyles, css`
    :host { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; padding: 5px 12px; background: var(--hs-panel); border-bottom: 1px solid var(--hs-hairline); }
    .name { font-weight: 700; font-size: .9375rem; letter-spacing: -.01em; margin-inline-end: 4px; }
    label { display: flex; align-items: center; gap: 6px; min-width: 0; }
    select { min-height: 28px; max-width: 17rem; padding: 2px 6px; border: 1px solid var(--hs-border); border-radius: 6px; background: var(--hs-bg); text-overflow: ellipsis; }
    .group { display: flex; gap: 2px; }
    .search { display: flex; align-items: center; gap: 8px; flex: 0 1 19rem; min-width: 2.4rem; margin-inline: auto; color: var(--hs-muted); text-align: start; padding-inline: 8px; }
    .search span { flex: 1; overflow: hidden; text-overflow: ellipsis; }
    .search svg { flex: none; }
    .wide { display: flex; align-items: center; gap: 6px; }
    @container (max-width: 1000px) { .name, .search kbd { display: none; } label > span, .wide span { ${away} } .wide { padding-inline: 6px; } .search { flex-shrink: 1; } }
    @container (max-width: 760px) {
      .search { flex: 0 0 auto; margin: 0; } .search span { ${away} }
      label { flex: 1 1 100%; } select { max-width: 100%; flex: 1; } .end { margin-inline-start: auto; }
    }
  `];

  override render(): TemplateResult {
    const { history, state } = this.controller;
    const theme = choiceText('theme', state.theme);
    return html`<span class="name">${S.name}</span>
      ${this.models()}
      <div class="group">
        <button class="quiet" data-testid="open-trace" aria-label=${S.openTrace} title=${S.openTrace} @click=${() => { this.send('app.open'); }}>${ICONS.open}</button>
        ${this.button('undo', S.undo(history.undoName), ICONS.undo, history.undoName !== null)}
        ${this.button('redo', S.redo(history.redoName), ICONS.redo, history.redoName !== null)}</div>
      <button class="search" data-testid="palette" aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K" @click=${() => { this.send('app.palette'); }}>
        ${ICONS.search}<span>${S.palette}</span><kbd aria-hidden="true">Ctrl K</kbd></button>
      <div class="group end">
        <button class="quiet" data-testid="theme" aria-label=${S.theme(theme)} title=${S.theme(theme)} @click=${() => { this.send('theme.next'); }}>${ICONS[state.theme]}</button>
        <button class="quiet" data-testid="help" aria-haspopup="dialog" aria-label=${S.help} title=${S.help} @click=${() => { this.send('app.help'); }}>${ICONS.help}</button></div>
      <button class="wide" data-testid="share" @click=${() => { this.send('app.share'); }}>${ICONS.share}<span>${S.share}</span></button>
      <button class="wide" data-testid="export" aria-haspopup="dialog" @click=${() => { this.send('app.export'); }}>${ICONS.export}<span>${S.export}</span></button>`;
  }

  private button(id: 'undo' | 'redo', title: string, icon: TemplateResult, enabled: boolean): TemplateResult {
    return html`<button class="quiet" data-testid=${id} title=${title} aria-label=${title} aria-disabled=${enabled ? 'false' : 'true'}
      @click=${() => { if (enabled) this.send(`app.${id}`); }}>${icon}</button>`;
  }

  private models(): TemplateResult {
    const { info, state, trace } = this.controller;
    const models = info?.models ?? [];
    const traces = [...(info?.traces ?? []), ...this.controller.opened];
    const value = state.trace ? `t ${state.trace}` : `m ${state.model || models[0]?.name || ''}`;
    const option = (id: string, text: string, title: string): TemplateResult => html`<option value=${id} title=${title} ?selected=${id === value}>${text}</option>`;
    return html`<label title=${models.find((m) => m.name === (state.model || models[0]?.name))?.source ?? ''}><span>${S.model}</span>
      <select data-testid="model-menu" @change=${(e: Event) => { this.choose((e.target as HTMLSelectElement).value); }}>
        ${models.length === 0 && !state.trace ? option(value, trace ? `${trace.model.name} (${S.readOnly.toLowerCase()})` : info ? S.noModel : S.loading, '') : nothing}
        ${models.length > 0 ? html`<optgroup label=${S.models}>${models.map((m) => option(`m ${m.name}`, `${m.name} ${S.modelShape(m.layers, m.heads)}`, `${m.source}, ${m.precision}`))}</optgroup>` : nothing}
        ${traces.length > 0 ? html`<optgroup label=${S.traces}>${traces.map((t) => option(`t ${t.id}`, `${t.query.text_a?.slice(0, 40) ?? t.id} · ${t.model.name}`, t.title || t.id))}</optgroup>` : nothing}
      </select></label>`;
  }

  private choose(value: string): void {
    const id = value.slice(2);
    if (value.startsWith('t ')) this.send('trace.open', { trace: id });
    else this.send('model.set', { model: id });
  }
}
define('headscope-top-bar', TopBar);
