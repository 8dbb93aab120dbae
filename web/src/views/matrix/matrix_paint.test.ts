import { describe, expect, it } from 'vitest';
import { runsOf } from './matrix_paint';

describe('bars beside a matrix', () => {
  it('are one a cell where cells are pixels or more', () => {
    expect(runsOf(Float32Array.of(1, 2, 3), 0, 10, 100, 100, 130)).toEqual([{ at: 100, size: 10, value: 1 }, { at: 110, size: 10, value: 2 },
      { at: 120, size: 10, value: 3 }]);
  });
  it('are at most two a pixel, each the largest of its cells, where cells are smaller', () => {
    const values = Float32Array.from({ length: 8192 }, (_, i) => (i === 4321 ? 9 : 1));
    const runs = runsOf(values, 0, 500 / 8192, 100, 100, 600);
    expect(runs.length).toBeLessThanOrEqual(1000);
    const at = 100 + (4321 * 500) / 8192;
    expect(runs.filter((r) => r.value === 9)).toHaveLength(1);
    expect(runs.some((r) => r.value === 9 && r.at <= at && at < r.at + r.size)).toBe(true);
    expect((runs[runs.length - 1]?.at ?? 0) + (runs[runs.length - 1]?.size ?? 0)).toBeCloseTo(600, 6);
  });
  it('keep to what is shown, and to where their values begin', () => {
    // Rows 64 … 67 of which the window shows from row 65.5 on: pixels 50 … 80, 20 a row.
    const runs = runsOf(Float32Array.of(4, 5, 6, 7), 64, 20, 50 - 65.5 * 20, 50, 80);
    expect(runs).toEqual([{ at: 50, size: 10, value: 5 }, { at: 60, size: 20, value: 6 }]);
  });
});
