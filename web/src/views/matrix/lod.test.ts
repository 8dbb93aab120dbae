import { describe, expect, it } from 'vitest';
import { clampView, fitCell, levelFor, spanned, texelOf, tilesFor, viewOf, zoomAt } from './lod';

describe('level of detail', () => {
  it.each([[24, 1, 0], [1, 1, 0], [0.5, 1, 1], [0.5, 2, 0], [0.25, 1, 2], [700 / 8192, 1, 4], [700 / 2048, 1, 2]])(
    'cell %s px at ratio %s: level %s', (cell, ratio, level) => { expect(levelFor(cell, ratio)).toBe(level); });
  it.each([20, 512, 2048, 8192])('n = %s: tiles cover the window once', (n) => {
    const plot = { width: 700, height: 500 };
    const cell = fitCell(plot, n, n);
    const tiles = tilesFor({ cell, x: 0, y: 0 }, plot, n, n, levelFor(cell, 1));
    expect(tiles.reduce((sum, t) => sum + (t.q1 - t.q0) * (t.k1 - t.k0), 0)).toBe(n * n);
    for (const t of tiles) expect(Math.max(t.outQ, t.outK)).toBeLessThanOrEqual(256);
  });
  it('zooms about the pointer', () => {
    const view = zoomAt({ cell: 2, x: 10, y: 20 }, 4, 100, 60, 0.1);
    expect(view).toEqual({ cell: 8, x: 10 + 50 - 12.5, y: 20 + 30 - 7.5 });
  });
  it('stays on the matrix and fits a brush', () => {
    expect(clampView({ cell: 10, x: 95, y: -5 }, { width: 100, height: 100 }, 100, 100)).toEqual({ cell: 10, x: 90, y: 0 });
    expect(viewOf(128, 136, 0, 4, { width: 100, height: 100 })).toEqual({ cell: 12.5, x: 0, y: 128 });
  });
  it.each([[0, 100, 7], [0, 256, 16], [512, 700, 12]])('texels of [%s, %s) in %s hold every cell once', (first, end, out) => {
    for (let i = first; i < end; i++) {
      const t = texelOf(first, end, out, i);
      expect(i >= t.first && i < t.end).toBe(true);
      expect(t.first).toBe(first + Math.floor((t.texel * (end - first)) / out));
    }
  });
  it('brushes in every direction, inside the plot', () => {
    const plot = { x: 50, y: 40, width: 100, height: 100 };
    const brush = { x: 60, y: 70, width: 20, height: 30 };
    expect(spanned({ x: 60, y: 70 }, { x: 80, y: 100 }, plot)).toEqual(brush);
    expect(spanned({ x: 80, y: 100 }, { x: 60, y: 70 }, plot)).toEqual(brush);
    expect(spanned({ x: 60, y: 70 }, { x: 900, y: -5 }, plot)).toEqual({ x: 60, y: 40, width: 90, height: 30 });
  });
});
