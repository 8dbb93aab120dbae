// The same scene on Canvas2D: for machines without WebGL2, and for the moment a context is lost.

import { rampIndex, type Ramp } from '../../ui/ramps';
import { reduceTexels } from './reduce';
import { CANVAS_LINE_CAP, DASHES, LINE_STRIDE, QUAD_STRIDE, type Layer, type LineLayer, type RasterLayer, type Rect, type Scene } from './scene';
import type { AtlasTile, TileAtlas } from './tile_atlas';

type Context = CanvasRenderingContext2D;

interface Painted { key: string; canvas: HTMLCanvasElement }
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
  const { data, atlas, ramp, reduce } = layer;
  const ratio = ctx.getTransform().a;
  ctx.imageSmoothingEnabled = false;
  for (let i = 0; i < layer.count; i++) {
    const at = i * QUAD_STRIDE;
    const [x, y, w, h, slot, tx, ty, tw, th, scale] = data.subarray(at, at + QUAD_STRIDE) as unknown as
      [number, number, number, number, number, number, number, number, number, number];
    const tile = atlas.tileAt(slot);
    if (!tile || !(tw > 0 && th > 0 && w > 0 && h > 0)) continue;
    // Fewer pixels than texels are reduced here; a browser that scales an image down drops or blends them.
    const width = Math.max(1, Math.min(Math.ceil(tw), Math.round(w * ratio)));
    const height = Math.max(1, Math.min(Math.ceil(th), Math.round(h * ratio)));
    const image = paintTile(atlas, tile, { x: tx, y: ty, width: tw, height: th }, { width, height, ramp, scale, reduce });
    if (image) ctx.drawImage(image, 0, 0, width, height, x, y, w, h);
  }
}

interface Look { width: number; height: number; ramp: Ramp; scale: number; reduce: 'max' | 'mean' }

function paintTile(atlas: TileAtlas, tile: AtlasTile, part: Rect, look: Look): HTMLCanvasElement | undefined {
  const { width, height, ramp, scale, reduce } = look;
  let painted = paintedTiles.get(atlas);
  if (!painted) paintedTiles.set(atlas, (painted = new Map<number, Painted>()));
  const known = painted.get(tile.slot);
  const key = [tile.version, ramp.id, scale, reduce, width, height, part.x, part.y, part.width, part.height].join(' ');
  if (known?.key === key) return known.canvas;
  const canvas = known?.canvas ?? document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d');
  if (!ctx) return undefined;
  const source = { rows: Math.ceil(part.height), cols: Math.ceil(part.width),
    value: (r: number, c: number): number => atlas.value(tile, part.y + r, part.x + c) };
  const values = reduceTexels(source, width, height, reduce);
  const image = ctx.createImageData(width, height);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const from = rampIndex(ramp, value * scale) * 4;
    image.data.set(ramp.rgba.subarray(from, from + 4), i * 4);
  });
  ctx.putImageData(image, 0, 0);
  painted.set(tile.slot, { key, canvas });
  return canvas;
}
