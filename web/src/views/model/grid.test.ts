import { describe, expect, it } from 'vitest';
import type { HeadLabel } from '../../ui/types';
import { thumbPixels } from '../../ui/thumb_spec';
import { fittedGrid, gridRows, layerGrid, orderValue, sortedGrid, thumbKind, thumbSize, type GridLayer } from './grid';

const heads = (n: number): number[] => Array.from({ length: n }, (_, h) => h);
const layers = (l: number, h: number): GridLayer[] => Array.from({ length: l }, (_, layer) => ({ layer, heads: heads(h) }));

describe('model grid', () => {
  it.each([[12, 12, 144], [24, 16, 384]])('%s layers × %s heads: %s cells', (l, h, count) => {
    const grid = layerGrid(layers(l, h));
    expect([grid.cells.length, new Set(grid.cells.map((c) => `${c.row},${c.col}`)).size]).toEqual([count, count]);
  });
  it('takes unequal layers and kept layer numbers', () => {
    expect(layerGrid([{ layer: 3, heads: [0, 1] }, { layer: 7, heads: [0] }]).cells.map((c) => [c.name, c.row, c.col]))
      .toEqual([['L3H0', 0, 0], ['L3H1', 0, 1], ['L7H0', 1, 0]]);
  });
  it('keeps the places of heads that are left out', () => {
    const grid = layerGrid([{ layer: 0, heads: [2, 5] }, { layer: 1, heads: [5] }]);
    expect([grid.columns, grid.cells.map((c) => [c.name, c.col])]).toEqual([[2, 5], [['L0H2', 0], ['L0H5', 1], ['L1H5', 1]]]);
  });
  it.each([[700, 640, 12, 12, 50], [1600, 500, 12, 12, 39], [1600, 300, 12, 12, 56], [300, 900, 12, 64, 40], [390, 500, 12, 12, 28],
    [2000, 900, 2, 2, 160], [700, 2000, 12, 12, 54]])(
    '%s × %s px for %s × %s: %s px', (width, height, rows, cols, px) => { expect(thumbSize(width, height, { rows, cols, sorted: false })).toBe(px); });
  it('shows a sorted grid whole where thumbnails of 72 px allow it', () => {
    const cols = fittedGrid(12, 900, 500, 72);
    expect(Math.ceil(12 / cols) * (thumbSize(900 + 34, 500 + 22, { rows: Math.ceil(12 / cols), cols, sorted: true }) + 2 + 16)).toBeLessThanOrEqual(500);
    expect(fittedGrid(1000, 900, 500, 72)).toBe(12);
  });
  it.each([[19, 144, 0], [64, 144, 0], [128, 144, 64], [128, 384, 32]])('n = %s, %s heads: %s texels', (n, heads, px) => {
    expect(thumbPixels(n, heads)).toBe(px);
  });
  it('chooses lines up to 64 tokens', () => {
    expect([thumbKind('auto', 64), thumbKind('auto', 65), thumbKind('lines', 512), thumbKind('received', 512)]).toEqual(['lines', 'matrix', 'matrix',
      'received']);
  });
  it('sorts by score or label, unknown heads last', () => {
    const labels = new Map([['L0H1', { name: 'L0H1', label: 'next', score: 0.5 }], ['L1H0', { name: 'L1H0', label: 'broad', score: 0.4 }]]);
    expect(sortedGrid(layers(2, 2), labels, 'score', 3).cells.map((c) => c.name)).toEqual(['L0H1', 'L1H0', 'L0H0', 'L1H1']);
    expect(sortedGrid(layers(2, 2), labels, 'label', 3).cells.map((c) => c.name).slice(0, 2)).toEqual(['L1H0', 'L0H1']);
  });
  it('sorts by a measure, what is not known last', () => {
    const of = (name: string, reach: number | null): [string, HeadLabel] => [name, { name, label: 'next', score: 0.5, measures: { reach, distance: 1,
      entropy: 2 } }];
    const labels = new Map([of('L0H0', 3), of('L0H1', null), of('L1H0', 41.5)]);
    expect(sortedGrid(layers(2, 2), labels, 'reach', 3).cells.map((c) => c.name)).toEqual(['L1H0', 'L0H0', 'L0H1', 'L1H1']);
    expect([orderValue(labels.get('L1H0'), 'reach'), orderValue(labels.get('L1H0'), 'score'), orderValue(undefined, 'reach')]).toEqual([41.5, 0.5, null]);
  });
  it('knows the rows on screen and one screen around', () => {
    expect(gridRows(500, 300, 50, 80)).toEqual({ first: 10, end: 16, nearFirst: 4, nearEnd: 22 });
  });
});
