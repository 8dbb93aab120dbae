// The top row: model, undo and redo, commands, theme, help, share, export.

import { css, html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { define } from '../ui/define';
import type { ListedModel, ModelEntry, TraceEntry } from '../api/engine';
import { choiceText } from '../base/controls';
import { textsOf } from '../base/trace_info';
import { PRECISIONS } from '../base/precision';
import { P } from '../base/words/precision';
import { S } from '../base/words/shell';
import { ICONS } from './icons';
import { ShellElement, shellStyles } from './shell';

/** Out of sight where the bar is narrow, still the button's name. */
const away = css`position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);`;

/** Characters of a trace's text that its entry of the menu shows. */
const SHOWN_TEXT = 40;

export class TopBar extends ShellElement {
  static override styles = [shellStyles, css`
    :host { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; padding: 5px 12px; background: var(--hs-panel);
      border-bottom: 1px solid var(--hs-hairline); }
    .name { font-weight: 700; font-size: .9375rem; letter-spacing: -.01em; margin-inline-end: 4px; }
    label { display: flex; align-items: center; gap: 6px; min-width: 0; }
    select { min-height: 28px; max-width: 17rem; padding: 2px 6px; border: 1px solid var(--hs-border); border-radius: 6px;
      background: var(--hs-bg); text-overflow: ellipsis; }
    .group { display: flex; gap: 2px; }
    .search { display: flex; align-items: center; gap: 8px; flex: 0 1 19rem; min-width: 2.4rem; margin-inline: auto; color: var(--hs-muted);
      text-align: start; padding-inline: 8px; }
    .search span { flex: 1; overflow: hidden; text-overflow: ellipsis; }
    .search svg { flex: none; }
    .wide { display: flex; align-items: center; gap: 6px; }
    @container (max-width: 1000px) {
      .name, .search kbd { display: none; } label > span, .wide span { ${away} } .wide { padding-inline: 6px; } .search { flex-shrink: 1; }
    }
    @container (max-width: 760px) {
      .search { flex: 0 0 auto; margin: 0; } .search span { ${away} }
      label { flex: 1 1 50%; } label.precision { flex: 0 0 auto; } select { max-width: 100%; flex: 1; } .end { margin-inline-start: auto; }
    }
  `];

  override render(): TemplateResult {
    const { history, state } = this.controller;
    const theme = S.theme(choiceText('theme', state.theme));
    return html`<span class="name">${S.name}</span>
      ${this.models()}${this.precision()}
      <div class="group">
        <button class="quiet" data-testid="open-trace" aria-label=${S.openTrace} title=${S.openTrace}
          @click=${() => { this.send('app.open'); }}>${ICONS.open}</button>
        ${this.button('undo', S.undo(history.undoName), ICONS.undo, history.undoName !== null)}
        ${this.button('redo', S.redo(history.redoName), ICONS.redo, history.redoName !== null)}</div>
      <button class="search" data-testid="palette" aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K"
        @click=${() => { this.send('app.palette'); }}>${ICONS.search}<span>${S.palette}</span><kbd aria-hidden="true">${S.paletteKeys}</kbd></button>
      <div class="group end">
        <button class="quiet" data-testid="theme" aria-label=${theme} title=${theme}
          @click=${() => { this.send('theme.next'); }}>${ICONS[state.theme]}</button>
        <button class="quiet" data-testid="help" aria-haspopup="dialog" aria-label=${S.help} title=${S.help}
          @click=${() => { this.send('app.help'); }}>${ICONS.help}</button></div>
      <button class="wide" data-testid="share" @click=${() => { this.send('app.share'); }}>${ICONS.share}<span>${S.share}</span></button>
      <button class="wide" data-testid="export" aria-haspopup="dialog"
        @click=${() => { this.send('app.export'); }}>${ICONS.export}<span>${S.export}</span></button>`;
  }

  private button(id: 'undo' | 'redo', title: string, icon: TemplateResult, enabled: boolean): TemplateResult {
    return html`<button class="quiet" data-testid=${id} title=${title} aria-label=${title} aria-disabled=${enabled ? 'false' : 'true'}
      @click=${() => { if (enabled) this.send(`app.${id}`); }}>${icon}</button>`;
  }

  /** The open model, those that can take its place, and the traces. */
  private models(): TemplateResult {
    const { info, state, library, uploads } = this.controller;
    const open = info?.models ?? [];
    const traces = [...(info?.traces ?? []), ...uploads.traces];
    const shownTrace = state.trace || (uploads.traces.some((t) => t.id === state.picture) ? state.picture : '');
    const value = shownTrace ? `t ${shownTrace}` : `m ${state.model || open[0]?.name || ''}`;
    const others = library.list.filter((m) => !open.some((o) => o.name === m.name));
    const here = others.filter((m) => m.runnable === true);
    const shown = open.find((m) => m.name === (state.model || open[0]?.name));
    return html`<label title=${shown ? sourceText(shown) : ''}><span>${S.model}</span>
      <select data-testid="model-menu" @focus=${() => { void library.refresh(); }}
        @change=${(e: Event) => { this.choose((e.target as HTMLSelectElement).value); }}>
        ${this.standIn(value, open, here)}
        ${group(here.length > 0 ? S.openModels : S.models, open,
          (m) => option(`m ${m.name}`, m.name + S.modelShape(m.layers, m.heads), sourceText(m), value))}
        ${group(S.otherModels, here, (m) => option(`m ${m.name}`, listedText(m), m.source, value))}
        ${group(S.modelsNotHere, others.filter((m) => m.runnable !== true), (m) => html`<option disabled title=${m.runnable}>${listedText(m)}</option>`)}
        ${group(S.traces, traces, (t) => option(`t ${t.id}`, traceText(t), t.title || t.id, value))}
      </select></label>`;
  }

  /** An entry for what is chosen and not among the others: no model, or one that is still being read. */
  private standIn(value: string, open: readonly ModelEntry[], here: readonly ListedModel[]): TemplateResult | typeof nothing {
    const { info, state, trace } = this.controller;
    if (state.trace || [...open, ...here].some((m) => value === `m ${m.name}`)) return nothing;
    const text = trace ? `${trace.model.name} (${S.readOnly.toLowerCase()})` : info ? S.noModel : S.loading;
    return option(value, state.model || text, '', value);
  }

  /** Of the next run, where the server can read its model anew; a trace that is opened whole has its own. */
  private precision(): TemplateResult | typeof nothing {
    const { info, state, library } = this.controller;
    if (state.trace !== '' || library.list.length === 0 || !(info?.models.length || info?.loading)) return nothing;
    return html`<label class="precision" title=${P.help}><span>${P.precision}</span>
      <select data-testid="precision" title=${P.meanings[state.precision]}
        @change=${(e: Event) => { this.send('precision.set', { precision: (e.target as HTMLSelectElement).value }); }}>
        ${PRECISIONS.map((p) => html`<optgroup label=${P.meanings[p]}>
          <option value=${p} .selected=${live(p === state.precision)}>${P.names[p]}</option></optgroup>`)}
      </select></label>`;
  }

  private choose(value: string): void {
    const id = value.slice(2);
    const picture = this.controller.uploads.traces.some((t) => t.id === id && t.picture && t.source === 'run');
    if (value.startsWith('t ') && picture) this.send('picture.open', { picture: id });
    else if (value.startsWith('t ')) this.send('trace.open', { trace: id });
    else this.send('model.set', { model: id });
  }
}
define('headscope-top-bar', TopBar);

function group<T>(label: string, entries: readonly T[], entry: (one: T) => TemplateResult): TemplateResult | typeof nothing {
  return entries.length > 0 ? html`<optgroup label=${label}>${entries.map(entry)}</optgroup>` : nothing;
}

function option(id: string, text: string, title: string, chosen: string): TemplateResult {
  return html`<option value=${id} title=${title} ?selected=${id === chosen}>${text}</option>`;
}

function listedText(m: ListedModel): string { return m.name + S.modelShape(m.layers, m.heads) + S.modelSize(m.bytes); }
function sourceText(m: ModelEntry): string { return S.modelSource(m.source, m.precision, m.weights === 'streamed'); }
function traceText(t: TraceEntry): string { return `${textsOf(t)?.a.slice(0, SHOWN_TEXT) || t.title || t.id} · ${t.model.name}`; }
