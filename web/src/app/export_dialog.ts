// Export: the figure of the head view as SVG and the numbers of the picture as CSV. Both are made by
// the core of exactly the state on screen; the preview is the file that is saved.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import type { FigureAnswer, NumbersChoice } from '../api/engine';
import { S } from '../base/words/shell';
import type { Controller } from './controller';
import { ICONS } from './icons';
import { failureOf, type Failure } from './session';
import { dialogStyles, shellStyles } from './shell';

const SVG = 'image/svg+xml';
const CHOICES: readonly NumbersChoice[] = ['drawn', 'pinned', 'heads', 'all', 'table'];

export class ExportDialog extends LitElement {
  static override properties = { controller: { attribute: false }, figure: { state: true }, wanted: { state: true }, failure: { state: true },
    choice: { state: true }, saved: { state: true } };
  static override styles = [shellStyles, dialogStyles, css`
    dialog { width: min(46rem, calc(100vw - 2rem)); }
    h3 { font-size: .875rem; margin: 0 0 8px; }
    section + section { margin-top: 18px; padding-top: 14px; border-top: 1px solid var(--hs-hairline); }
    .preview { display: flex; justify-content: center; height: min(24rem, 45dvh); margin-top: 10px; overflow: auto; padding: 10px;
      border: 1px solid var(--hs-hairline); border-radius: 6px; background: #fff; }
    img { max-width: 100%; height: auto; align-self: flex-start; }
    p { margin: 8px 0; max-width: 70ch; }
    .error { color: var(--hs-error); }
    fieldset { display: flex; flex-direction: column; gap: 2px; border: 0; padding: 0; margin: 0 0 10px; }
    label { display: flex; align-items: center; gap: 8px; min-height: 24px; }
    label.off { color: var(--hs-muted); }
    .acts { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
  `];
  declare controller: Controller;
  declare figure: (FigureAnswer & { url: string }) | null;
  /** Save was chosen before the figure was there: it is saved when it comes. */
  declare wanted: boolean;
  declare failure: Failure | null;
  declare choice: NumbersChoice;
  declare saved: string;
  private abort: AbortController | null = null;

  constructor() {
    super();
    this.figure = null;
    this.wanted = false;
    this.failure = null;
    this.choice = 'drawn';
    this.saved = '';
  }

  open(): void {
    this.forget();
    this.choice = this.controller.state.pins.length > 0 ? 'pinned' : 'drawn';
    this.abort = new AbortController();
    this.renderRoot.querySelector('dialog')?.showModal();
    // What one came for: E and Enter save the figure.
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>('.acts button')?.focus(); });
    if (this.controller.state.view === 'head') void this.draw(this.abort);
  }

  private async draw(abort: AbortController): Promise<void> {
    try {
      const able = this.controller.can('figure');
      if (able !== true) throw Object.assign(new Error(able), { code: 'HS-CAP-01' });
      const answer = await this.controller.figure({ signal: abort.signal, priority: 0 }, this.name());
      if (this.abort !== abort) return;
      this.figure = { ...answer, url: URL.createObjectURL(new Blob([answer.bytes as BlobPart], { type: SVG })) };
      if (this.wanted) this.saveFigure();
    } catch (error) {
      if (this.abort === abort) this.failure = failureOf(error);
    }
  }

  private saveFigure(): void {
    this.wanted = this.figure === null && this.failure === null;
    if (this.figure) save(this.name(), SVG, this.figure.bytes);
  }

  private async saveNumbers(): Promise<void> {
    const abort = this.abort;
    if (!abort) return;
    this.failure = null;
    this.saved = S.loading;
    try {
      const answer = await this.controller.numbers(this.choice, { signal: abort.signal, priority: 0 });
      if (this.abort !== abort) return;
      save(answer.name, 'text/csv', answer.bytes);
      this.saved = S.exportSaved(answer.rows, answer.name);
    } catch (error) {
      if (this.abort !== abort) return;
      this.saved = '';
      this.failure = failureOf(error);
    }
  }

  /** The figure of an earlier state, and its object address. */
  private forget(): void {
    this.abort?.abort();
    this.abort = null;
    if (this.figure) URL.revokeObjectURL(this.figure.url);
    this.figure = null;
    this.wanted = false;
    this.failure = null;
    this.saved = '';
  }

  private name(): string {
    const { heads } = this.controller.state;
    return `headscope-${heads.slice(0, 4).join('-')}${heads.length > 4 ? '-more' : ''}.svg`;
  }

  private close(): void { this.renderRoot.querySelector('dialog')?.close(); }

  override render(): TemplateResult {
    return html`<dialog data-testid="export-dialog" aria-labelledby="title" @close=${() => { this.forget(); }}
      @click=${(e: MouseEvent) => { if (e.target === e.currentTarget) this.close(); }}>
      <header><h2 id="title">${S.exportTitle}</h2><button class="quiet" aria-label=${S.close}
        @click=${() => { this.close(); }}>${ICONS.close}</button></header>
      <div class="body" tabindex="0" role="group" aria-labelledby="title">
        ${this.failure ? html`<p class="error" role="alert" data-testid="error-${this.failure.code}">${this.failure.message}</p>` : nothing}
        ${this.figurePart()}${this.numbersPart()}</div></dialog>`;
  }

  private figurePart(): TemplateResult {
    const { figure } = this;
    if (this.controller.state.view !== 'head') return html`<section><h3>${S.exportFigure}</h3><p class="muted">${S.exportFigureOther}</p></section>`;
    // The act stands before its preview, which comes later and takes the same room.
    return html`<section><h3>${S.exportFigure}</h3>
      <div class="acts"><button class="primary" data-testid="export-svg" aria-busy=${this.wanted ? 'true' : 'false'}
        @click=${() => { this.saveFigure(); }}>${S.download(this.name())}</button>
        <span class="muted" role="status">${figure || this.failure ? '' : this.wanted ? S.exportWaiting : S.loading}</span></div>
      <div class="preview" tabindex="0" role="group"
        aria-label=${S.exportPreview}>${figure ? html`<img data-testid="figure-preview" alt=${figure.description} src=${figure.url}>` : nothing}</div>
      <p class="muted">${S.exportCaption}</p>${figure?.warnings.map((w) => html`<p role="status">${w}</p>`) ?? nothing}</section>`;
  }

  private numbersPart(): TemplateResult {
    const pinned = this.controller.state.pins.length > 0;
    return html`<section><h3>${S.exportNumbers}</h3>
      <fieldset><legend class="hidden">${S.exportNumbers}</legend>${CHOICES.map((c) => html`<label class=${c === 'pinned' && !pinned ? 'off' : ''}>
        <input type="radio" name="choice" value=${c} .checked=${c === this.choice} ?disabled=${c === 'pinned' && !pinned}
          @change=${() => { this.choice = c; }}>${S.exportChoices[c]}</label>`)}</fieldset>
      <div class="acts"><button data-testid="export-csv" @click=${() => { void this.saveNumbers(); }}>${S.saveCsv}</button><span class="muted"
        role="status">${this.saved}</span></div></section>`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
  }
}
define('headscope-export', ExportDialog);

function save(name: string, type: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10000);
}
