// What stands on and around a plot of the matrix view: axis tokens, values, hatches, cursor, bars.
// CSS pixels on the canvas above the raster.

import { shorten, tokenText, type AxisItem } from '../../ui/axes';
import { headColours } from '../../ui/identity';
import type { RampTheme } from '../../ui/ramps';
import type { Rect } from '../gl/scene';
import type { MatrixView } from './lod';
import type { Marginals } from './marginals';

export interface Plot { rect: Rect; view: MatrixView; axes: { q: readonly AxisItem[]; k: readonly AxisItem[] }; name: string; theme: RampTheme }

const BORDER = '#7A8594';
/** Values are printed from this cell size on. */
export const VALUE_CELL = 34;
export const MARGIN = 26;
const TOKEN_CELL = 12;

const textColour = (theme: RampTheme): string => headColours(theme)[8] as string;
/** Bottom right corner of what the plot shows of the matrix. */
export function corner(p: Plot): { right: number; bottom: number } {
  const { rect, view, axes } = p;
  return { right: Math.min(rect.x + rect.width, rect.x + (axes.k.length - view.x) * view.cell), bottom: Math.min(rect.y + rect.height, rect.y + (axes.q.length - view.y) * view.cell) };
}

export function frame(ctx: CanvasRenderingContext2D, p: Plot, title: { x: number; y: number }): void {
  const { right, bottom } = corner(p);
  ctx.strokeStyle = BORDER;
  ctx.lineWidth = 1;
  ctx.strokeRect(p.rect.x - 0.5, p.rect.y - 0.5, right - p.rect.x + 1, bottom - p.rect.y + 1);
  ctx.fillStyle = textColour(p.theme);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.font = '600 12px system-ui, sans-serif';
  ctx.fillText(p.name, title.x, title.y);
}

/** Tokens where there is room for each, else every k-th index. gap: room of the marginals. */
export function axisTokens(ctx: CanvasRenderingContext2D, p: Plot, gap: number): void {
  const { rect, view, axes } = p;
  const { right, bottom } = corner(p);
  const step = Math.max(1, Math.ceil(TOKEN_CELL / view.cell));
  const label = (axis: readonly AxisItem[], i: number): string => (view.cell >= TOKEN_CELL ? shorten(tokenText(axis[i]?.text ?? ''), 10) : String(axis[i]?.first ?? ''));
  const first = (at: number): number => Math.ceil(Math.floor(at) / step) * step;
  ctx.fillStyle = textColour(p.theme);
  ctx.textBaseline = 'middle';
  ctx.font = `${Math.min(13, Math.max(9, view.cell * 0.7))}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  for (let q = first(view.y); q < axes.q.length; q += step) {
    const y = rect.y + (q + 0.5 - view.y) * view.cell;
    if (y > bottom) break;
    if (y >= rect.y) ctx.fillText(label(axes.q, q), rect.x - gap - 5, y);
  }
  ctx.textAlign = 'left';
  for (let k = first(view.x); k < axes.k.length; k += step) {
    const x = rect.x + (k + 0.5 - view.x) * view.cell;
    if (x > right) break;
    ctx.save();
    ctx.translate(x, rect.y - gap - 4);
    ctx.rotate(-Math.PI / 3);
    ctx.fillText(label(axes.k, k), 0, 0);
    ctx.restore();
  }
}

/** Row entropy as bars to the left, relative to the most possible; received mass as bars upwards, relative to the largest. */
export function marginalBars(ctx: CanvasRenderingContext2D, p: Plot, m: Marginals): void {
  const { rect, view, axes } = p;
  const { right, bottom } = corner(p);
  ctx.save();
  ctx.fillStyle = p.theme === 'light' ? '#5C678C' : '#B7E1FF';
  const size = Math.max(1, view.cell - 0.5);
  const most = Math.log(Math.max(2, axes.k.length));
  for (let i = 0; i < m.entropy.length; i++) {
    const y = rect.y + (m.q0 + i - view.y) * view.cell;
    const length = ((m.entropy[i] as number) / most) * (MARGIN - 4);
    if (y + size > rect.y && y < bottom) ctx.fillRect(rect.x - 3 - length, Math.max(rect.y, y), length, Math.min(size, bottom - y));
  }
  let largest = 1e-12;
  for (const v of m.received) largest = Math.max(largest, v);
  for (let k = Math.max(0, Math.floor(view.x)); k < m.received.length; k++) {
    const x = rect.x + (k - view.x) * view.cell;
    if (x >= right) break;
    const length = ((m.received[k] as number) / largest) * (MARGIN - 4);
    ctx.fillRect(Math.max(rect.x, x), rect.y - 3 - length, Math.min(size, right - x), length);
  }
  ctx.restore();
}

/** `value` gives what a cell shows; null = not known yet. */
export function cellValues(ctx: CanvasRenderingContext2D, p: Plot, value: (q: number, k: number) => number | null, largest = 1): void {
  const { rect, view, axes } = p;
  if (view.cell < VALUE_CELL) return;
  ctx.font = '10px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (let q = Math.floor(view.y); q < Math.min(axes.q.length, view.y + rect.height / view.cell); q++) {
    for (let k = Math.floor(view.x); k < Math.min(axes.k.length, view.x + rect.width / view.cell); k++) {
      const v = value(q, k);
      if (v === null || !Number.isFinite(v)) continue;
      // Whichever of black and white the ramp leaves readable at this value.
      const t = Math.abs(v) / largest;
      ctx.fillStyle = p.theme === 'light' ? (t > 0.45 ? '#FFFFFF' : '#15171C') : t > 0.55 ? '#15171C' : '#FFFFFF';
      ctx.fillText(v.toFixed(largest < 10 ? 2 : 1).replace('-', '−'), rect.x + (k + 0.5 - view.x) * view.cell, rect.y + (q + 0.5 - view.y) * view.cell);
    }
  }
}

export function cursorBox(ctx: CanvasRenderingContext2D, p: Plot, at: { q: number; k: number }): void {
  ctx.strokeStyle = textColour(p.theme);
  ctx.lineWidth = 1.5;
  ctx.strokeRect(p.rect.x + (at.k - p.view.x) * p.view.cell, p.rect.y + (at.q - p.view.y) * p.view.cell, Math.max(4, p.view.cell), Math.max(4, p.view.cell));
}

/** Keys after the query do not exist for a causal head: hatched, not coloured as zero. */
export function causalHatch(ctx: CanvasRenderingContext2D, p: Plot): void {
  const { rect, view } = p;
  const { right } = corner(p);
  const i = Math.floor(view.y);
  const x0 = rect.x + (i + 1 - view.x) * view.cell;
  const y0 = rect.y + (i - view.y) * view.cell;
  hatch(ctx, p, () => {
    ctx.moveTo(x0, y0);
    ctx.lineTo(right + view.cell, y0);
    ctx.lineTo(right + view.cell, y0 + (right + view.cell - x0));
  });
}

/** A block that does not exist: rows before `rows`, columns from `firstCol` on. */
export function blockHatch(ctx: CanvasRenderingContext2D, p: Plot, block: { rows: number; firstCol: number }): void {
  const { rect, view, axes } = p;
  hatch(ctx, p, () => {
    ctx.rect(rect.x + (block.firstCol - view.x) * view.cell, rect.y - view.y * view.cell, (axes.k.length - block.firstCol) * view.cell, block.rows * view.cell);
  });
}

function hatch(ctx: CanvasRenderingContext2D, p: Plot, outline: () => void): void {
  const { rect } = p;
  const { right, bottom } = corner(p);
  ctx.save();
  ctx.beginPath();
  ctx.rect(rect.x, rect.y, right - rect.x, bottom - rect.y);
  ctx.clip();
  ctx.beginPath();
  outline();
  ctx.closePath();
  ctx.clip();
  ctx.strokeStyle = 'rgb(122 133 148 / .5)';
  ctx.lineWidth = 1;
  for (let d = rect.x - rect.height; d < right + rect.height; d += 6) {
    ctx.beginPath();
    ctx.moveTo(d, bottom);
    ctx.lineTo(d + (bottom - rect.y), rect.y);
    ctx.stroke();
  }
  ctx.restore();
}
