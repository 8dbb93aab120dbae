// What stands on and around a plot of the matrix view: axis tokens, values, hatches, cursor, bars.
// CSS pixels on the canvas above the raster.

import { shorten, tokenText, type AxisItem } from '../../ui/axes';
import { headColours } from '../../ui/identity';
import { ramp, rampCss, type RampTheme } from '../../ui/ramps';
import { SIDE_ROLE } from '../../ui/side_title';
import { hiddenRuns, type Sight } from '../common/sight';
import type { Rect } from '../gl/scene';
import type { MatrixView } from './lod';
import type { Marginals } from './marginals';

export interface Plot {
  rect: Rect;
  view: MatrixView;
  axes: { q: readonly AxisItem[]; k: readonly AxisItem[] };
  name: string;
  /** "Query", "Key (source)". */
  titles: { q: string; k: string };
  theme: RampTheme;
}

const BORDER = '#7A8594';
/** Values are printed from this cell size on. */
export const VALUE_CELL = 34;
export const MARGIN = 20;
const TOKEN_CELL = 13;
export const LABEL_CHARS = 12;
/** Between the matrix and the column of its sinks. */
export const SINK_GAP = 6;
export const SINK_WIDTH = 16;

const mutedColour = (theme: RampTheme): string => (theme === 'light' ? '#55606E' : '#A7B1BE');
const textColour = (theme: RampTheme): string => headColours(theme)[8] as string;
/** Bottom right corner of what the plot shows of the matrix. */
export function corner(p: Plot): { right: number; bottom: number } {
  const { rect, view, axes } = p;
  return { right: Math.min(rect.x + rect.width, rect.x + (axes.k.length - view.x) * view.cell), bottom: Math.min(rect.y + rect.height, rect.y
    + (axes.q.length - view.y) * view.cell) };
}

export function frame(ctx: CanvasRenderingContext2D, p: Plot): void {
  const { right, bottom } = corner(p);
  ctx.strokeStyle = BORDER;
  ctx.lineWidth = 1;
  ctx.strokeRect(p.rect.x - 0.5, p.rect.y - 0.5, right - p.rect.x + 1, bottom - p.rect.y + 1);
}

export interface Labels {
  /** Room of the marginals between matrix and tokens. */
  gap: number;
  /** Whole room left of and above the matrix. */
  left: number;
  top: number;
  /** Several plots: each bears its head's name. */
  title: boolean;
  /** Tokens at the axes; none where there are many plots. */
  tokens: boolean;
}

/** The axes' names: which side is the query is never left to guess. */
export function axisNames(ctx: CanvasRenderingContext2D, p: Plot, l: Labels): void {
  const { rect } = p;
  const { right, bottom } = corner(p);
  const title = l.title ? `${p.name} · ` : '';
  const whole = l.tokens && bottom - rect.y >= 150;
  ctx.fillStyle = l.title ? textColour(p.theme) : mutedColour(p.theme);
  ctx.textBaseline = 'middle';
  ctx.font = `${l.title ? '600 ' : ''}12px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.fillText(`${title}${p.titles.k}${whole ? `: ${SIDE_ROLE.k}` : ''} →`, rect.x, rect.y - l.top + 9, Math.max(right - rect.x, 200));
  ctx.save();
  ctx.translate(rect.x - l.left + 9, Math.min(bottom, rect.y + Math.max(110, bottom - rect.y)));
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = 'right';
  ctx.fillStyle = mutedColour(p.theme);
  ctx.font = '12px system-ui, sans-serif';
  ctx.fillText(`← ${p.titles.q}${whole ? `: ${SIDE_ROLE.q}` : ''}`, bottom - rect.y, 0);
  ctx.restore();
}

/** Tokens where there is room for each, else every k-th with its index. */
export function axisTokens(ctx: CanvasRenderingContext2D, p: Plot, gap: number): void {
  const { rect, view, axes } = p;
  const { right, bottom } = corner(p);
  const step = Math.max(1, Math.ceil(TOKEN_CELL / view.cell));
  const label = (axis: readonly AxisItem[], i: number): string => {
    const word = shorten(tokenText(axis[i]?.text ?? ''), LABEL_CHARS);
    return step === 1 ? word : `${axis[i]?.first ?? ''} ${word}`;
  };
  const first = (at: number): number => Math.ceil(Math.floor(at) / step) * step;
  ctx.fillStyle = textColour(p.theme);
  ctx.textBaseline = 'middle';
  ctx.font = `${Math.min(13, Math.max(10, view.cell * 0.7))}px system-ui, sans-serif`;
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
    if (x < rect.x) continue;
    ctx.save();
    ctx.translate(x, rect.y - gap - 4);
    ctx.rotate(-Math.PI / 3);
    ctx.fillText(label(axes.k, k), 0, 0);
    ctx.restore();
  }
}

/** Neighbours on an axis that are drawn as one, from pixel `at` on. */
export interface Run { at: number; size: number; value: number }

/**
 * Values of an axis from `begin` on, those that share a pixel as one run with their largest: thousands of rectangles a frame would hold up the
 * next. from, to: the pixels that are shown; `origin`: the pixel of the axis' first item.
 */
export function runsOf(values: Float32Array, begin: number, cell: number, origin: number, from: number, to: number): Run[] {
  const step = Math.max(1, Math.floor(1 / cell));
  const runs: Run[] = [];
  const first = Math.max(0, Math.floor((from - origin) / cell / step) * step - begin);
  for (let i = first; i < values.length; i += step) {
    const at = origin + (begin + i) * cell;
    if (at >= to) break;
    let value = -Infinity;
    for (let j = i; j < Math.min(values.length, i + step); j++) value = Math.max(value, values[j] as number);
    const end = Math.min(to, at + Math.max(1, step * cell));
    if (end > from) runs.push({ at: Math.max(from, at), size: end - Math.max(from, at), value });
  }
  return runs;
}

/** Row entropy as bars to the left, relative to the most possible; received mass as bars upwards, relative to the largest. */
export function marginalBars(ctx: CanvasRenderingContext2D, p: Plot, m: Marginals): void {
  const { rect, view, axes } = p;
  const { right, bottom } = corner(p);
  ctx.save();
  ctx.fillStyle = p.theme === 'light' ? '#5C678C' : '#B7E1FF';
  // Bars of whole cells stand apart.
  const gap = view.cell > 1 ? Math.min(0.5, view.cell - 1) : 0;
  const most = Math.log(Math.max(2, axes.k.length));
  for (const { at, size, value } of runsOf(m.entropy, m.q0, view.cell, rect.y - view.y * view.cell, rect.y, bottom)) {
    const length = (value / most) * (MARGIN - 4);
    ctx.fillRect(rect.x - 3 - length, at, length, size - gap);
  }
  let largest = 1e-12;
  for (const v of m.received) largest = Math.max(largest, v);
  for (const { at, size, value } of runsOf(m.received, 0, view.cell, rect.x - view.x * view.cell, rect.x, right)) {
    const length = (value / largest) * (MARGIN - 4);
    ctx.fillRect(at, rect.y - 3 - length, size - gap, length);
  }
  ctx.restore();
}

/** What a cell shows, and its place 0…1 on the ramp. */
export interface CellInk { value: number; ink: number }

/** null = not known yet. largest: of the values shown. */
export function cellValues(ctx: CanvasRenderingContext2D, p: Plot, cell: (q: number, k: number) => CellInk | null, largest: number): void {
  const { rect, view, axes } = p;
  if (view.cell < VALUE_CELL) return;
  ctx.font = '10px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (let q = Math.floor(view.y); q < Math.min(axes.q.length, view.y + rect.height / view.cell); q++) {
    for (let k = Math.floor(view.x); k < Math.min(axes.k.length, view.x + rect.width / view.cell); k++) {
      const shown = cell(q, k);
      if (shown === null || !Number.isFinite(shown.value)) continue;
      // Whichever of black and white the ramp leaves readable there.
      ctx.fillStyle = p.theme === 'light' ? (shown.ink > 0.45 ? '#FFFFFF' : '#15171C') : shown.ink > 0.55 ? '#15171C' : '#FFFFFF';
      const text = shown.value.toFixed(largest < 10 ? 2 : 1).replace('-', '−');
      ctx.fillText(text, rect.x + (k + 0.5 - view.x) * view.cell, rect.y + (q + 0.5 - view.y) * view.cell);
    }
  }
}

/** Box of a cell, at least large enough to be seen. */
function cellBox(p: Plot, at: { q: number; k: number }): Rect {
  const { rect, view } = p;
  const size = Math.max(4, view.cell);
  return { x: rect.x + (at.k + 0.5 - view.x) * view.cell - size / 2, y: rect.y + (at.q + 0.5 - view.y) * view.cell - size / 2, width: size, height: size };
}

function clipped(ctx: CanvasRenderingContext2D, p: Plot, draw: () => void): void {
  const { right, bottom } = corner(p);
  ctx.save();
  ctx.beginPath();
  ctx.rect(p.rect.x - 1, p.rect.y - 1, right - p.rect.x + 2, bottom - p.rect.y + 2);
  ctx.clip();
  draw();
  ctx.restore();
}

/** The cell under the pointer. */
export function cursorBox(ctx: CanvasRenderingContext2D, p: Plot, at: { q: number; k: number }): void {
  const box = cellBox(p, at);
  clipped(ctx, p, () => {
    ctx.strokeStyle = textColour(p.theme);
    ctx.lineWidth = 1.5;
    ctx.strokeRect(box.x, box.y, box.width, box.height);
  });
}

/** Row of a chosen query, column of a chosen key: two lines each, so that the numbers between stay readable. */
export function crosshair(ctx: CanvasRenderingContext2D, p: Plot, at: { q: number | null; k: number | null }): void {
  const { rect } = p;
  const { right, bottom } = corner(p);
  const box = cellBox(p, { q: at.q ?? 0, k: at.k ?? 0 });
  clipped(ctx, p, () => {
    ctx.strokeStyle = p.theme === 'light' ? '#B5531A' : '#FFE08A';
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    if (at.q !== null) for (const y of [box.y, box.y + box.height]) { ctx.moveTo(rect.x, y); ctx.lineTo(right, y); }
    if (at.k !== null) for (const x of [box.x, box.x + box.width]) { ctx.moveTo(x, rect.y); ctx.lineTo(x, bottom); }
    ctx.stroke();
  });
}

/** Keys that a query does not see do not exist for it: hatched, not coloured as zero. */
export function maskHatch(ctx: CanvasRenderingContext2D, p: Plot, sight: Sight): void {
  const { rect, view, axes } = p;
  const { right, bottom } = corner(p);
  const step = Math.max(1, Math.floor(1 / view.cell));
  const x = (k: number): number => rect.x + (k - view.x) * view.cell;
  const keys = { axis: axes.k, first: Math.max(0, Math.floor(view.x)), end: Math.min(axes.k.length, Math.ceil(view.x + (right - rect.x) / view.cell)), step };
  hatch(ctx, p, () => {
    for (let q = Math.max(0, Math.floor(view.y)); q < axes.q.length; q += step) {
      const y = rect.y + (q - view.y) * view.cell;
      if (y > bottom) break;
      for (const [from, to] of hiddenRuns(sight, axes.q[q] as AxisItem, keys)) ctx.rect(x(from), y, x(to) - x(from), step * view.cell);
    }
  });
}

/** What no key gets: a column of its own, in the colours of the weights. strengths: 0…1, one a query. */
export function sinkColumn(ctx: CanvasRenderingContext2D, p: Plot, strengths: Float32Array, gap: number): void {
  const { rect, view } = p;
  const { right, bottom } = corner(p);
  const colours = ramp(p.theme, 'weight');
  const x = right + SINK_GAP;
  for (const { at, size, value } of runsOf(strengths, 0, view.cell, rect.y - view.y * view.cell, rect.y, bottom)) {
    ctx.fillStyle = rampCss(colours, value);
    ctx.fillRect(x, at, SINK_WIDTH, size);
  }
  ctx.strokeStyle = BORDER;
  ctx.lineWidth = 1;
  ctx.strokeRect(x - 0.5, rect.y - 0.5, SINK_WIDTH + 1, bottom - rect.y + 1);
  ctx.save();
  ctx.fillStyle = mutedColour(p.theme);
  ctx.font = 'italic 12px system-ui, sans-serif';
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.translate(x + SINK_WIDTH / 2, rect.y - gap - 4);
  ctx.rotate(-Math.PI / 3);
  ctx.fillText('sink', 0, 0);
  ctx.restore();
}

/** A block that does not exist: rows before `rows`, columns from `firstCol` on. */
export function blockHatch(ctx: CanvasRenderingContext2D, p: Plot, block: { rows: number; firstCol: number }): void {
  const { rect, view, axes } = p;
  hatch(ctx, p, () => {
    ctx.rect(rect.x + (block.firstCol - view.x) * view.cell, rect.y - view.y * view.cell, (axes.k.length - block.firstCol) * view.cell,
      block.rows * view.cell);
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
