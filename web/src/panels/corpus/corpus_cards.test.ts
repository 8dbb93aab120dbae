import { describe, expect, it } from 'vitest';
import type { GrammarRow } from '../common/summary';
import { few, nearestHeads, sortGrammar } from './corpus_cards';

const row = (relation: string, accuracy: number, baseline: number, n: number): GrammarRow =>
  ({ relation, direction: 'dependent_to_head', accuracy, baseline, offset: 1, n });

describe('corpus cards', () => {
  it.each([[29, true], [30, false], [0, true]])('%s words are few: %s', (n, expected) => { expect(few(n)).toBe(expected); });
  const rows = [row('det', 0.9, 0.5, 100), row('amod', 0.8, 0.75, 200), row('rare', 1, 0, 5), row('dobj', 0.7, 0.2, 50)];
  it.each([['gain', ['dobj', 'det', 'amod', 'rare']], ['accuracy', ['det', 'amod', 'dobj', 'rare']], ['n', ['amod', 'det', 'dobj', 'rare']],
    ['relation', ['amod', 'det', 'dobj', 'rare']]] as const)(
    'relations by %s, few words last', (by, expected) => { expect(sortGrammar(rows, by).map((r) => r.relation)).toEqual(expected); });
  it('finds the heads that attend alike', () => {
    const heads = ['L0H0', 'L0H1', 'L1H0'];
    const js = [[0, 0.3, 0.1], [0.3, 0, 0.2], [0.1, 0.2, 0]];
    expect(nearestHeads(heads, js, 'L0H0', 5)).toEqual([{ head: 'L1H0', divergence: 0.1 }, { head: 'L0H1', divergence: 0.3 }]);
    expect(nearestHeads(heads, js, 'L9H9', 5)).toEqual([]);
  });
});
