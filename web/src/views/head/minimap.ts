// The minimap: the drawn head's matrix, small, with the window on it. Dragging it, or the arrow keys on
// it, scrolls the columns.

import { sideTokens } from '../../base/trace_info';
import type { Side } from '../../ui/axes';
import { colourScale, inked } from '../../ui/colours';
import { headColours, TEXT_COLOUR } from '../../ui/identity';
import { largestValue } from '../../ui/largest';
import { ramp, type RampTheme } from '../../ui/ramps';
import type { Tile } from '../../ui/tile_store';
import { drawOnCanvas } from '../gl/canvas_renderer';
import { QuadBuilder } from '../gl/scene';
import { TileAtlas } from '../gl/tile_atlas';
import type { Picture } from './head_paint';
import type { ColumnLayout } from './layout';

export const MINIMAP = 64;

/** The picture under the window; made again only for another tile, theme or scale. */
export class Minimap {
  private readonly atlas = new TileAtlas(128, 1);
  private base: HTMLCanvasElement | undefined;
  private from: unknown[] = [];

  paint(canvas: HTMLCanvasElement, p: Picture, tile: Tile | undefined, theme: RampTheme, signed: boolean): void {
    const ratio = window.devicePixelRatio || 1;
    const size = Math.round(MINIMAP * ratio);
    if (canvas.width !== size) canvas.width = size;
    if (canvas.height !== size) canvas.height = size;
    const ctx = canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, size, size);
    if (tile) ctx.drawImage(this.matrix(tile, p, size, ratio, theme, signed), 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    marks(ctx, p, theme);
  }

  /** In the matrix view's colours: on a linear ramp a long text would be white. */
  private matrix(tile: Tile, p: Picture, size: number, ratio: number, theme: RampTheme, signed: boolean): HTMLCanvasElement {
    const long = Math.max(p.q.count, p.k.count);
    const scale = colourScale(p.settings, long);
    const ink = inked(tile, scale, scale === 'own' ? Math.max(1e-6, largestValue(tile)) : p.largest, long);
    const from = [tile, size, ink.factor, ink.id, theme, signed];
    if (this.base && from.every((x, i) => x === this.from[i])) return this.base;
    this.from = from;
    const canvas = (this.base ??= document.createElement('canvas'));
    canvas.width = size;
    canvas.height = size;
    const ctx = canvas.getContext('2d');
    if (!ctx) return canvas;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const held = this.atlas.put('m', tile.rows, tile.cols, ink.values());
    const quads = new QuadBuilder();
    const all = { x: 0, y: 0, width: MINIMAP, height: MINIMAP };
    quads.add(all, held.slot, { x: 0, y: 0, width: tile.cols, height: tile.rows }, ink.factor);
    drawOnCanvas(ctx, { width: MINIMAP, height: MINIMAP, layers: [quads.finish(this.atlas, ramp(theme, signed ? 'signed' : 'weight'), all)] });
    return canvas;
  }
}

/** Rows of the axis where a sentence begins. */
function sentenceStarts(p: Picture): number[] {
  const { sentences } = sideTokens(p.trace, p.settings.stack, 'q');
  return p.axes.q.flatMap((item, i) => (i > 0 && sentences[item.first] !== sentences[p.axes.q[i - 1]?.first ?? 0] ? [i] : []));
}

/** Ticks where sentences begin and where pins are; the window that the columns show. */
function marks(ctx: CanvasRenderingContext2D, p: Picture, theme: RampTheme): void {
  ctx.fillStyle = headColours(theme)[TEXT_COLOUR] as string;
  for (const q of sentenceStarts(p)) {
    ctx.fillRect(0, q / p.q.count * MINIMAP - 0.5, 6, 1);
    ctx.fillRect(q / p.k.count * MINIMAP - 0.5, 0, 1, 6);
  }
  for (const q of p.focus?.q ?? []) ctx.fillRect(0, q / p.q.count * MINIMAP - 1, 4, 2);
  for (const k of p.focus?.k ?? []) ctx.fillRect(k / p.k.count * MINIMAP - 1, 0, 2, 4);
  const part = (c: ColumnLayout): [number, number] => {
    const whole = c.count * c.rowHeight;
    return [c.scroll / whole * MINIMAP, Math.max(3, Math.min(1, c.viewHeight / whole) * MINIMAP)];
  };
  const [y, h] = part(p.q);
  const [x, w] = part(p.k);
  ctx.strokeStyle = headColours(theme)[1] as string;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x + 0.5, y + 0.5, Math.min(w, MINIMAP - x) - 1, Math.min(h, MINIMAP - y) - 1);
}

type Column = (side: Side) => HTMLElement | null;

/** Columns that scroll apart follow the pointer in both directions, linked ones down only. */
export function dragMinimap(event: PointerEvent, p: Picture, column: Column, apart: boolean): void {
  const canvas = event.currentTarget as HTMLCanvasElement;
  canvas.setPointerCapture(event.pointerId);
  const place = (side: Side, f: number): void => {
    const element = column(side);
    if (element) element.scrollTop = f * p[side].count * p[side].rowHeight - p[side].viewHeight / 2;
  };
  const move = (e: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    place('q', (e.clientY - box.top) / box.height);
    if (apart) place('k', (e.clientX - box.left) / box.width);
  };
  move(event);
  const stop = new AbortController();
  canvas.addEventListener('pointermove', move, { signal: stop.signal });
  // A pointer that the system takes (a scroll, a call) ends the drag too.
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) canvas.addEventListener(end, () => { stop.abort(); }, { signal: stop.signal });
}

export function minimapKey(event: KeyboardEvent, p: Picture, column: Column): void {
  const step = event.key === 'ArrowDown' ? 0.9 : event.key === 'ArrowUp' ? -0.9 : 0;
  const element = column('q');
  if (step === 0 || !element) return;
  element.scrollTop += step * p.q.viewHeight;
  event.preventDefault();
  event.stopPropagation();
}
