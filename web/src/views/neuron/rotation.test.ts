import { describe, expect, it } from 'vitest';
import { angle, pairOf, pairText, partner, type Rope } from './rotation';

const halves: Rope = { theta: 10000, dims: 8, interleaved: false };
const alternating: Rope = { theta: 10000, dims: 8, interleaved: true };

describe('rotary pairs', () => {
  it.each([[0, 4], [3, 7], [4, 0], [7, 3], [8, null]])('halves: neuron %s turns with %s', (n, other) => { expect(partner(halves, n)).toBe(other); });
  it.each([[0, 1], [1, 0], [6, 7], [9, null]])('alternating: neuron %s turns with %s', (n, other) => { expect(partner(alternating, n)).toBe(other); });
  it('turns both of a pair by one angle, the first fastest', () => {
    expect([angle(halves, 0, 3), angle(halves, 4, 3)]).toEqual([3, 3]);
    expect(angle(halves, 1, 3)).toBeCloseTo(3 * 10000 ** -0.25, 12);
    expect(angle(alternating, 3, 3)).toBeCloseTo(3 * 10000 ** -0.25, 12);
  });
  it('takes frequencies that a model brings', () => { expect(angle({ ...halves, inverse_frequencies: [1, 0.5, 0.25, 0.125] }, 6, 2)).toBe(0.5); });
  it('keeps the score of a pair a function of the distance alone', () => {
    // Rotating q at i and k at j: the pair's product depends on i − j only.
    const turn = (x: number, y: number, a: number): [number, number] => [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)];
    const product = (i: number, j: number): number => {
      const [q0, q1] = turn(0.3, -0.7, angle(halves, 2, i));
      const [k0, k1] = turn(1.1, 0.4, angle(halves, 2, j));
      return q0 * k0 + q1 * k1;
    };
    expect(product(9, 4)).toBeCloseTo(product(15, 10), 12);
    expect(Math.abs(product(9, 4) - product(9, 5))).toBeGreaterThan(1e-3);
  });
  it('says it', () => {
    expect(pairText(halves, 5, 2, 1)).toBe('pair 1 (neurons 1, 5) turns by 0.200 rad at query 2, 0.100 at key 1');
    expect([pairOf(halves, 5), pairText(halves, 8, 1, 1)]).toEqual([1, 'not rotated']);
  });
});
