import { describe, expect, it } from 'vitest';
import type { HeadEvidence, HeadSummary } from '../common/summary';
import { aboveChance, bestHeads } from './article_strip';

const summary = (head: number, labels: string[], scores: Record<string, number>): HeadSummary =>
  ({ stack: 'self', layer: 0, head, labels, leaning: [], too_few: [], undecided: [], near_line: [], incl_itself: false, distance: 1, reach: 1,
    entropy: 1, scores });
/** Noise heads of a long text: .0003 where chance is .00025. */
const heads = [summary(0, [], { next: 0.0003, cls: 0.01 }), summary(1, ['cls'], { next: 0.0001, cls: 0.9 })];
const evidence = (lift: number): Map<string, HeadEvidence> =>
  new Map([['input L0H0', { scores: { next: { value: 0.0003, chance: 0.00025, lift } } } as unknown as HeadEvidence]]);

describe('best head per pattern', () => {
  it('a head that bears the label comes first, [CLS] among the patterns', () => {
    expect(bestHeads(heads).map((b) => [b.info.name, b.head, b.labelled])).toEqual([['next', 'L0H0', false], ['cls', 'L0H1', true]]);
  });
  it('is none where none is clearly above chance', () => {
    const [next, cls] = bestHeads(heads);
    expect([aboveChance(next as never, 'input', new Map()), aboveChance(next as never, 'input', evidence(1.2)),
      aboveChance(next as never, 'input', evidence(3))]).toEqual([undefined, false, true]);
    expect(aboveChance(cls as never, 'input', new Map())).toBe(true);
  });
});
