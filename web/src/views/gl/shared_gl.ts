// One WebGL2 context for the whole page, shared by all views and copied to their canvases: browsers
// drop contexts above about 16, and a notebook may hold more views than that.

import { GlLines } from './gl_lines';
import { GlRaster } from './gl_raster';
import type { Scene } from './scene';

type Listener = () => void;

export class SharedGl {
  private canvas: HTMLCanvasElement | undefined;
  private gl: WebGL2RenderingContext | undefined;
  private lines: GlLines | undefined;
  private raster: GlRaster | undefined;
  private retried = false;
  private readonly listeners = new Set<Listener>();

  constructor() { this.start(); }

  /** False: surfaces draw with Canvas2D. */
  get available(): boolean { return this.lines !== undefined; }

  /** Called when the context goes or comes back; surfaces redraw at once, in the same frame. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Draws and returns the canvas to copy from, or undefined where GL is not there (any more). */
  draw(scene: Scene, ratio: number): HTMLCanvasElement | undefined {
    const { gl, canvas, lines, raster } = this;
    if (!gl || !canvas || !lines || !raster || gl.isContextLost()) return undefined;
    const width = Math.ceil(scene.width * ratio);
    const height = Math.ceil(scene.height * ratio);
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    // The picture lies in the top left corner of a canvas that only grows.
    const bottom = canvas.height - height;
    gl.viewport(0, bottom, width, height);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(0, bottom, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const w = width / ratio;
    const h = height / ratio;
    for (const layer of scene.layers) {
      const clip = layer.clip;
      const top = Math.max(0, clip.y);
      const left = Math.max(0, clip.x);
      const low = Math.min(h, clip.y + clip.height);
      const right = Math.min(w, clip.x + clip.width);
      if (low <= top || right <= left) continue;
      gl.scissor(Math.round(left * ratio), bottom + Math.round((h - low) * ratio),
                 Math.round((right - left) * ratio), Math.round((low - top) * ratio));
      if (layer.kind === 'lines') lines.draw(layer, w, h, 1 / ratio);
      else raster.draw(layer, w, h, 1 / ratio);
    }
    return gl.isContextLost() ? undefined : canvas;
  }

  /** For the browser tests: provokes what a driver reset does. */
  loseContext(): void { this.gl?.getExtension('WEBGL_lose_context')?.loseContext(); }

  private start(): void {
    const canvas = document.createElement('canvas');
    let gl: WebGL2RenderingContext | null = null;
    try {
      gl = canvas.getContext('webgl2', { alpha: true, premultipliedAlpha: true, antialias: false, depth: false });
    } catch {
      gl = null;
    }
    if (!gl) return;
    this.canvas = canvas;
    this.gl = gl;
    canvas.addEventListener('webglcontextlost', (event) => { event.preventDefault(); this.lost(); });
    canvas.addEventListener('webglcontextrestored', () => { this.prepare(); this.notify(); });
    this.prepare();
  }

  private lost(): void {
    this.lines = undefined;
    this.raster = undefined;
    if (this.retried) {
      this.gl = undefined;
      this.canvas = undefined;
    }
    this.retried = true;
    this.notify();
  }

  private prepare(): void {
    if (!this.gl || this.gl.isContextLost()) return;
    try {
      this.lines = new GlLines(this.gl);
      this.raster = new GlRaster(this.gl);
    } catch {
      // A driver that cannot compile these shaders draws with Canvas2D.
      this.lines = undefined;
      this.raster = undefined;
    }
  }

  private notify(): void { for (const listener of this.listeners) listener(); }
}

let shared: SharedGl | undefined;
export function sharedGl(): SharedGl { return (shared ??= new SharedGl()); }
