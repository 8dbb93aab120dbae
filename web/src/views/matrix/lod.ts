// Level of detail of the matrix view: which pooled tiles cover the window at a zoom. Level z pools
// 2^z × 2^z weights into a texel; a tile holds 256 × 256 texels.

import type { Zoom } from '../../base/state';
import type { Rect } from '../gl/scene';

export const TILE = 256;

export interface MatrixView {
  /** CSS pixels a cell. */
  cell: number;
  /** Axis position at the left and top edge of the plot. */
  x: number;
  y: number;
}

export interface Plot { width: number; height: number }

/** Smallest level whose texels are at least one device pixel. */
export function levelFor(cell: number, ratio: number): number {
  return Math.max(0, Math.ceil(Math.log2(1 / (cell * ratio)) - 1e-9));
}

export interface TileRange { level: number; q0: number; q1: number; k0: number; k1: number; outQ: number; outK: number }

export function tilesFor(view: MatrixView, plot: Plot, rows: number, cols: number, level: number): TileRange[] {
  const span = TILE * 2 ** level;
  const tiles: TileRange[] = [];
  const y1 = Math.min(rows, view.y + plot.height / view.cell);
  const x1 = Math.min(cols, view.x + plot.width / view.cell);
  for (let q0 = Math.floor(Math.max(0, view.y) / span) * span; q0 < y1; q0 += span) {
    for (let k0 = Math.floor(Math.max(0, view.x) / span) * span; k0 < x1; k0 += span) {
      const q1 = Math.min(rows, q0 + span);
      const k1 = Math.min(cols, k0 + span);
      tiles.push({ level, q0, q1, k0, k1, outQ: level === 0 ? 0 : Math.ceil((q1 - q0) / 2 ** level), outK: level === 0 ? 0
        : Math.ceil((k1 - k0) / 2 ** level) });
    }
  }
  return tiles;
}

export function fitCell(plot: Plot, rows: number, cols: number): number {
  return Math.min(40, Math.max(1 / 64, Math.min(plot.width / Math.max(1, cols), plot.height / Math.max(1, rows))));
}

/** Zoom by a factor with the point (px, py) of the plot held in place. */
export function zoomAt(view: MatrixView, factor: number, px: number, py: number, least: number): MatrixView {
  const cell = Math.min(40, Math.max(least, view.cell * factor));
  return { cell, x: view.x + px / view.cell - px / cell, y: view.y + py / view.cell - py / cell };
}

/** Keeps the matrix on the plot: no empty margin while it is larger, top left while it is smaller. */
export function clampView(view: MatrixView, plot: Plot, rows: number, cols: number): MatrixView {
  const limit = (n: number, size: number): number => Math.max(0, n - size / view.cell);
  return { cell: view.cell, x: Math.min(Math.max(0, view.x), limit(cols, plot.width)), y: Math.min(Math.max(0, view.y), limit(rows, plot.height)) };
}

/** Zooms so that a rectangle of cells fills the plot. */
export function viewOf(q0: number, q1: number, k0: number, k1: number, plot: Plot): MatrixView {
  return { cell: Math.min(40, plot.width / Math.max(1, k1 - k0), plot.height / Math.max(1, q1 - q0)), x: k0, y: q0 };
}

/** Texel of a tile that holds a cell, and the cells it stands for: run i starts at ⌊i·size/out⌋. */
export function texelOf(first: number, end: number, out: number, index: number): { texel: number; first: number; end: number } {
  const size = end - first;
  const count = out || size;
  let texel = Math.min(count - 1, Math.floor(((index - first) * count) / size));
  const start = (t: number): number => first + Math.floor((t * size) / count);
  while (texel + 1 < count && start(texel + 1) <= index) texel++;
  while (texel > 0 && start(texel) > index) texel--;
  return { texel, first: start(texel), end: texel + 1 === count ? end : start(texel + 1) };
}

export interface Point { x: number; y: number }
/** The rectangle between two points, in whichever direction, inside the plot. */
export function spanned(from: Point, to: Point, plot: Rect): Rect {
  const between = (a: number, b: number, first: number, size: number): [number, number] => {
    const inside = (v: number): number => Math.min(first + size, Math.max(first, v));
    return [inside(Math.min(a, b)), inside(Math.max(a, b))];
  };
  const [x0, x1] = between(from.x, to.x, plot.x, plot.width);
  const [y0, y1] = between(from.y, to.y, plot.y, plot.height);
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/** The cells that a rectangle of the stage touches. */
export function cellsOf(rect: Rect, plot: Rect, view: MatrixView): Zoom {
  const q0 = Math.floor(view.y + (rect.y - plot.y) / view.cell);
  const k0 = Math.floor(view.x + (rect.x - plot.x) / view.cell);
  return { q0, q1: Math.ceil(q0 + rect.height / view.cell), k0, k1: Math.ceil(k0 + rect.width / view.cell) };
}

/** Where cells lie on the stage. */
export function rectOf({ q0, q1, k0, k1 }: Zoom, plot: Rect, view: MatrixView): Rect {
  return { x: plot.x + (k0 - view.x) * view.cell, y: plot.y + (q0 - view.y) * view.cell, width: (k1 - k0) * view.cell, height: (q1 - q0) * view.cell };
}

/** All cells from one to another, in whichever direction. */
export function between(a: { q: number; k: number }, b: { q: number; k: number }): Zoom {
  return { q0: Math.min(a.q, b.q), q1: Math.max(a.q, b.q) + 1, k0: Math.min(a.k, b.k), k1: Math.max(a.k, b.k) + 1 };
}
