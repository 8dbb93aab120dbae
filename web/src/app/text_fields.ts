// Text A and Text B: plain growing fields, the number of tokens, and why they are read-only where
// there is no model.

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { S } from '../base/strings';
import { inlineCode } from '../ui/inline_code';
import { ICONS } from './icons';
import { estimateTokens } from './session';
import { ShellElement, shellStyles } from './shell';

export class TextFields extends ShellElement {
  static override styles = [shellStyles, css`
    :host { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 3px 10px; padding: 5px 12px; background: var(--hs-panel); border-bottom: 1px solid var(--hs-hairline); }
    .text { display: flex; flex: 1 1 16rem; align-items: flex-start; gap: 6px; min-width: 0; }
    .text > span { font-weight: 600; line-height: 28px; color: var(--hs-muted); flex: none; }
    textarea { flex: 1; min-width: 0; min-height: 28px; max-height: calc(3lh + 8px); padding: 3px 8px; line-height: 1.5; resize: none; overflow-y: auto; field-sizing: content; border: 1px solid var(--hs-border); border-radius: 6px; background: var(--hs-bg); }
    textarea[readonly] { background: var(--hs-panel); border-style: dashed; }
    .side { display: flex; align-items: center; gap: 8px; min-height: 28px; flex: none; }
    .count { min-width: 4.6rem; text-align: end; color: var(--hs-muted); }
    .count.over { color: var(--hs-error); font-weight: 700; }
    .reason { flex: 1 1 100%; margin: 0; font-size: .75rem; color: var(--hs-warn); }
    button.small { padding: 2px 8px; }
  `];

  override render(): TemplateResult {
    const { state, session } = this.controller;
    const able = this.controller.can('run');
    const loading = this.controller.info?.loading;
    const problem = this.controller.info?.problem;
    const reason = loading ? S.readingModel(loading.model, loading.done, loading.total) : this.controller.info && able !== true ? able : null;
    return html`
      ${this.field('a', S.textA, 'A', state.textA, reason !== null)}
      ${state.textB !== null ? this.field('b', S.textB, 'B', state.textB, reason !== null) : nothing}
      <div class="side">
        ${state.textB === null ? html`<button class="small" data-testid="add-b" aria-disabled=${reason ? 'true' : 'false'} title=${reason ?? ''} @click=${() => { this.addB(reason); }}>${S.addB}</button>` : nothing}
        ${this.count()}
        ${session.status.kind === 'manual' ? html`<button class="small primary" data-testid="run" title=${S.runHint} @click=${() => { this.send('app.run'); }}>${S.run}</button>` : nothing}
      </div>
      ${reason ? html`<p class="reason" role="note" id="reason" data-testid="read-only" title=${reason}>${inlineCode(loading ? reason : problem ? S.readOnlyNoModel(problem.action) : `${S.readOnly}: ${reason}`)}</p>` : nothing}`;
  }

  private field(id: 'a' | 'b', name: string, mark: string, value: string, readonly: boolean): TemplateResult {
    return html`<div class="text"><span aria-hidden="true">${mark}</span>
      <textarea rows="1" data-testid="text-${id}" aria-label=${name} dir="auto" spellcheck="false" autocomplete="off" maxlength="200000" ?readonly=${readonly} aria-describedby=${readonly ? 'reason' : nothing}
        .value=${value} @input=${(e: Event) => { this.send('text.set', { [id]: (e.target as HTMLTextAreaElement).value }); }}
        @keydown=${(e: KeyboardEvent) => { this.key(e); }}></textarea>
      ${id === 'b' && !readonly ? html`<button class="quiet" data-testid="remove-b" aria-label=${S.removeB} title=${S.removeB} @click=${() => { this.removeB(); }}>${ICONS.close}</button>` : nothing}</div>`;
  }

  /** Exact for what is shown; an estimate while another text waits to be run. */
  private count(): TemplateResult {
    const { session, state, trace, info } = this.controller;
    const exact = session.counted?.tokens ?? (trace && !session.stale ? trace.query.tokens.length : null);
    const limit = session.counted?.limit ?? info?.models.find((m) => m.name === state.model || state.model === '')?.max_tokens;
    const shown = exact ?? estimateTokens(state.textA, state.textB);
    const over = limit !== undefined && shown > limit;
    const text = over ? S.tokensOf(shown, limit) : exact === null && session.status.kind === 'manual' ? S.aboutTokens(shown) : S.tokens(shown);
    return html`<span class="count ${over ? 'over' : ''}" data-testid="token-count">${text}</span>`;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      this.send('app.run');
      event.preventDefault();
    }
  }

  private addB(reason: string | null): void {
    if (reason) return;
    this.send('text.add-b');
    void this.updateComplete.then(() => { this.focusText('b'); });
  }

  private removeB(): void {
    this.send('text.remove-b');
    void this.updateComplete.then(() => { this.focusText('a'); });
  }

  focusText(id: 'a' | 'b'): void { this.renderRoot.querySelector<HTMLElement>(`[data-testid=text-${id}]`)?.focus(); }

  /** Fields grow with their text where the browser cannot size them by content itself. */
  protected override updated(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    for (const area of this.renderRoot.querySelectorAll('textarea')) {
      area.style.height = 'auto';
      area.style.height = `${area.scrollHeight + 2}px`;
    }
  }
}
define('headscope-text', TextFields);
