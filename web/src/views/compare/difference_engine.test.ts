import { describe, expect, it } from 'vitest';
import type { Aligned } from '../../base/alignment';
import { alignedOf, aloneOn, partnerOf } from '../../base/alignment';
import { fixtureTrace } from '../../base/fixture';
import type { Tile, TileEngine, TileSpec } from '../../base/tiles';
import { DifferenceEngine } from './difference_engine';

// Left: "straw ##berries . x", right: "strawberries . y"; x and y have no partner.
const left = { ...fixtureTrace(['straw', '##berries', '.', 'x'], 1, 1), id: 'l' };
const right = { ...fixtureTrace(['strawberries', '.', 'y'], 1, 1), id: 'r' };
const aligned: Aligned = alignedOf({ matched: [[0, 2, 0, 1], [2, 3, 1, 2]], left_only: [[3, 4]], right_only: [[2, 3]] });
const WEIGHTS: Record<string, number[]> = {
  l: [0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.2, 0.2, 0.25, 0.25, 0.25, 0.25, 1, 0, 0, 0],
  r: [0.6, 0.3, 0.1, 0.2, 0.8, 0, 0, 0, 1],
};
const engine: TileEngine = {
  tiles: (trace: string, specs: readonly TileSpec[]): Promise<Tile[]> => Promise.resolve(specs.map((s) => ({ rows: s.q1, cols: s.k1,
    data: Float32Array.from(WEIGHTS[trace] ?? []) }))),
};
const options = { signal: new AbortController().signal, priority: 0 as const };
const spec = (rest: Partial<TileSpec['ops']> = {}): TileSpec =>
  ({ stack: '', heads: ['L0H0'], q0: 0, q1: 2, k0: 0, k1: 2, outQ: 0, outK: 0, pool: 'max', dtype: 'f32',
  ops: { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [], ...rest } });

describe('the difference of two traces', () => {
  const made = new DifferenceEngine(engine, { left, right, stack: '', queries: aligned, keys: aligned });

  it('has the words that both have', () => {
    expect(made.trace.query.tokens).toEqual(['strawberries', '.']);
    expect(partnerOf(aligned, 'left', 1)).toBe(0);
    expect(partnerOf(aligned, 'right', 2)).toBeNull();
    expect([...aloneOn(aligned, 'left')]).toEqual([3]);
  });

  it('is right less left: from a word the mean, to it the sum', async () => {
    const [tile] = await made.tiles('', [spec()], options);
    // Left, by hand: strawberries → itself ((0.1 + 0.2) + (0.5 + 0.1)) / 2 = 0.45, → "." (0.3 + 0.2) / 2; "." → 0.5, 0.25.
    const expected = [0.6 - 0.45, 0.3 - 0.25, 0.2 - 0.5, 0.8 - 0.25];
    [...(tile as Tile).data].forEach((v, i) => { expect(v).toBeCloseTo(expected[i] as number, 6); });
  });

  it('renormalised: each side sums to 1 over what is shown, so a row of differences to 0', async () => {
    const [tile] = await made.tiles('', [spec({ renormalise: true })], options);
    const [a = 0, b = 0] = (tile as Tile).data;
    expect(a).toBeCloseTo(0.6 / 0.9 - 0.45 / 0.7, 6);
    expect(a + b).toBeCloseTo(0, 6);
  });
});
