// Copy what is on screen: the picture, its link, its numbers as a table (Shift+E, in every view).

import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { S } from '../base/words/shell';
import { define } from '../ui/define';
import { ICONS } from './icons';
import { dialogStyles, shellStyles } from './shell';

/** How each of them is had; null = there is none, with the reason. */
export interface CopySources {
  /** The core's figure as SVG. */
  picture: () => Promise<Uint8Array>;
  link: () => string;
  table: () => string | null;
}

type What = 'picture' | 'link' | 'table';
/** Pixels a CSS pixel of the figure. */
const SHARPNESS = 2;

export class CopyDialog extends LitElement {
  static override properties = { sources: { attribute: false }, said: { state: true } };
  static override styles = [shellStyles, dialogStyles, css`
    dialog { width: min(420px, calc(100vw - 24px)); }
    .acts { display: flex; flex-wrap: wrap; gap: 8px; }
  `];
  declare sources: CopySources | null;
  declare said: string;

  constructor() {
    super();
    this.sources = null;
    this.said = '';
  }

  open(): void {
    this.said = '';
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  private async copy(what: What): Promise<void> {
    const { sources } = this;
    if (!sources) return;
    this.said = S.copying;
    try {
      if (what === 'picture') await copyPicture(sources.picture());
      else {
        const text = what === 'link' ? sources.link() : sources.table();
        if (text === null) {
          this.said = S.copyNoTable;
          return;
        }
        await navigator.clipboard.writeText(text);
      }
      this.said = S.copiedWhat[what];
    } catch (error) {
      this.said = `${S.copyFailed} ${error instanceof Error ? error.message : ''}`.trim();
    }
  }

  override render(): TemplateResult {
    const act = (what: What): TemplateResult => html`<button data-testid="copy-${what}" @click=${() => { void this.copy(what); }}>${S.copyWhat[what]}</button>`;
    return html`<dialog data-testid="copy-dialog" aria-labelledby="title" @click=${(e: MouseEvent) => { if (e.target === e.currentTarget) this.close(); }}>
      <header><h2 id="title">${S.copyTitle}</h2><button class="quiet" aria-label=${S.close} @click=${() => { this.close(); }}>${ICONS.close}</button></header>
      <div class="body"><div class="acts">${act('picture')}${act('link')}${act('table')}</div>
        <p role="status" data-testid="copy-said">${this.said === '' ? nothing : this.said}</p></div></dialog>`;
  }

  private close(): void { this.renderRoot.querySelector('dialog')?.close(); }
}
define('headscope-copy', CopyDialog);

/** As PNG, which every program pastes. The item is made at once, or the browser no longer knows that a user asked. */
async function copyPicture(svg: Promise<Uint8Array>): Promise<void> {
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': svg.then(toPng) })]);
}

async function toPng(svg: Uint8Array): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg as BlobPart], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * SHARPNESS;
    canvas.height = image.naturalHeight * SHARPNESS;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => { canvas.toBlob((blob) => { if (blob) resolve(blob); else reject(new Error('no PNG')); }, 'image/png'); });
  } finally {
    URL.revokeObjectURL(url);
  }
}
