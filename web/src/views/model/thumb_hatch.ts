// Hatches on the model view's matrix thumbnails where a layer's mask hides keys. Heads of one mask
// look alike, so each pattern is drawn once and copied.

import type { AxisItem } from '../../ui/axes';
import { hiddenRuns, type Sight } from '../common/sight';
import type { Rect } from '../gl/scene';

export interface Axes { q: readonly AxisItem[]; k: readonly AxisItem[] }

const STROKE = 'rgb(122 133 148 / .5)';
const SPACING = 4;

/** Parts of a thumbnail of `size` pixels that are hidden, in its pixels. */
export function hiddenRects(sight: Sight, axes: Axes, size: number): Rect[] {
  const { q, k } = axes;
  const rows = Math.max(1, Math.min(q.length, Math.round(size)));
  const keys = { axis: k, first: 0, end: k.length, step: Math.max(1, Math.floor(k.length / size)) };
  return Array.from({ length: rows }, (_, r) => hiddenRuns(sight, q[Math.floor(((r + 0.5) * q.length) / rows)] as AxisItem, keys).map(([from, to]): Rect =>
    ({ x: (from / k.length) * size, y: (r / rows) * size, width: ((to - from) / k.length) * size, height: size / rows }))).flat();
}

export class ThumbHatch {
  private axes: Axes | undefined;
  private readonly held = new Map<string, HTMLCanvasElement>();

  /** On every thumbnail, and not beyond the grid's own place. */
  drawAll(ctx: CanvasRenderingContext2D, { x, y, width, height }: Rect, thumbs: readonly { rect: Rect; sight: Sight }[], axes: Axes): void {
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, width, height);
    ctx.clip();
    for (const { rect, sight } of thumbs) this.draw(ctx, rect, sight, axes);
    ctx.restore();
  }

  private draw(ctx: CanvasRenderingContext2D, rect: Rect, sight: Sight, axes: Axes): void {
    if (!sight.hides || axes.q.length === 0) return;
    if (this.axes !== axes) {
      this.axes = axes;
      this.held.clear();
    }
    const ratio = window.devicePixelRatio || 1;
    const key = `${sight.id} ${rect.width} ${ratio}`;
    let canvas = this.held.get(key);
    if (!canvas) this.held.set(key, canvas = pattern(hiddenRects(sight, axes, rect.width), rect.width, ratio));
    ctx.drawImage(canvas, rect.x, rect.y, rect.width, rect.height);
  }
}

function pattern(hidden: readonly Rect[], size: number, ratio: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.max(1, Math.round(size * ratio));
  const ctx = canvas.getContext('2d');
  if (!ctx) return canvas;
  ctx.scale(ratio, ratio);
  ctx.beginPath();
  for (const r of hidden) ctx.rect(r.x, r.y, r.width, r.height);
  ctx.clip();
  ctx.strokeStyle = STROKE;
  ctx.beginPath();
  for (let d = -size; d < size; d += SPACING) {
    ctx.moveTo(d, size);
    ctx.lineTo(d + size, 0);
  }
  ctx.stroke();
  return canvas;
}
