// The same scene on Canvas2D: for machines without WebGL2, and for the moment a context is lost.

import { rampIndex, type Ramp } from '../../ui/ramps';
import { CANVAS_LINE_CAP, DASHES, LINE_STRIDE, QUAD_STRIDE, type Layer, type LineLayer, type RasterLayer, type Scene } from './scene';
import type { TileAtlas } from './tile_atlas';

type Context = CanvasRenderingContext2D;

interface Painted { version: number; ramp: string; scale: number; canvas: HTMLCanvasElement }
const paintedTiles = new WeakMap<TileAtlas, Map<number, Painted>>();

/** ctx must map CSS pixels (its transform already holds the device pixel ratio). */
export function drawOnCanvas(ctx: Context, scene: Scene): void {
  for (const layer of scene.layers) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(layer.clip.x, layer.clip.y, layer.clip.width, layer.clip.height);
    ctx.clip();
    drawLayer(ctx, layer);
    ctx.restore();
  }
}

/** Lines that the fallback leaves out of a layer. */
export function cappedLines(layer: LineLayer): number { return Math.max(0, layer.count - CANVAS_LINE_CAP); }

function drawLayer(ctx: Context, layer: Layer): void {
  if (layer.kind === 'lines') drawLines(ctx, layer);
  else drawRaster(ctx, layer);
}

function drawLines(ctx: Context, layer: LineLayer): void {
  const { data, palette } = layer;
  // Heaviest are last: the cap drops from the front.
  for (let i = cappedLines(layer); i < layer.count; i++) {
    const at = i * LINE_STRIDE;
    const [r, g, b] = palette[data[at + 6] as number] ?? [0, 0, 0];
    ctx.globalAlpha = data[at + 5] as number;
    ctx.strokeStyle = `rgb(${r} ${g} ${b})`;
    ctx.lineWidth = data[at + 4] as number;
    ctx.setLineDash(DASHES[data[at + 7] as number] as number[]);
    ctx.beginPath();
    ctx.moveTo(data[at] as number, data[at + 1] as number);
    ctx.lineTo(data[at + 2] as number, data[at + 3] as number);
    ctx.stroke();
  }
}

function drawRaster(ctx: Context, layer: RasterLayer): void {
  const { data, atlas } = layer;
  ctx.imageSmoothingEnabled = layer.reduce === 'mean';
  for (let i = 0; i < layer.count; i++) {
    const at = i * QUAD_STRIDE;
    const [x, y, w, h, slot, tx, ty, tw, th, scale] = data.subarray(at, at + QUAD_STRIDE) as unknown as
      [number, number, number, number, number, number, number, number, number, number];
    const image = paintTile(atlas, slot, layer.ramp, scale);
    if (image) ctx.drawImage(image, tx, ty, tw, th, x, y, w, h);
  }
}

function paintTile(atlas: TileAtlas, slot: number, ramp: Ramp, scale: number): HTMLCanvasElement | undefined {
  const tile = atlas.tileAt(slot);
  if (!tile) return undefined;
  let painted = paintedTiles.get(atlas);
  if (!painted) paintedTiles.set(atlas, (painted = new Map<number, Painted>()));
  const known = painted.get(slot);
  if (known && known.version === tile.version && known.ramp === ramp.id && known.scale === scale) return known.canvas;
  const canvas = known?.canvas ?? document.createElement('canvas');
  canvas.width = atlas.size;
  canvas.height = atlas.size;
  const ctx = canvas.getContext('2d');
  if (!ctx) return undefined;
  const image = ctx.createImageData(tile.cols, tile.rows);
  for (let r = 0; r < tile.rows; r++) {
    for (let c = 0; c < tile.cols; c++) {
      const value = atlas.value(tile, r, c);
      if (Number.isNaN(value)) continue;
      const from = rampIndex(ramp, value * scale) * 4;
      const to = (r * tile.cols + c) * 4;
      image.data[to] = ramp.rgba[from] as number;
      image.data[to + 1] = ramp.rgba[from + 1] as number;
      image.data[to + 2] = ramp.rgba[from + 2] as number;
      image.data[to + 3] = 255;
    }
  }
  ctx.putImageData(image, 0, 0);
  painted.set(slot, { version: tile.version, ramp: ramp.id, scale, canvas });
  return canvas;
}
