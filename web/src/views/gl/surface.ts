// A canvas of a view. Draws a scene with the page's WebGL2 context or, without one, with Canvas2D;
// text goes on top through the same 2D context either way.

import { cappedLines, drawOnCanvas } from './canvas_renderer';
import type { Scene } from './scene';
import { sharedGl } from './shared_gl';

export type Renderer = 'webgl2' | 'canvas2d';

export class Surface {
  private scene: Scene | undefined;
  private overlay: ((ctx: CanvasRenderingContext2D) => void) | undefined;
  private readonly stop: () => void;
  renderer: Renderer;
  /** Lines of the last scene that the fallback did not draw. */
  capped = 0;

  constructor(readonly canvas: HTMLCanvasElement, private readonly onRenderer?: (r: Renderer) => void) {
    this.renderer = sharedGl().available ? 'webgl2' : 'canvas2d';
    this.stop = sharedGl().onChange(() => this.redraw());
  }

  /** overlay draws text in CSS pixels above the scene. */
  draw(scene: Scene, overlay?: (ctx: CanvasRenderingContext2D) => void): void {
    this.scene = scene;
    this.overlay = overlay;
    this.redraw();
  }

  dispose(): void { this.stop(); }

  private redraw(): void {
    const { scene, canvas } = this;
    const ctx = canvas.getContext('2d');
    if (!scene || !ctx || scene.width <= 0 || scene.height <= 0) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.ceil(scene.width * ratio);
    const height = Math.ceil(scene.height * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const source = sharedGl().draw(scene, ratio);
    if (source) {
      ctx.drawImage(source, 0, 0, width, height, 0, 0, width, height);
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.capped = 0;
    if (!source) {
      drawOnCanvas(ctx, scene);
      for (const layer of scene.layers) if (layer.kind === 'lines') this.capped += cappedLines(layer);
    }
    this.overlay?.(ctx);
    this.report(source ? 'webgl2' : 'canvas2d');
  }

  private report(renderer: Renderer): void {
    if (renderer === this.renderer) return;
    this.renderer = renderer;
    this.onRenderer?.(renderer);
  }
}
