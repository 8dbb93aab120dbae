// Export: the figure of the view as SVG, PDF or PNG, and its numbers as CSV, NPY or safetensors. All are made
// by the core of exactly the state on screen; the preview is the SVG file that is saved.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import type { FigureAnswer, FigureFormat, NumbersChoice, NumbersFormat } from '../api/engine';
import { S } from '../base/words/shell';
import type { Controller } from './controller';
import { ICONS } from './icons';
import { failureOf, type Failure } from './session';
import { dialogStyles, shellStyles } from './shell';

const FORMATS: readonly FigureFormat[] = ['svg', 'pdf', 'png'];
const NUMBERS: readonly NumbersFormat[] = ['csv', 'npy', 'safetensors'];

export class ExportDialog extends LitElement {
  static override properties = { controller: { attribute: false }, figure: { state: true }, wanted: { state: true }, failure: { state: true },
    choice: { state: true }, numbers: { state: true }, saved: { state: true }, busy: { state: true } };
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
    fieldset.row { flex-direction: row; gap: 14px; }
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
  declare numbers: NumbersFormat;
  declare saved: string;
  /** What is being made beside the preview. */
  declare busy: string;
  private abort: AbortController | null = null;

  constructor() {
    super();
    this.figure = null;
    this.wanted = false;
    this.failure = null;
    this.choice = 'drawn';
    this.numbers = 'csv';
    this.saved = '';
    this.busy = '';
  }

  open(): void {
    this.forget();
    const { view, pins } = this.controller.state;
    this.choice = view === 'neuron' ? 'neuron' : pins.length > 0 ? 'pinned' : view === 'model' ? 'table' : view === 'matrix' ? 'heads' : 'drawn';
    this.abort = new AbortController();
    this.renderRoot.querySelector('dialog')?.showModal();
    // What one came for: E and Enter save the figure.
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>('.acts button')?.focus(); });
    if (this.drawable()) void this.draw(this.abort);
  }

  private drawable(): boolean { return this.controller.state.view !== 'corpus'; }

  private async draw(abort: AbortController): Promise<void> {
    try {
      const able = this.controller.can('figure');
      if (able !== true) throw Object.assign(new Error(able), { code: 'HS-CAP-01' });
      const answer = await this.controller.figure('svg', { signal: abort.signal, priority: 0 }, this.name('svg'));
      if (this.abort !== abort) return;
      this.figure = { ...answer, url: URL.createObjectURL(new Blob([answer.bytes as BlobPart], { type: answer.type })) };
      if (this.wanted) this.saveFigure('svg');
    } catch (error) {
      if (this.abort === abort) this.failure = failureOf(error);
    }
  }

  private saveFigure(format: FigureFormat): void {
    if (format !== 'svg') {
      void this.made(S.exportMaking(format), async (abort) => {
        const answer = await this.controller.figure(format, { signal: abort.signal, priority: 0 }, this.name(format));
        if (this.abort === abort) save(this.name(format), answer.type, answer.bytes);
      });
      return;
    }
    this.wanted = this.figure === null && this.failure === null;
    if (this.figure) save(this.name('svg'), this.figure.type, this.figure.bytes);
  }

  /** The article's six, each beside its word, whatever is on screen. */
  private saveSix(): void {
    void this.made(S.exportMaking('svg'), async (abort) => {
      for (const { name, state } of this.controller.articleFigures()) {
        const answer = await this.controller.figureOf(state, 'svg', { signal: abort.signal, priority: 0 }, name);
        if (this.abort !== abort) return;
        save(name, answer.type, answer.bytes);
      }
    });
  }

  private saveNumbers(): void {
    this.saved = S.loading;
    void this.made('', async (abort) => {
      const answer = await this.controller.numbers(this.choice, this.format(), { signal: abort.signal, priority: 0 });
      if (this.abort !== abort) return;
      save(answer.name, 'application/octet-stream', answer.bytes);
      this.saved = S.exportSaved(answer.rows, answer.name);
    });
  }
  /** The table of heads is text. */
  private format(): NumbersFormat { return this.choice === 'table' ? 'csv' : this.numbers; }

  private async made(what: string, work: (abort: AbortController) => Promise<void>): Promise<void> {
    const { abort } = this;
    if (!abort) return;
    this.failure = null;
    this.busy = what;
    try {
      await work(abort);
    } catch (error) {
      if (this.abort !== abort) return;
      this.saved = '';
      this.failure = failureOf(error);
    }
    if (this.abort === abort) this.busy = '';
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
    this.busy = '';
  }

  private name(format: FigureFormat): string {
    const { heads, view } = this.controller.state;
    const of = view === 'model' ? 'model' : `${heads.slice(0, 4).join('-')}${heads.length > 4 ? '-more' : ''}${view === 'head' ? '' : `-${view}`}`;
    return `headscope-${of}.${format}`;
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
    if (!this.drawable()) return html`<section><h3>${S.exportFigure}</h3><p class="muted">${S.exportFigureOther}</p></section>`;
    const state = figure || this.failure ? this.busy : this.wanted ? S.exportWaiting : S.loading;
    // The acts stand before the preview, which comes later and takes the same room.
    return html`<section><h3>${S.exportFigure}</h3>
      <div class="acts">${FORMATS.map((format) => html`<button class=${format === 'svg' ? 'primary' : ''} data-testid="export-${format}"
          aria-busy=${format === 'svg' && this.wanted ? 'true' : 'false'}
          @click=${() => { this.saveFigure(format); }}>${format === 'svg' ? S.download(this.name('svg')) : S.saveAs(format)}</button>`)}
        ${this.controller.articleFigures().length === 0 ? nothing : html`<button data-testid="export-six"
          @click=${() => { this.saveSix(); }}>${S.exportSix}</button>`}
        <span class="muted" role="status">${state}</span></div>
      <div class="preview" tabindex="0" role="group"
        aria-label=${S.exportPreview}>${figure ? html`<img data-testid="figure-preview" alt=${figure.description} src=${figure.url}>` : nothing}</div>
      <p class="muted">${S.exportCaption}</p>${figure?.warnings.map((w) => html`<p role="status">${w}</p>`) ?? nothing}</section>`;
  }

  private choices(): readonly NumbersChoice[] {
    return this.controller.state.view === 'neuron' ? ['neuron', 'pinned', 'heads', 'all', 'table'] : ['drawn', 'pinned', 'heads', 'all', 'table'];
  }

  private numbersPart(): TemplateResult {
    const pinned = this.controller.state.pins.length > 0;
    return html`<section><h3>${S.exportNumbers}</h3>
      <fieldset><legend class="hidden">${S.exportNumbers}</legend>${this.choices().map((c) => html`<label
        class=${c === 'pinned' && !pinned ? 'off' : ''}><input type="radio" name="choice" value=${c} .checked=${c === this.choice}
          ?disabled=${c === 'pinned' && !pinned} @change=${() => { this.choice = c; }}>${S.exportChoices[c]}</label>`)}</fieldset>
      <fieldset class="row"><legend class="hidden">${S.exportFormat}</legend>${NUMBERS.map((f) => html`<label
        class=${f !== 'csv' && this.choice === 'table' ? 'off' : ''}><input type="radio" name="format" value=${f} .checked=${f === this.format()}
          ?disabled=${f !== 'csv' && this.choice === 'table'} @change=${() => { this.numbers = f; }}>${S.exportFormats[f]}</label>`)}</fieldset>
      <div class="acts"><button data-testid="export-csv" @click=${() => { this.saveNumbers(); }}>${S.saveNumbers}</button><span class="muted"
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
