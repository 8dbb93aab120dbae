import { describe, expect, it } from 'vitest';
import type { HeadLabel } from '../../ui/types';
import { thumbPixels } from '../../ui/thumb_spec';
import { gridRows, layerGrid, orderValue, sortedGrid, thumbKind, thumbSize } from './grid';

const layers = (l: number, h: number): { layer: number; heads: number }[] => Array.from({ length: l }, (_, layer) => ({ layer, heads: h }));

describe('model grid', () => {
  it.each([[12, 12, 144], [24, 16, 384]])('%s layers × %s heads: %s cells', (l, h, count) => {
    const grid = layerGrid(layers(l, h));
    expect([grid.cells.length, new Set(grid.cells.map((c) => `${c.row},${c.col}`)).size]).toEqual([count, count]);
  });
  it('takes unequal layers and kept layer numbers', () => {
    expect(layerGrid([{ layer: 3, heads: 2 }, { layer: 7, heads: 1 }]).cells.map((c) => [c.name, c.row, c.col]))
      .toEqual([['L3H0', 0, 0], ['L3H1', 0, 1], ['L7H0', 1, 0]]);
  });
  it('never goes under 40 px', () => {
    expect([thumbSize(700, 12), thumbSize(300, 64), thumbSize(2000, 2)]).toEqual([49, 40, 160]);
  });
  it.each([[19, 144, 0], [64, 144, 0], [128, 144, 64], [128, 384, 32]])('n = %s, %s heads: %s texels', (n, heads, px) => {
    expect(thumbPixels(n, heads)).toBe(px);
  });
  it('chooses lines up to 64 tokens', () => {
    expect([thumbKind('auto', 64), thumbKind('auto', 65), thumbKind('lines', 512), thumbKind('received', 512)]).toEqual(['lines', 'matrix', 'matrix', 'received']);
  });
  it('sorts by score or label, unknown heads last', () => {
    const labels = new Map([['L0H1', { name: 'L0H1', label: 'next', score: 0.5 }], ['L1H0', { name: 'L1H0', label: 'broad', score: 0.4 }]]);
    expect(sortedGrid(layers(2, 2), labels, 'score', 3).cells.map((c) => c.name)).toEqual(['L0H1', 'L1H0', 'L0H0', 'L1H1']);
    expect(sortedGrid(layers(2, 2), labels, 'label', 3).cells.map((c) => c.name).slice(0, 2)).toEqual(['L1H0', 'L0H1']);
  });
  it('sorts by a measure, what is not known last', () => {
    const of = (name: string, reach: number | null): [string, HeadLabel] => [name, { name, label: 'next', score: 0.5, measures: { reach, distance: 1, entropy: 2 } }];
    const labels = new Map([of('L0H0', 3), of('L0H1', null), of('L1H0', 41.5)]);
    expect(sortedGrid(layers(2, 2), labels, 'reach', 3).cells.map((c) => c.name)).toEqual(['L1H0', 'L0H0', 'L0H1', 'L1H1']);
    expect([orderValue(labels.get('L1H0'), 'reach'), orderValue(labels.get('L1H0'), 'score'), orderValue(undefined, 'reach')]).toEqual([41.5, 0.5, null]);
  });
  it('knows the rows on screen and one screen around', () => {
    expect(gridRows(500, 300, 50, 80)).toEqual({ first: 10, end: 16, nearFirst: 4, nearEnd: 22 });
  });
});
