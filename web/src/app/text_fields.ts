// Text A and Text B: plain growing fields, the number of tokens, and why they are read-only where
// there is no model.

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { MAX_GENERATE } from '../base/link';
import { S } from '../base/words/shell';
import { inlineCode } from '../ui/inline_code';
import { ICONS } from './icons';
import { estimateTokens } from './session';
import { ShellElement, shellStyles } from './shell';

const USUAL_TOKENS = 20;

export class TextFields extends ShellElement {
  static override properties = { ...ShellElement.properties, wanted: { state: true } };
  static override styles = [shellStyles, css`
    :host { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 3px 10px; padding: 5px 12px; background: var(--hs-panel);
      border-bottom: 1px solid var(--hs-hairline); }
    .text { display: flex; flex: 1 1 16rem; align-items: flex-start; gap: 6px; min-width: 0; }
    .text > span { font-weight: 600; line-height: 28px; color: var(--hs-muted); flex: none; }
    textarea { flex: 1; min-width: 0; min-height: 28px; max-height: calc(3lh + 8px); padding: 3px 8px; line-height: 1.5; resize: none;
      overflow-y: auto; field-sizing: content; border: 1px solid var(--hs-border); border-radius: 6px; background: var(--hs-bg); }
    textarea[readonly] { background: var(--hs-panel); border-style: dashed; }
    .side { display: flex; align-items: center; gap: 8px; min-height: 28px; flex: none; }
    .count { min-width: 4.6rem; text-align: end; color: var(--hs-muted); }
    .count.over { color: var(--hs-error); font-weight: 700; }
    .reason { flex: 1 1 100%; margin: 0; font-size: .75rem; color: var(--hs-warn); }
    button.small { padding: 2px 8px; }
    .generate { display: inline-flex; align-items: center; gap: 4px; } .generate input { width: 4rem; padding: 2px 6px; }
  `];
  /** Tokens that Generate asks for. */
  declare wanted: number;

  constructor() {
    super();
    this.wanted = USUAL_TOKENS;
  }

  override render(): TemplateResult {
    const { state, session } = this.controller;
    const able = this.controller.can('run');
    if (this.controller.readsPictures) return this.pictureField();
    const { loading = null, problem = null } = this.controller.info ?? {};
    const reason = loading ? S.readingModel(loading.model, loading.done, loading.total) : this.controller.info && able !== true ? able : null;
    const target = this.target();
    return html`
      ${this.field('a', target ? S.source : S.textA, target ? S.marks.source : S.marks.a, state.textA, reason !== null)}
      ${state.textB === null ? nothing : this.field('b', target ? S.target : S.textB, target ? S.marks.target : S.marks.b, state.textB, reason !== null)}
      <div class="side">
        ${state.textB === null && (target || this.controller.can('generate') !== true)
          ? html`<button class="small" data-testid="add-b" aria-disabled=${reason ? 'true' : 'false'} title=${reason ?? ''}
          @click=${() => { this.addB(reason); }}>${target ? S.addTarget : S.addB}</button>` : nothing}
        ${this.generation()}
        ${this.count()}
        ${session.status.kind === 'manual' ? html`<button class="small primary" data-testid="run" title=${S.runHint}
          @click=${() => { this.send('app.run'); }}>${S.run}</button>` : nothing}
      </div>
      ${this.controller.state.generate > 0 ? this.controller.trace?.generationNotes?.map((note) =>
        html`<p class="reason" role="note" data-testid="generation-note">${S.sentence(note)}</p>`) : nothing}
      ${reason ? html`<p class="reason" role="note" id="reason" data-testid="read-only"
        title=${reason}>${inlineCode(loading ? reason : problem ? S.readOnlyNoModel(problem.action) : `${S.readOnly}: ${reason}`)}</p>` : nothing}`;
  }

  /** In the place of the texts, where the model reads pictures. */
  private pictureField(): TemplateResult {
    const { trace } = this.controller;
    return html`<div class="side"><button class="small primary" data-testid="choose-picture"
        @click=${() => { this.send('app.picture'); }}>${S.openPicture}</button>
      <span>${trace?.picture && trace.title ? S.pictureShown(trace.title) : S.pictureHint}</span>
      <span class="count" data-testid="token-count">${trace ? S.tokens(trace.query.tokens.length) : ''}</span></div>`;
  }

  /** Source and target: of the model that is to run, else of the trace that is shown. */
  private target(): boolean {
    const { state, session, trace, info } = this.controller;
    return info?.models.length ? session.readsTarget(state.model) : trace?.key !== null && trace !== null;
  }

  private generation(): TemplateResult | typeof nothing {
    const { controller: c } = this;
    if (c.can('generate') !== true) return nothing;
    const go = (): void => { this.send('generate.set', { tokens: this.wanted }); };
    return html`<span class="generate"><button class="small" data-testid="generate" title=${S.generateHelp} @click=${go}>${S.generate}</button>
      <input class="field" type="number" data-testid="generate-tokens" aria-label=${S.generateTokens} min="1" max=${MAX_GENERATE}
        .value=${String(c.state.generate || this.wanted)}
        @change=${(e: Event) => { this.want(e.target as HTMLInputElement); }} @keydown=${(e: KeyboardEvent) => { if (e.key === 'Enter') go(); }}>
      ${c.state.generate > 0 ? html`<button class="quiet" data-testid="ungenerate" aria-label=${S.ungenerate} title=${S.ungenerate}
        @click=${() => { this.send('generate.set', { tokens: 0 }); }}>${ICONS.close}</button>` : nothing}</span>`;
  }

  private want(input: HTMLInputElement): void {
    const { valueAsNumber: tokens } = input;
    if (Number.isInteger(tokens) && tokens >= 1 && tokens <= MAX_GENERATE) this.wanted = tokens;
    else input.value = String(this.wanted);
  }

  private field(id: 'a' | 'b', name: string, mark: string, value: string, readonly: boolean): TemplateResult {
    return html`<div class="text"><span aria-hidden="true">${mark}</span>
      <textarea rows="1" data-testid="text-${id}" aria-label=${name} dir="auto" spellcheck="false" autocomplete="off" maxlength="200000"
        ?readonly=${readonly} aria-describedby=${readonly ? 'reason' : nothing} .value=${value}
        @input=${(e: Event) => { this.send('text.set', { [id]: (e.target as HTMLTextAreaElement).value }); }}
        @keydown=${(e: KeyboardEvent) => { this.key(e); }}></textarea>
      ${id === 'b' && !readonly ? html`<button class="quiet" data-testid="remove-b" aria-label=${S.removeB} title=${S.removeB}
        @click=${() => { this.removeB(); }}>${ICONS.close}</button>` : nothing}</div>`;
  }

  /** Exact for what is shown; an estimate while another text waits to be run. */
  private count(): TemplateResult | typeof nothing {
    const { session, state, trace, info } = this.controller;
    const exact = session.counted?.tokens ?? (trace && !session.stale ? trace.query.tokens.length : null);
    const limit = session.counted?.limit ?? info?.models.find((m) => m.name === state.model || state.model === '')?.max_tokens;
    // Without a way to cut texts there is nothing to guess: ids would be counted, not words.
    if (exact === null && this.controller.can('run') !== true) return nothing;
    const shown = exact ?? estimateTokens(state.textA, state.textB);
    const guessed = exact === null && (session.status.kind === 'manual' || session.failure !== null);
    const over = limit !== undefined && shown > limit;
    const text = over ? S.tokensOf(shown, limit) : guessed ? S.aboutTokens(shown) : S.tokens(shown);
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
