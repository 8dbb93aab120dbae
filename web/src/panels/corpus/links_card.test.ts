import { describe, expect, it } from 'vitest';
import type { LinkedHead } from '../../api/engine';
import { linkWords, strongest } from './links_card';

const row = (layer: number, head: number, mean: number): LinkedHead =>
  ({ layer, head, mean, se: null, chance: 0.1, lift: mean / 0.1, rank: 1, top1: 1, n: 2 });

describe('links over a corpus', () => {
  it.each([
    ['file', 'the links that the corpus names'],
    ['rel:nsubj', 'nsubj, from the dependent to the word that governs it'],
    ['rel:nsubj:head', 'nsubj, from the governing word to its dependent'],
    ['rel:nsubj:pass', 'nsubj:pass, from the dependent to the word that governs it'],
    ['rel:nsubj:pass:head', 'nsubj:pass, from the governing word to its dependent'],
  ])('%s in words', (of, words) => { expect(linkWords(of)).toBe(words); });
  it.each([['L0H2', [[1, 'L0H2'], [2, 'L2H0']]], ['L1H1', [[1, 'L0H2'], [2, 'L2H0'], [4, 'L1H1']]], ['L9H9', [[1, 'L0H2'], [2, 'L2H0']]]])(
    'shows the strongest, and %s with its place', (head, expected) => {
      const rows = strongest([row(0, 2, 0.4), row(2, 0, 0.3), row(1, 0, 0.2), row(1, 1, 0.1)], head, 2);
      expect(rows.map(({ place, row: r }) => [place, `L${r.layer}H${r.head}`])).toEqual(expected);
    });
  it('of several stacks the one on screen, with its places among all', () => {
    const rows = strongest([{ ...row(0, 2, 0.4), stack: 'cross' }, { ...row(0, 2, 0.3), stack: 'encoder' }], 'L0H2', 20, 'encoder');
    expect(rows.map(({ place, row: r }) => [place, r.stack])).toEqual([[2, 'encoder']]);
  });
});
