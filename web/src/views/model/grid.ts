// Where thumbnails lie. Layer order: one row a layer, unequal numbers of heads leave empty cells;
// sorted order: the heads run on, as many a row as fit.

import { MEASURES, type GridOrder, type Measure } from '../../base/state';
import type { HeadLabel } from '../../ui/types';

export const MIN_THUMB = 40;
/** On a phone all heads of a layer stay in sight, as large as a finger can point at. */
const MIN_PHONE_THUMB = 26;
const PHONE_WIDTH = 480;
/** A whole grid that fits the window at this size does not scroll for four pixels. */
const LEAST_FITTED = 36;
export const MAX_THUMB = 160;
export const GAP = 1;
export const AXIS_WIDTH = 34;
export const AXIS_HEIGHT = 18;
/** Room of the printed name under each thumbnail of a sorted grid. */
export const NAME_HEIGHT = 16;

export interface GridCell { name: string; layer: number; row: number; col: number }
/** columns: the heads of a grid by layer, as its top axis names them. */
export interface Grid { rows: number; cols: number; cells: GridCell[]; columns: readonly number[]; sorted: boolean }

/** A kept layer and its heads. */
export interface GridLayer { layer: number; heads: readonly number[] }

export function layerGrid(layers: readonly GridLayer[]): Grid {
  const columns = [...new Set(layers.flatMap((l) => l.heads))].sort((a, b) => a - b);
  const cells = layers.flatMap(({ layer, heads }, row) => heads.map((head) => ({ name: `L${layer}H${head}`, layer, row, col: columns.indexOf(head) })));
  return { rows: layers.length, cols: Math.max(1, columns.length), cells, columns, sorted: false };
}

/** What the sort goes by, largest first; null = not known (yet), or not a number. */
export function orderValue(label: HeadLabel | undefined, order: GridOrder): number | null {
  if (order === 'layer' || !label) return null;
  return (MEASURES as readonly string[]).includes(order) ? label.measures?.[order as Measure] ?? null : label.score;
}

export function sortedGrid(layers: readonly GridLayer[], labels: ReadonlyMap<string, HeadLabel>, order: Exclude<GridOrder, 'layer'>, cols: number): Grid {
  const cells = layerGrid(layers).cells;
  const score = (c: GridCell): number => orderValue(labels.get(c.name), order) ?? -Infinity;
  const label = (c: GridCell): string => labels.get(c.name)?.label ?? '\uffff';
  cells.sort((a, b) => (order === 'label' ? label(a).localeCompare(label(b)) : 0) || score(b) - score(a) || a.layer - b.layer || a.col - b.col);
  cells.forEach((cell, i) => { cell.row = Math.floor(i / cols); cell.col = i % cols; });
  return { rows: Math.ceil(cells.length / cols), cols, cells, columns: [], sorted: true };
}

/** Rollout and flow: one thumbnail a layer, under the name of its first head. */
export function layersGrid(layers: readonly GridLayer[], cols: number): Grid {
  const cells = layers.map(({ layer }, i) => ({ name: `L${layer}H0`, layer, row: Math.floor(i / cols), col: i % cols }));
  return { rows: Math.ceil(cells.length / cols), cols, cells, columns: [], sorted: true };
}

/** Thumbnail size that shows the whole grid, never under 40 px (26 on a phone): then the grid scrolls. */
export function thumbSize(width: number, height: number, grid: Pick<Grid, 'rows' | 'cols' | 'sorted'>): number {
  const across = Math.floor((width - AXIS_WIDTH) / grid.cols) - GAP;
  const down = Math.floor((height - AXIS_HEIGHT) / Math.max(1, grid.rows)) - GAP - (grid.sorted ? NAME_HEIGHT : 0);
  // What does not fit in height scrolls one way only: the width is then used.
  const fits = Math.min(across, down);
  if (fits >= LEAST_FITTED) return Math.min(MAX_THUMB, fits);
  const least = width < PHONE_WIDTH && across >= MIN_PHONE_THUMB ? Math.min(across, MIN_THUMB) : MIN_THUMB;
  return Math.max(least, Math.min(across, MIN_SCROLLED));
}
/** Thumbnails of a grid that scrolls. */
const MIN_SCROLLED = 56;

/** Columns of a sorted grid: so many that the whole fits with the largest thumbnails, of at least `least` px. */
export function fittedGrid(count: number, width: number, height: number, least: number): number {
  const most = Math.max(1, Math.floor(width / (least + GAP)));
  for (let cols = 1; cols <= most; cols++) {
    const size = Math.min(MAX_THUMB, Math.floor(width / cols) - GAP);
    if (Math.ceil(count / cols) * (size + GAP + NAME_HEIGHT) <= height) return cols;
  }
  return most;
}

export function thumbKind(kind: 'auto' | 'lines' | 'matrix' | 'received', tokens: number): 'lines' | 'matrix' | 'received' {
  if (kind === 'auto') return tokens <= 64 ? 'lines' : 'matrix';
  return kind === 'lines' && tokens > 64 ? 'matrix' : kind;
}

/** Rows of the grid inside the viewport and one screen around: [visible first, end), [near first, end). */
export function gridRows(scroll: number, height: number, pitch: number, rows: number): { first: number; end: number; nearFirst: number; nearEnd: number } {
  const first = Math.max(0, Math.floor(scroll / pitch));
  const end = Math.min(rows, Math.ceil((scroll + height) / pitch));
  const screen = Math.max(1, Math.ceil(height / pitch));
  return { first, end, nearFirst: Math.max(0, first - screen), nearEnd: Math.min(rows, end + screen) };
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  Home: [0, -1e6], End: [0, 1e6], PageUp: [-5, 0], PageDown: [5, 0] };

/** Where a key goes from a thumbnail, to the nearest one on the right or the last of a shorter row; undefined: it is no such key. */
export function cellByKey(grid: Grid, from: GridCell, key: string): GridCell | undefined {
  const step = STEPS[key];
  if (!step) return undefined;
  const row = Math.min(grid.rows - 1, Math.max(0, from.row + step[0]));
  const cells = grid.cells.filter((c) => c.row === row);
  const at = step[0] === 0 ? cells.indexOf(from) + step[1] : cells.findIndex((c) => c.col >= from.col);
  return cells[at < 0 && step[0] !== 0 ? cells.length - 1 : Math.min(cells.length - 1, Math.max(0, at))] ?? from;
}
