import { describe, expect, it } from 'vitest';
import { lineOpacity, lineWidth, laneOffset, maxWidth, strength, exact4, fixed, percent } from '../../ui/ink';
import { bucketSums, splitRange } from './buckets';
import { bucketAbove, bucketBelow, bucketOf, byStrength, massOf, rowEdges, topkFloor, type EdgeOptions, type RowData } from './edges';

const options: EdgeOptions = { threshold: 0.01, topk: 0, scale: 'linear', largest: 1, seriesCount: 1 };
const row = (...values: number[]): RowData => ({ first: 0, values: Float32Array.from(values) });

describe('ink (ui.md §3.1)', () => {
  it('is opaque and 6 px at weight 1, faint and 0.6 px at 0', () => {
    expect([lineWidth(1, 1), lineOpacity(1)]).toEqual([6, 1]);
    expect(lineWidth(0, 1)).toBeCloseTo(0.6, 12);
    expect(lineOpacity(0)).toBeCloseTo(0.15, 12);
  });
  it.each([[1, 6], [2, 6 / Math.SQRT2], [4, 3], [9, 2], [16, 2]])('%s heads: Wmax %s', (m, expected) => {
    expect(maxWidth(m)).toBeCloseTo(expected, 12);
  });
  it.each([['linear', 0.25, 0.25], ['log', 0.01, 0.5], ['log', 1e-5, 0], ['row', 0.25, 0.5]] as const)(
    '%s scale of %s', (scale, value, expected) => { expect(strength(value, scale, 0.5)).toBeCloseTo(expected, 12); });
  it('puts lanes symmetrically about the middle', () => {
    expect([0, 1, 2].map((r) => laneOffset(r, 3))).toEqual([-3, 0, 3]);
    expect(laneOffset(0, 1)).toBeCloseTo(0);
    expect(laneOffset(11, 12) - laneOffset(0, 12)).toBeCloseTo(11 * 14 / 12, 9);
  });
  it('prints four significant digits', () => {
    expect([0.99891, 0.070449, 12.3456, 0.0000123456, -0.5, 0.99998, 19, 0].map(exact4))
      .toEqual(['0.9989', '0.07045', '12.35', '1.235e−5', '−0.5000', '1.000', '19.00', '0']);
    expect([12.3456, -0.5, 0.00004, 0].map((v) => fixed(v, 3))).toEqual(['12.346', '−0.500', '4.000e−5', '0.000']);
    expect([0.9973, 0.0304, 1].map(percent)).toEqual(['99.7 %', '3.04 %', '100.0 %']);
  });
});

describe('order of operations', () => {
  it('applies top-k before the threshold, ties kept', () => {
    const r = row(0.4, 0.2, 0.2, 0.1, 0.1);
    expect(rowEdges(0, 0, r, { ...options, topk: 2 }).map((e) => e.k)).toEqual([0, 1, 2]);
    expect(rowEdges(0, 0, r, { ...options, topk: 2, threshold: 0.3 }).map((e) => e.k)).toEqual([0]);
    expect(topkFloor(r.values, 5)).toBe(0);
  });
  it('thresholds before the scale', () => {
    // A weight that is stored as the float32 nearest to the threshold lies on it, though a little below as a double.
    const edges = rowEdges(0, 0, row(0.5, 0.009, 0.01, 0), { ...options, scale: 'row' });
    expect(edges.map((e) => e.k)).toEqual([0, 2]);
    expect(edges[0]?.strength).toBe(1);
  });
  it('never draws a masked weight', () => {
    expect(rowEdges(0, 0, row(1, 0, 0), { ...options, threshold: 0 })).toHaveLength(1);
  });
  it('draws other quantities relative to the largest shown, sign aside', () => {
    const edges = rowEdges(0, 0, row(-8, 4), { ...options, largest: 8 });
    expect(edges.map((e) => [e.weight, e.strength])).toEqual([[-8, 1], [4, 0.5]]);
  });
  it('puts the heaviest last', () => {
    expect(byStrength(rowEdges(0, 0, row(0.5, 0.1, 0.4), options)).map((e) => e.k)).toEqual([1, 2, 0]);
  });
});

describe('mass', () => {
  it('drawn, left and hidden add up to the whole', () => {
    const rows = [row(0.6, 0.005, 0.195), row(0.9, 0.05, 0.005)];
    const edges = rows.flatMap((r, q) => rowEdges(0, q, r, options));
    const mass = massOf(rows, edges, 2, 6);
    expect(mass.drawn).toBeCloseTo((0.795 + 0.95) / 2, 6);
    expect(mass.drawn + mass.left + mass.hidden).toBeCloseTo(1, 9);
  });
});

describe('buckets', () => {
  it('names buckets without clashing with keys', () => {
    expect(bucketOf(bucketAbove(31))).toEqual({ where: 'above', index: 31 });
    expect(bucketOf(bucketBelow(63))).toEqual({ where: 'below', index: 63 });
    expect(bucketOf(0)).toBeNull();
  });
  it.each([[2048, 700, 760, 32], [8192, 0, 40, 64], [8192, 5, 45, 64]])(
    'sums + visible = 1 at n = %s, window %s–%s', (n, k0, k1, count) => {
      const weights = Float64Array.from({ length: n }, (_, i) => 1 / (1 + ((i * 7919) % 613)));
      const total = weights.reduce((a, b) => a + b, 0);
      const mean = (r: { first: number; end: number }): number =>
        weights.subarray(r.first, r.end).reduce((a, b) => a + b, 0) / total / (r.end - r.first);
      const above = splitRange(0, k0, count);
      const below = splitRange(k1, n, count);
      expect([above[0]?.first ?? 0, below[below.length - 1]?.end]).toEqual([0, n]);
      const sums = [above, below].flatMap((ranges) => [...bucketSums(Float32Array.from(ranges, mean), ranges)]);
      const visible = weights.subarray(k0, k1).reduce((a, b) => a + b, 0) / total;
      expect(sums.reduce((a, b) => a + b, 0) + visible).toBeCloseTo(1, 4);
    });
});
