// Where the map's cells lie, which of them get an element, and where the keys go.

import type { HeadRow } from './head_rows';
import { M } from '../../base/words/map';

export const CELL = 24;
export const SMALL_CELL = 16;
const SMALL_ABOVE = 16;
/** Above it, rows and columns outside the viewport have no elements. */
export const VIRTUAL_ABOVE = 512;
/** Room of the layer numbers, and of the head numbers on top. */
export const AXIS = 24;
export const TOP = 18;

/** Many heads in a layer, or many layers: small cells, so that the map is seen at once. */
export function cellSize(heads: number, layers: number): number { return Math.max(heads, layers) > SMALL_ABOVE ? SMALL_CELL : CELL; }

export interface Viewport { left: number; top: number; width: number; height: number }
export interface CellRange { firstRow: number; endRow: number; firstCol: number; endCol: number }

export function cellRange(count: number, rows: number, cols: number, cell: number, view: Viewport): CellRange {
  if (count <= VIRTUAL_ABOVE || view.width <= 0 || view.height <= 0) return { firstRow: 0, endRow: rows, firstCol: 0, endCol: cols };
  const range = (scroll: number, size: number, n: number): [number, number] => {
    const margin = 4;
    return [Math.max(0, Math.floor((scroll - AXIS) / cell) - margin), Math.min(n, Math.ceil((scroll + size) / cell) + margin)];
  };
  const [firstRow, endRow] = range(view.top, view.height, rows);
  const [firstCol, endCol] = range(view.left, view.width, cols);
  return { firstRow, endRow, firstCol, endCol };
}

/** Arrow keys, Home/End of the row, with Ctrl of the grid, PageUp/Down; null for other keys. */
export function gridTarget(key: string, ctrl: boolean, from: { row: number; col: number }, heads: readonly number[],
  page: number): { row: number; col: number } | null {
  const last = heads.length - 1;
  const clampRow = (row: number): number => Math.min(last, Math.max(0, row));
  const at = (row: number, col: number): { row: number; col: number } => {
    const r = clampRow(row);
    return { row: r, col: Math.min((heads[r] ?? 1) - 1, Math.max(0, col)) };
  };
  switch (key) {
    case 'ArrowUp': return at(from.row - 1, from.col);
    case 'ArrowDown': return at(from.row + 1, from.col);
    case 'ArrowLeft': return at(from.row, from.col - 1);
    case 'ArrowRight': return at(from.row, from.col + 1);
    case 'Home': return at(ctrl ? 0 : from.row, 0);
    case 'End': return at(ctrl ? last : from.row, Infinity);
    case 'PageUp': return at(from.row - page, from.col);
    case 'PageDown': return at(from.row + page, from.col);
    default: return null;
  }
}

/** "Layer 2, head 0, next token, score 0.91, not ablated" */
export function cellName(row: HeadRow, score: string, ablated: string): string {
  const label = row.summary ? M.scored(row.words, row.score === null ? '' : score) : M.notComputedYet;
  return M.cell(row.layer, row.head, label, ablated, row.disagrees);
}

/** Lines of a virtual list: [first, end) with a margin. */
export function lineRange(scroll: number, height: number, line: number, count: number): { first: number; end: number } {
  const margin = 6;
  const first = Math.max(0, Math.min(count, Math.floor(scroll / line) - margin));
  return { first, end: Math.min(count, Math.ceil((scroll + Math.max(height, line)) / line) + margin) };
}
