import { describe, expect, it } from 'vitest';
import { choiceOf } from './controls';
import { isOfLayer, isPinnedOnly, QUANTITY_WORDS, quantityAble, wholeMapProblem } from './quantities';

describe('quantities of a trace', () => {
  const long = { quantities: { weight: true as const, flow: 'Flow takes 64 tokens.', score: 'No queries and keys.' }, pinned_quantities: ['flow'] };

  it('are there whole, for pinned queries, or not at all', () => {
    expect(quantityAble(long, 'weight')).toBe(true);
    expect(quantityAble(long, 'flow')).toBe(true);
    expect(quantityAble(long, 'score')).toBe('No queries and keys.');
    expect(isPinnedOnly(long, 'flow')).toBe(true);
    expect(wholeMapProblem(long, 'flow')).toBe('Flow takes 64 tokens.');
    expect(wholeMapProblem(long, 'weight')).toBe('');
  });

  it('of a trace that says nothing are all there', () => {
    expect(quantityAble(null, 'flow')).toBe(true);
    expect(isPinnedOnly({}, 'flow')).toBe(false);
  });

  it('each have words, and two belong to a layer', () => {
    const names = choiceOf('quantity').values.map(([name]) => name);
    // The difference is the compare view's own: nobody chooses it.
    expect(Object.keys(QUANTITY_WORDS).filter((n) => n !== 'difference')).toEqual(names);
    expect(names.filter((n) => isOfLayer(n as 'flow'))).toEqual(['rollout', 'flow']);
  });
});
