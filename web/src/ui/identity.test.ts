import { describe, expect, it } from 'vitest';
import { seriesOf, slotFor, slotOf } from './identity';

describe('head identity', () => {
  it.each([[0, 0, 0], [7, 7, 0], [8, 0, 1], [15, 7, 1], [31, 7, 3], [32, 0, 0]])('head %s: colour %s, dash %s', (h, colour, dash) => {
    expect(slotOf(h)).toEqual({ colour, dash });
  });
  it('follows the order of selection across layers', () => {
    expect(slotFor(['L2H9', 'L2H1'], 'L2H9')).toEqual({ colour: 1, dash: 1 });
    expect(slotFor(['L2H9', 'L3H9'], 'L3H9')).toEqual({ colour: 1, dash: 0 });
  });
  it('combines heads into one series, and layers for rollout', () => {
    const base = { heads: ['L2H0', 'L2H6'], quantity: 'weight', combine: 'mean' } as const;
    expect(seriesOf(base).map((s) => s.name)).toEqual(['mean of L2H0, L2H6']);
    expect(seriesOf({ ...base, combine: 'separate' })).toHaveLength(2);
    expect(seriesOf({ ...base, quantity: 'rollout' }).map((s) => s.name)).toEqual(['rollout to layer 2']);
  });
});
