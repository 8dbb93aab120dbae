// Diagnostics: what this page and its server hold and how long the picture took; for reports of errors,
// and to say how much memory the page may use.

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { storeOf } from '../ui/tile_store';
import { S } from '../base/words/shell';
import type { ViewBase } from '../views/common/view_base';
import { textureBytes } from '../views/gl/gl_raster';
import type { Controller } from './controller';
import { ICONS } from './icons';
import { dialogStyles, shellStyles } from './shell';

const MB = 2 ** 20;
const LEAST_MB = 16;
const MOST_MB = 4096;

export class Diagnostics extends LitElement {
  static override properties = { controller: { attribute: false }, view: { attribute: false }, copied: { state: true } };
  static override styles = [shellStyles, dialogStyles, css`
    dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; }
    dt { color: var(--hs-muted); } dd { margin: 0; overflow-wrap: anywhere; }
    .acts { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-top: 14px; }
    label { display: inline-flex; align-items: center; gap: 8px; } input { width: 6rem; padding: 2px 6px; }
  `];
  declare controller: Controller;
  declare view: ViewBase | null;
  declare copied: boolean;

  constructor() {
    super();
    this.view = null;
    this.copied = false;
  }

  open(): void {
    this.copied = false;
    this.requestUpdate();
    // The server's own numbers, as they are now.
    void this.controller.server.look().then(() => { this.requestUpdate(); });
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  /** [what, how much], as they stand in the dialog and in the copied text. */
  private rows(): [string, string][] {
    const { info, trace, engine, errorLog } = this.controller;
    const names = S.diagnosticsRows;
    const store = storeOf(engine);
    const counts = store.counts();
    const model = info?.models[0];
    const times = Object.entries(this.view?.timings() ?? {}).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`);
    const cache = info?.cache;
    const { renderer } = (this.view ?? {}) as { renderer?: string };
    return [
      [names.version, info?.version ?? S.unknown],
      [names.model, model ? `${model.name}${S.modelShape(model.layers, model.heads)}, ${model.fingerprint || S.unknown}` : S.noModel],
      [names.trace, trace?.id ?? S.none],
      [names.renderer, renderer ?? S.unknown],
      [names.tiles, S.diagnosticsTiles(counts.cached, counts.bytes, store.limit)],
      [names.textures, S.diagnosticsTextures(textureBytes())],
      [names.onWay, String(counts.inflight)],
      [names.cancelled, String(counts.cancelled)],
      [names.serverCache, cache ? S.diagnosticsServer(cache.traces, cache.trace_bytes, cache.tile_bytes, cache.tile_limit) : S.unknown],
      [names.timings, times.join(', ') || S.none],
      [names.errors, errorLog.map((e) => e.code).join(', ') || S.none],
      [names.browser, navigator.userAgent],
    ];
  }

  private close(): void { this.renderRoot.querySelector('dialog')?.close(); }

  private async copy(): Promise<void> {
    const text = this.rows().map(([name, value]) => `${name}: ${value}`).join('\n');
    this.copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
  }

  private limit(event: Event): void {
    const wanted = (event.target as HTMLInputElement).valueAsNumber;
    if (!(wanted >= LEAST_MB && wanted <= MOST_MB)) return;
    storeOf(this.controller.engine).limit = wanted * MB;
    this.requestUpdate();
  }

  override render(): TemplateResult {
    return html`<dialog data-testid="diagnostics-dialog" aria-labelledby="title"
        @click=${(e: MouseEvent) => { if (e.target === e.currentTarget) this.close(); }}>
      <header><h2 id="title">${S.diagnostics}</h2>
        <button class="quiet" aria-label=${S.close} @click=${() => { this.close(); }}>${ICONS.close}</button></header>
      <div class="body" tabindex="0" role="group" aria-labelledby="title">
        <dl>${this.rows().map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
        <div class="acts"><label>${S.diagnosticsLimit}<input class="field" type="number" data-testid="tile-limit" min=${LEAST_MB} max=${MOST_MB}
            .value=${String(storeOf(this.controller.engine).limit / MB)} @change=${(e: Event) => { this.limit(e); }}></label>
          <button data-testid="copy-diagnostics" @click=${() => { void this.copy(); }}>${S.diagnosticsCopy}</button>
          <span role="status" class="muted">${this.copied ? S.diagnosticsCopied : nothing}</span></div></div></dialog>`;
  }
}
define('headscope-diagnostics', Diagnostics);
