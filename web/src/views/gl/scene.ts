// What is drawn, as plain numbers: both renderers (WebGL2, Canvas2D) take exactly this and nothing
// else, so that losing the GPU changes how a picture is made and never what it shows.
// Units are CSS pixels, origin top left of the surface.

import type { TileAtlas } from './tile_atlas';
import type { Ramp, Rgb } from '../../ui/ramps';

export interface Rect { x: number; y: number; width: number; height: number }

/** Floats per line in LineLayer.data: x0 y0 x1 y1 width opacity colour dash. */
export const LINE_STRIDE = 8;

export interface LineLayer {
  kind: 'lines';
  count: number;
  /** [count, LINE_STRIDE], in drawing order: heaviest last, on top. */
  data: Float32Array;
  /** Colours that the lines index. */
  palette: readonly Rgb[];
  clip: Rect;
}

/** Floats per quad in RasterLayer.data: x y width height slot texelX texelY texelW texelH scale. */
export const QUAD_STRIDE = 10;

export interface RasterLayer {
  kind: 'raster';
  count: number;
  /** [count, QUAD_STRIDE]; a value v is drawn with ramp(v · scale). */
  data: Float32Array;
  atlas: TileAtlas;
  ramp: Ramp;
  /** Where several texels share a pixel: the strongest, or their mean. */
  reduce: 'max' | 'mean';
  clip: Rect;
}

export type Layer = LineLayer | RasterLayer;

export interface Scene {
  width: number;
  height: number;
  layers: Layer[];
}

/** Dash patterns of ui.md §3.0 "Head identity", CSS pixels on, off, on, off. */
export const DASHES: readonly (readonly number[])[] = [[], [9, 3], [4, 2], [9, 3, 2, 3], [2, 2]];
/** Of negative values: dotted as no head is, so that the sign is not colour alone. */
export const NEGATIVE_DASH = 4;

/** Lines that Canvas2D draws at most; the heaviest survive and the status line says so. */
export const CANVAS_LINE_CAP = 20000;

/** Lays lines into one array; call finish() once. */
export class LineBuilder {
  private data = new Float32Array(LINE_STRIDE * 256);
  count = 0;

  add(x0: number, y0: number, x1: number, y1: number, width: number, opacity: number,
      colour: number, dash: number): void {
    const at = this.count * LINE_STRIDE;
    if (at === this.data.length) {
      const grown = new Float32Array(this.data.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[at] = x0;
    this.data[at + 1] = y0;
    this.data[at + 2] = x1;
    this.data[at + 3] = y1;
    this.data[at + 4] = width;
    this.data[at + 5] = opacity;
    this.data[at + 6] = colour;
    this.data[at + 7] = dash;
    this.count++;
  }

  finish(palette: readonly Rgb[], clip: Rect): LineLayer {
    return { kind: 'lines', count: this.count, data: this.data.subarray(0, this.count * LINE_STRIDE), palette, clip };
  }
}

/** Lays raster quads into one array. */
export class QuadBuilder {
  private values: number[] = [];

  add(rect: Rect, slot: number, texels: Rect, scale = 1): void {
    this.values.push(rect.x, rect.y, rect.width, rect.height, slot,
                     texels.x, texels.y, texels.width, texels.height, scale);
  }

  finish(atlas: TileAtlas, ramp: Ramp, clip: Rect, reduce: 'max' | 'mean' = 'max'): RasterLayer {
    return { kind: 'raster', count: this.values.length / QUAD_STRIDE, data: Float32Array.from(this.values),
             atlas, ramp, reduce, clip };
  }
}
