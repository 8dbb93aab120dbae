// The picture that a model read, with its patches: those that are looked at are outlined, and the weight
// that the query gives to each is laid over it. Sends `patch` {patch|null} while it is pointed at and
// `pick` {patch} when one is clicked.

import { LitElement, css, html, type TemplateResult } from 'lit';
import { patchAt, type PictureInfo, type Pixels } from '../../base/patches';
import { V } from '../../base/words/views';
import { define } from '../../ui/define';
import { ownTheme } from '../../ui/own_theme';
import { clearedContext } from './canvas';

export interface PatchMarks {
  query: number | null;
  key: number | null;
  /** Of each patch, 0 to 1; null = nothing is laid over. */
  heat: Float32Array | null;
}

const NO_MARKS: PatchMarks = { query: null, key: null, heat: null };
/** Of a patch that gets nothing the picture is veiled so much. */
const VEIL = 0.6;

export class PatchPicture extends LitElement {
  static override properties = { pixels: { attribute: false }, info: { attribute: false }, theme: { reflect: true } };
  static override styles = [ownTheme, css`
    :host { position: relative; display: block; }
    canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
    .box { position: relative; width: 100%; cursor: crosshair; }
    p { margin: 4px 0 0; font-size: 12px; color: var(--_muted); }
  `];
  /** null until it has come. */
  declare pixels: Pixels | null;
  declare info: PictureInfo | undefined;
  declare theme: 'light' | 'dark';
  private marks = NO_MARKS;
  private pointed: number | null = null;
  private readonly observer = new ResizeObserver(() => { this.paint(); });

  constructor() {
    super();
    this.pixels = null;
    this.theme = 'light';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer.disconnect();
  }

  /** Painted at once: it follows the pointer. */
  show(marks: PatchMarks): void {
    this.marks = marks;
    this.paint();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('pixels')) this.paintPicture();
    this.paint();
  }

  /** In its own pixels; the browser sizes it. */
  private paintPicture(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.picture');
    const { pixels } = this;
    if (!canvas || !pixels) return;
    canvas.width = pixels.width;
    canvas.height = pixels.height;
    const image = new ImageData(pixels.width, pixels.height);
    for (let i = 0; i < pixels.width * pixels.height; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels.rgb[3 * i + c] as number;
      image.data[4 * i + 3] = 255;
    }
    canvas.getContext('2d')?.putImageData(image, 0, 0);
  }

  private paint(): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.box');
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('canvas.marks');
    const { info, marks } = this;
    if (!box || !canvas || !info) return;
    box.style.aspectRatio = `${info.width} / ${info.height}`;
    const [width, height] = [box.clientWidth, box.clientHeight];
    const ctx = clearedContext(canvas, width, height);
    if (!ctx) return;
    const [w, h] = [width / info.columns, height / info.rows];
    const most = marks.heat ? Math.max(1e-6, ...marks.heat) : 1;
    marks.heat?.forEach((v, i) => {
      ctx.fillStyle = `rgb(0 0 0 / ${VEIL * (1 - Math.max(0, v) / most)})`;
      ctx.fillRect((i % info.columns) * w, Math.floor(i / info.columns) * h, w + 0.5, h + 0.5);
    });
    const outline = (patch: number | null, colour: string): void => {
      if (patch === null) return;
      const [x, y] = [(patch % info.columns) * w, Math.floor(patch / info.columns) * h];
      for (const [line, stroke] of [[4, '#FFFFFF'], [2, colour]] as const) {
        ctx.lineWidth = line;
        ctx.strokeStyle = stroke;
        ctx.strokeRect(x + 1, y + 1, Math.max(2, w - 2), Math.max(2, h - 2));
      }
    };
    outline(marks.key, '#B5531A');
    outline(marks.query, '#0B57D0');
  }

  private at(event: MouseEvent): number | null {
    const box = this.renderRoot.querySelector('.box')?.getBoundingClientRect();
    return box && this.info ? patchAt(this.info, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height) : null;
  }

  private tell(type: 'patch' | 'pick', patch: number | null): void { this.dispatchEvent(new CustomEvent(type, { detail: { patch } })); }

  private point(patch: number | null): void {
    if (patch === this.pointed) return;
    this.pointed = patch;
    this.tell('patch', patch);
  }

  override render(): TemplateResult {
    return html`<div class="box" @pointermove=${(e: PointerEvent) => { this.point(this.at(e)); }} @pointerleave=${() => { this.point(null); }}
        @click=${(e: MouseEvent) => { const patch = this.at(e); if (patch !== null) this.tell('pick', patch); }}>
      <canvas class="picture" role="img" aria-label=${V.pictureRead}></canvas>
      <canvas class="marks" aria-hidden="true"></canvas></div>
      <p>${V.patches}</p>`;
  }
}
define('headscope-patch-picture', PatchPicture);
