import { describe, expect, it } from 'vitest';
import { entropyRows, marginals, receivedSpec, rowEntropies } from './marginals';
import type { TileSpec } from '../../base/tiles';

describe('marginals', () => {
  it('entropy of rows, nats', () => {
    const tile = { rows: 3, cols: 4, data: Float32Array.of(1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0, 0) };
    const [one, even, half] = rowEntropies(tile);
    expect(one).toBe(0);
    expect(even).toBeCloseTo(Math.log(4), 6);
    expect(half).toBeCloseTo(Math.LN2, 6);
  });
  it.each([[512, 512, 0, 100, { q0: 0, q1: 512 }], [8192, 8192, 70, 130, { q0: 64, q1: 192 }], [8192, 8192, 0, 700, null], [2048, 2048, 2000, 2048,
    { q0: 1984, q1: 2048 }]])(
    '%s × %s, rows %s–%s', (rows, cols, first, end, expected) => { expect(entropyRows({ rows, cols }, first, end)).toEqual(expected); });
  it('received mass is the sum over queries', () => {
    const m = marginals(undefined, 0, { rows: 1, cols: 3, data: Float32Array.of(0.5, 0.25, 0.25) }, { rows: 8, cols: 3 });
    expect([...m.received]).toEqual([4, 2, 2]);
    expect(m.entropy).toHaveLength(0);
  });
  it('asks for one pooled row', () => {
    expect(receivedSpec({ stack: 'self', heads: ['L0H0'] } as unknown as TileSpec, { rows: 9, cols: 7 })).toMatchObject({ q1: 9, k1: 7, outQ: 1, outK: 0,
      pool: 'mean', dtype: 'f32' });
  });
});
