import { describe, expect, it } from 'vitest';
import type { ColumnLayout } from './layout';
import { RowZoom } from './row_zoom';

const column = (count: number, rowHeight: number, scroll = 0): ColumnLayout => ({ count, rowHeight, viewHeight: 480, scroll, top: 10, slot: 0 });
const both = (count: number, row: number, scroll = 0): { q: ColumnLayout; k: ColumnLayout } =>
  ({ q: column(count, row, scroll), k: column(count, row, scroll) });

describe('row heights under two fingers', () => {
  it('change by the factor, and the row between the fingers stays', () => {
    const zoom = new RowZoom();
    // Row 20 lies at y = 10 + 20 · 24 − 240 = 250; at 30 px a row it must still.
    expect(zoom.by(1.25, 250, both(100, 24, 240), 1)).toEqual({ q: 360, k: 360 });
    expect(zoom.height).toBe(30);
    expect(10 + 20 * 30 - 360).toBe(250);
  });
  it('add up where fingers are faster than the picture', () => {
    const [slow, fast] = [new RowZoom(), new RowZoom()];
    slow.by(1.25, 250, both(100, 24, 240), 1);
    slow.by(1.2, 250, both(100, 30, 360), 1);
    fast.by(1.25, 250, both(100, 24, 240), 1);
    expect(fast.by(1.2, 250, both(100, 24, 240), 1)).toEqual({ q: 480, k: 480 });
    expect([fast.height, slow.height]).toEqual([36, 36]);
  });
  it('end at twice a row, and where all rows are in sight', () => {
    const zoom = new RowZoom();
    zoom.by(100, 10, both(100, 24), 1);
    expect(zoom.height).toBe(48);
    zoom.by(0.01, 10, both(100, 24), 1);
    expect(zoom.height).toBe(4.8);
    expect(zoom.by(0.5, 10, both(100, 4.8), 1)).toBeNull();
    // A text that cannot be seen whole: compact rows are the least.
    const long = new RowZoom();
    long.by(0.01, 10, both(4000, 24), 1);
    expect(long.height).toBe(16);
  });
  it('go when a density is chosen', () => {
    const zoom = new RowZoom();
    zoom.take('comfortable');
    zoom.by(1.2, 10, both(100, 24), 1);
    zoom.take('comfortable');
    expect(zoom.height).toBeCloseTo(28.8);
    zoom.take('compact');
    expect(zoom.height).toBeNull();
  });
});
