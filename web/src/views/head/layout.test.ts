import { describe, expect, it } from 'vitest';
import { bucketSlot, bucketY, domRows, maxScroll, panelLayout, rowAt, rowHeight, rowY, scrollTo, visibleRows, type ColumnLayout,
  MAX_DOM_ROWS } from './layout';

const column = (count: number, scroll = 0, height = 24, viewHeight = 480): ColumnLayout =>
  ({ count, rowHeight: height, viewHeight, scroll, top: 0, slot: 3 });

describe('rows', () => {
  it('keeps J1 on one screen: 19 rows of 24 px are 456 px', () => {
    expect(rowHeight('comfortable', 19, 470) * 19).toBe(456);
    expect(visibleRows(column(19, 0, 24, 470))).toEqual({ first: 0, end: 19 });
  });
  it('spreads a short text over a high window, to 36 px a row', () => {
    expect([[19, 470], [19, 600], [19, 900], [10, 900], [60, 900]].map(([n, h]) => rowHeight('comfortable', n as number, h as number))).toEqual([24, 31, 36,
      36, 24]);
    expect(rowHeight('comfortable', 19, 1200, 2)).toBe(62);
  });
  it.each([20, 128, 512, 2048, 8192])('n = %s: at most 80 elements a column, all visible rows among them', (n) => {
    for (const density of ['comfortable', 'compact', 'fit'] as const) {
      const height = rowHeight(density, n, 900);
      for (const scroll of [0, 333, maxScroll(column(n, 0, height, 900))]) {
        const c = column(n, Math.min(scroll, maxScroll(column(n, 0, height, 900))), height, 900);
        const seen = visibleRows(c);
        const dom = domRows(c);
        expect(Math.ceil((dom.end - dom.first) / dom.step)).toBeLessThanOrEqual(MAX_DOM_ROWS);
        expect(dom.first).toBeLessThanOrEqual(seen.first);
        expect(dom.end).toBeGreaterThanOrEqual(Math.min(seen.end, n));
      }
    }
  });
  it('maps rows to places and back', () => {
    const c = column(100, 240);
    for (let i = 10; i < 30; i++) expect(rowAt(c, rowY(c, i))).toBe(i);
    expect(rowAt(c, 481)).toBe(-1);
  });
  it('scrolls as little as needed', () => {
    expect(scrollTo(column(100, 240), 15)).toBe(240);
    expect(scrollTo(column(100, 240), 3)).toBe(72);
    expect(scrollTo(column(100, 0), 40)).toBe(41 * 24 - 480);
  });
  it('puts buckets outside the rows, in order', () => {
    const c = { ...column(2048), top: 96 };
    expect(bucketY(c, 'above', 0, 32)).toBe(1.5);
    expect(bucketY(c, 'above', 31, 32)).toBe(94.5);
    expect(bucketY(c, 'below', 0, 32)).toBe(577.5);
  });
  it('leaves four fifths of the stage to the rows', () => {
    expect([bucketSlot(0, 400), bucketSlot(32, 900), bucketSlot(64, 640)]).toEqual([0, 2.8125, 1]);
  });
});

describe('panels', () => {
  it.each([[600, 1], [1200, 1], [600, 2], [1400, 2], [320, 1]])('width %s, %s panels: nothing overlaps', (width, panels) => {
    const made = panelLayout(width, panels, 110);
    let right = -1;
    for (const p of made) {
      expect(p.left).toBeGreaterThanOrEqual(right);
      expect(p.lineRight - p.lineLeft).toBeGreaterThanOrEqual(89);
      right = p.left + p.width;
    }
  });
});
