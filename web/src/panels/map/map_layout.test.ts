import { describe, expect, it } from 'vitest';
import { cellName, cellRange, cellSize, gridTarget, lineRange } from './map_layout';
import type { HeadRow } from './head_rows';
import { MIXED } from '../../base/labels';

describe('map layout', () => {
  it.each([[12, 12, 24], [16, 16, 24], [17, 4, 16], [64, 2, 16], [9, 30, 16]])('%s heads in %s layers: %s px cells', (heads, layers, size) => {
    expect(cellSize(heads, layers)).toBe(size);
  });
  it('draws all cells up to 512 heads', () => {
    expect(cellRange(384, 24, 16, 24, { left: 0, top: 100, width: 300, height: 100 })).toEqual({ firstRow: 0, endRow: 24, firstCol: 0, endCol: 16 });
  });
  it('draws what is on screen and a margin above that', () => {
    const range = cellRange(80 * 64, 80, 64, 16, { left: 320, top: 640, width: 320, height: 160 });
    expect(range).toEqual({ firstRow: 34, endRow: 54, firstCol: 14, endCol: 44 });
    expect((range.endRow - range.firstRow) * (range.endCol - range.firstCol)).toBeLessThan(800);
  });
  const heads = [12, 12, 4, 12];
  it.each([['ArrowRight', false, { row: 0, col: 1 }], ['ArrowLeft', false, { row: 0, col: 0 }], ['ArrowUp', false, { row: 0, col: 0 }],
    ['End', false, { row: 0, col: 11 }], ['End', true, { row: 3, col: 11 }], ['PageDown', false, { row: 3, col: 0 }], ['x', false, null]] as const)(
    '%s from the first cell', (key, ctrl, expected) => { expect(gridTarget(key, ctrl, { row: 0, col: 0 }, heads, 5)).toEqual(expected); });
  it('stays inside short rows', () => {
    expect(gridTarget('ArrowDown', false, { row: 1, col: 9 }, heads, 5)).toEqual({ row: 2, col: 3 });
    expect(gridTarget('Home', true, { row: 3, col: 9 }, heads, 5)).toEqual({ row: 0, col: 0 });
  });
  it('names a cell', () => {
    const row: HeadRow = { name: 'L2H0', layer: 2, head: 0, at: 2, info: MIXED, words: 'next token', score: 0.91, labels: ['next'],
      summary: {} as HeadRow['summary'], disagrees: '', link: null };
    expect(cellName(row, '0.91', '')).toBe('Layer 2, head 0, next token, score 0.91, not ablated');
    expect(cellName({ ...row, disagrees: 'corpus: broad' }, '0.91',
      'ablated: zero')).toBe('Layer 2, head 0, next token, score 0.91, ablated: zero; corpus: broad');
  });
  it.each([[0, 100, 200, { first: 0, end: 10 }], [2800, 280, 384, { first: 94, end: 116 }], [99999, 280, 20, { first: 20, end: 20 }]])(
    'list at %s px', (scroll, height, count, expected) => { expect(lineRange(scroll, height, 28, count)).toEqual(expected); });
});
