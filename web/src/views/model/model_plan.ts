// Which thumbnails the model view has, where they lie and which tiles they need. CSS pixels.

import { parseRanges } from '../../base/heads';
import { isOfLayer, wholeMapProblem } from '../../base/quantities';
import type { TileSpec } from '../../base/tiles';
import { pictureAxes } from '../../ui/picture_axes';
import { LONG_ABOVE, thumbSpec } from '../../ui/thumb_spec';
import { stackOf, type HeadLabel, type TraceInfo, type ViewSettings } from '../../ui/types';
import type { Rect } from '../gl/scene';
import { AXIS_HEIGHT, AXIS_WIDTH, GAP, NAME_HEIGHT, fittedGrid, gridRows, layerGrid, layersGrid, sortedGrid, thumbKind, thumbSize, type Grid, type GridCell,
  type GridLayer } from './grid';
import type { Plan } from './model_tiles';

export interface Box { width: number; height: number }
export type Labels = ReadonlyMap<string, HeadLabel>;

/** Kept layers with their heads, less what the lists "0-3,7" leave out. */
function layersOf(trace: TraceInfo, s: ViewSettings): GridLayer[] {
  const stack = stackOf(trace, s.stack);
  const wanted = (text: string, n: number): boolean => { const set = parseRanges(text); return !set || set.size === 0 || set.has(n); };
  return stack.layers.flatMap((layer, i) => {
    if (!wanted(s.gridLayers, layer)) return [];
    const heads = Array.from({ length: stack.heads[i] ?? 0 }, (_, h) => h).filter((h) => wanted(s.gridHeads, h));
    return [{ layer, heads }];
  });
}

export function gridOf(trace: TraceInfo | undefined, s: ViewSettings, labels: Labels, box: Box): Grid {
  if (!trace) return { rows: 0, cols: 1, cells: [], columns: [], sorted: false };
  const layers = layersOf(trace, s);
  const count = isOfLayer(s.quantity) ? layers.length : layers.reduce((n, l) => n + l.heads.length, 0);
  const cols = fittedGrid(count, box.width - AXIS_WIDTH, box.height - AXIS_HEIGHT, isOfLayer(s.quantity) ? 96 : 72);
  if (isOfLayer(s.quantity)) return layersGrid(layers, cols);
  return s.order === 'layer' ? layerGrid(layers) : sortedGrid(layers, labels, s.order, cols);
}

export interface Pitch { size: number; x: number; y: number }

export function pitchOf(grid: Grid, box: Box): Pitch {
  const size = thumbSize(box.width || 600, box.height || 480, grid);
  return { size, x: size + GAP, y: size + GAP + (grid.sorted ? NAME_HEIGHT : 0) };
}

export function cellRect(cell: { row: number; col: number }, pitch: Pitch): Rect {
  return { x: AXIS_WIDTH + cell.col * pitch.x, y: AXIS_HEIGHT + cell.row * pitch.y, width: pitch.size, height: pitch.size };
}

/** Places of a layer order that no head fills: short layers. */
export function emptyCells(grid: Grid): { row: number; col: number }[] {
  if (grid.sorted) return [];
  const taken = new Set(grid.cells.map((c) => `${c.row} ${c.col}`));
  return Array.from({ length: grid.rows * grid.cols }, (_, i) => ({ row: Math.floor(i / grid.cols),
    col: i % grid.cols })).filter((c) => !taken.has(`${c.row} ${c.col}`));
}

export interface Looked { scroll: number; height: number; pointer: GridCell | null; refine: boolean }

/** Specs of one picture's thumbnails, made once. */
export class ThumbSpecs {
  private readonly made = new Map<string, TileSpec>();
  constructor(readonly trace: TraceInfo, readonly settings: ViewSettings, private readonly heads: number) {}

  of = (name: string): TileSpec => {
    const known = this.made.get(name);
    if (known) return known;
    const axes = pictureAxes(this.trace, this.settings);
    const size = { rows: axes.q.length, cols: axes.k.length, heads: this.heads };
    const spec = thumbSpec(this.trace, this.settings, name, size, thumbKind(this.settings.thumb, Math.max(size.rows, size.cols)) === 'received');
    this.made.set(name, spec);
    return spec;
  };
}

export function planOf(trace: TraceInfo | undefined, s: ViewSettings, grid: Grid, pitch: Pitch, specs: ThumbSpecs | undefined,
  looked: Looked): Plan | null {
  const axes = pictureAxes(trace, s);
  if (!trace || !specs || axes.q.length === 0 || axes.k.length === 0 || wholeMapProblem(trace, s.quantity)) return null;
  const range = gridRows(looked.scroll - AXIS_HEIGHT, looked.height, pitch.y, grid.rows);
  return { trace: trace.id, long: Math.max(axes.q.length, axes.k.length) > LONG_ABOVE, spec: specs.of, pointer: looked.pointer, refine: looked.refine,
           visible: grid.cells.filter((c) => c.row >= range.first && c.row < range.end), near: grid.cells.filter((c) => c.row >= range.nearFirst
             && c.row < range.nearEnd) };
}

/** Thumbnails do not run into the axes. */
export function gridClip(grid: Grid, box: Box): Rect {
  return { x: grid.sorted ? 0 : AXIS_WIDTH - 4, y: grid.sorted ? 0 : AXIS_HEIGHT - 2, width: box.width, height: box.height };
}
