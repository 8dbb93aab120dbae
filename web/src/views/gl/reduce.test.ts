import { describe, expect, it } from 'vitest';
import { reduceTexels, texelsOf, type TexelSource } from './reduce';

const source = (rows: number, cols: number, value: (r: number, c: number) => number): TexelSource => ({ rows, cols, value });

describe('rasters with more texels than pixels', () => {
  it.each([[64, 40], [256, 100], [64, 64], [5, 20], [257, 256]])('%s texels in %s pixels: every texel is in a pixel', (texels, pixels) => {
    const seen = new Set<number>();
    for (let p = 0; p < pixels; p++) for (let [t, end] = texelsOf(p, pixels, texels); t < end; t++) seen.add(t);
    expect(seen.size).toBe(texels);
  });
  it('keeps a single hit wherever it lies', () => {
    for (let at = 0; at < 64; at++) {
      const pixels = reduceTexels(source(64, 64, (r, c) => (r === at && c === (at * 37) % 64 ? 1 : 0)), 40, 40, 'max');
      expect(Math.max(...pixels), `hit in row ${at}`).toBe(1);
    }
  });
  it('takes the strongest of either sign, or the mean', () => {
    const four = source(2, 2, (r, c) => [[1, -3], [2, 0]][r]?.[c] ?? NaN);
    expect([...reduceTexels(four, 1, 1, 'max')]).toEqual([-3]);
    expect([...reduceTexels(four, 1, 1, 'mean')]).toEqual([0]);
  });
  it('a masked score is a hole, and never wins a maximum', () => {
    const masked = source(1, 4, (_r, c) => [0.5, -Infinity, -Infinity, NaN][c] ?? NaN);
    expect([...reduceTexels(masked, 2, 1, 'max')]).toEqual([0.5, NaN]);
    expect([...reduceTexels(masked, 2, 1, 'mean')]).toEqual([0.5, NaN]);
  });
});
