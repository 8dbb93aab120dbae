// Where the plots of the matrix view stand, and which tiles they need. One plot a head, in a grid; all
// share zoom and cursor. CSS pixels; no elements here.

import { ALL_STACKS, stackOf } from '../../base/trace_info';
import type { TileOps, TileSpec } from '../../base/tiles';
import { shorten, tokenText } from '../../ui/axes';
import { seriesOf, type Series } from '../../ui/identity';
import type { PictureAxes } from '../../ui/picture_axes';
import type { TraceInfo, ViewSettings } from '../../ui/types';
import type { Rect } from '../gl/scene';
import { fitCell, type MatrixView, type TileRange } from './lod';
import { LABEL_CHARS, MARGIN, SINK_GAP, SINK_WIDTH } from './matrix_paint';

export const MAX_MULTIPLES = 9;
/** Above this many plots tokens are left out: there is no room for them. */
export const NAMED_PLOTS = 4;
const EDGE = 8;
/** Room of the axis' name, and of a plot's title. */
const NAME = 18;
const CHAR = 6.3;
/** Of a label at 60°: how much it reaches to the right and upwards. */
const LEAN_X = Math.cos(Math.PI / 3);
const LEAN_Y = Math.sin(Math.PI / 3);

export function matrixSeries(s: ViewSettings): Series[] { return seriesOf(s).slice(0, MAX_MULTIPLES); }

/** Room of the marginals: beside a single plot of weights, whose rows have an entropy. */
export function marginalRoom(s: ViewSettings): number {
  return matrixSeries(s).length === 1 && s.quantity === 'weight' && s.stack !== ALL_STACKS ? MARGIN : 0;
}

const longest = new WeakMap<PictureAxes, number>();
/** Width of the longest axis label, as printed. */
function labelWidth(axes: PictureAxes): number {
  const known = longest.get(axes);
  if (known !== undefined) return known;
  let most = 3;
  for (const axis of [axes.q, axes.k]) for (const item of axis.slice(0, 2000)) most =
    Math.max(most, [...shorten(tokenText(item.text), LABEL_CHARS)].length);
  // A long text prints its index too: "1234 word".
  const digits = Math.max(axes.q.length, axes.k.length) > 24 ? 1 + String(Math.max(axes.q.length, axes.k.length)).length : 0;
  const width = Math.ceil((most + digits) * CHAR) + 8;
  longest.set(axes, width);
  return width;
}

/** Room around each plot: gap = of the marginals, between matrix and tokens. */
export interface Frame { plots: Rect[]; gap: number; left: number; top: number }

/** What the column of the sinks and its name take. */
const SINK_ROOM = SINK_GAP + SINK_WIDTH + 8;

/** sinks: rows have a share that goes to no key, which stands right of the keys. */
export function frameOf(axes: PictureAxes, s: ViewSettings, size: { width: number; height: number }, sinks = false): Frame {
  const count = matrixSeries(s).length;
  const gap = marginalRoom(s);
  const across = Math.min(count, Math.max(1, Math.round(Math.sqrt((count * size.width) / Math.max(1, size.height)))));
  const down = Math.ceil(count / across);
  const [w, h] = [size.width / across, size.height / down];
  const named = count <= NAMED_PLOTS;
  const label = named ? labelWidth(axes) : 6;
  const left = NAME + label + gap;
  // Tokens over the columns lean by 60°.
  const top = NAME + (named ? Math.ceil(label * LEAN_Y) + 6 : 6) + gap;
  // The last one leans over the edge.
  const right = Math.max(EDGE, named ? Math.ceil(label * LEAN_X) - EDGE : 0) + (sinks ? SINK_ROOM : 0);
  const plots = Array.from({ length: count }, (_, i): Rect => {
    const box = { width: Math.max(10, w - left - right), height: Math.max(10, h - top - EDGE) };
    const cell = fitCell(box, axes.q.length, axes.k.length);
    // A matrix that is smaller than its place stands in the middle of it.
    const spare = Math.max(0, Math.floor((box.width - cell * axes.k.length) / 2));
    return { x: (i % across) * w + left + spare, y: Math.floor(i / across) * h + top, width: box.width - spare, height: box.height };
  });
  return { plots, gap, left, top };
}

/** Specs of one picture's tiles, made once. */
export class MatrixSpecs {
  private readonly made = new Map<string, TileSpec>();

  constructor(private readonly trace: TraceInfo, private readonly settings: ViewSettings, private readonly ops: TileOps) {}

  fits(trace: TraceInfo, settings: ViewSettings): boolean { return trace === this.trace && settings === this.settings; }

  of(series: Series, t: TileRange): TileSpec {
    const key = `${series.name} ${t.level} ${t.q0} ${t.q1} ${t.k0} ${t.k1} ${t.outQ} ${t.outK}`;
    const known = this.made.get(key);
    if (known) return known;
    const spec: TileSpec = { stack: stackOf(this.trace, this.settings.stack).name, heads: series.heads, q0: t.q0, q1: t.q1, k0: t.k0, k1: t.k1,
                             outQ: t.outQ, outK: t.outK, pool: this.settings.pool, dtype: t.level === 0 ? 'f32' : 'f16', ops: this.ops };
    this.made.set(key, spec);
    return spec;
  }

  /** The largest weight of each of a tile's rows over all keys [rows, 1]. */
  rows(series: Series, { level, q0, q1, outQ }: TileRange, keys: number): TileSpec {
    const key = `${series.name} ${level} ${q0} ${q1} rows`;
    const known = this.made.get(key);
    if (known) return known;
    const spec: TileSpec = { ...this.of(series, { level, q0, q1, outQ, k0: 0, k1: keys, outK: 1 }), pool: 'max' };
    this.made.set(key, spec);
    return spec;
  }
}

export interface Cell { q: number; k: number }

/** The plot under a point of the stage. */
export function plotUnder(frame: Frame, { x, y }: { x: number; y: number }): Rect | null {
  return frame.plots.find((p) => x >= p.x && y >= p.y && x < p.x + p.width && y < p.y + p.height) ?? null;
}

/** The cell of a plot under a point; null outside the matrix. */
export function cellAt(plot: Rect, view: MatrixView, x: number, y: number, axes: PictureAxes): Cell | null {
  const k = Math.floor(view.x + (x - plot.x) / view.cell);
  const q = Math.floor(view.y + (y - plot.y) / view.cell);
  return q >= 0 && k >= 0 && q < axes.q.length && k < axes.k.length ? { q, k } : null;
}

/** An axis token left of a plot or above it. */
export function tokenAt(frame: Frame, view: MatrixView, x: number, y: number, axes: PictureAxes): { side: 'q' | 'k'; index: number } | null {
  for (const plot of frame.plots) {
    const at = cellAt(plot, view, Math.max(x, plot.x), Math.max(y, plot.y), axes);
    if (!at) continue;
    if (x < plot.x && x > plot.x - frame.left && y >= plot.y && y < plot.y + plot.height) return { side: 'q', index: at.q };
    if (y < plot.y && y > plot.y - frame.top && x >= plot.x && x < plot.x + plot.width) return { side: 'k', index: at.k };
  }
  return null;
}
