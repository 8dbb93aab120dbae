import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../../base/fixture';
import type { Tile, TileEngine } from '../../base/tiles';
import { comparable, divergences, jensenShannon, meanDivergence } from './divergence';

describe('divergence', () => {
  it.each([[[1, 0], [1, 0], 0], [[1, 0], [0, 1], Math.LN2], [[0.5, 0.5], [0.5, 0.5], 0],
    // By hand: m = (.75, .25); ½(1·ln(1/.75)) + ½(.5·ln(.5/.75) + .5·ln(.5/.25)).
    [[1, 0], [0.5, 0.5], 0.5 * Math.log(1 / 0.75) + 0.25 * Math.log(0.5 / 0.75) + 0.25 * Math.log(2)]])('of %j and %j is %d', (p, q, expected) => {
    expect(jensenShannon(Float32Array.from(p), Float32Array.from(q))).toBeCloseTo(expected, 7);
  });
  const tile = (...rows: number[][]): Tile => ({ rows: rows.length, cols: rows[0]?.length ?? 0, data: Float32Array.from(rows.flat()) });
  it('is the mean over queries', () => { expect(meanDivergence(tile([1, 0], [1, 0]), tile([1, 0], [0, 1]))).toBeCloseTo(Math.LN2 / 2, 7); });
  it('compares texts of one length, up to a limit', () => {
    const short = fixtureTrace();
    const long = fixtureTrace(Array.from({ length: 97 }, () => 'a'));
    expect([comparable(short, short), comparable(short, long), comparable(long, long)]).toEqual([true, 'The texts differ in length.',
      'The change of every head is measured up to 96 tokens.']);
  });
  it('gives every head of the stack one number', async () => {
    const [a, b] = [fixtureTrace(['x', 'y'], 2, 2), { ...fixtureTrace(['x', 'y'], 2, 2), id: 'base' }];
    const engine: TileEngine = { tiles: (id, specs) =>
      Promise.resolve(specs.map((s) => (s.heads[0] === 'L1H0' && id === 'base' ? tile([0, 1], [0, 1]) : tile([1, 0], [1, 0])))) };
    const map = await divergences(engine, a, b, { stack: '' }, new AbortController().signal);
    expect([...map.keys()]).toEqual(['L0H0', 'L0H1', 'L1H0', 'L1H1']);
    expect([map.get('L0H0'), map.get('L1H0')]).toEqual([0, expect.closeTo(Math.LN2, 6)]);
  });
});
