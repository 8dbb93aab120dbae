import { describe, expect, it } from 'vitest';
import { ARTICLE } from '../../base/article';
import type { HeadEvidence, HeadSummary, LabelDetail, ScoreValue } from '../common/summary';
import { briefOf } from '../common/summary';
import { verdictText } from './verdict';

const score = (value: number | null, chance: number | null = null): ScoreValue =>
  ({ value, chance, lift: null, z: null, se: null, queries: 14, words_only: null, uniform: null });
const detail: LabelDetail = { threshold: 0.45, confidence: 1, near_line: false, undecided: false, incl_itself: false, obey: 14, of: 14,
  content_share: null, examples: [], exceptions: [] };
function head(labels: string[], scores: Record<string, ScoreValue>, more: Partial<HeadEvidence> = {}): { evidence: HeadEvidence; summary: HeadSummary } {
  const evidence: HeadEvidence = { layer: 2, head: 0, labels, leaning: [], too_few: [],
    label_details: Object.fromEntries(labels.map((l) => [l, detail])), scores,
    distance: 1, reach: 1, entropy: 1, offsets: [], attended: [], histogram: {}, ...more };
  return { evidence, summary: briefOf(evidence) };
}
const told = (number: number, of: ReturnType<typeof head>, pair = true): ReturnType<typeof verdictText> =>
  verdictText({ pattern: ARTICLE[number - 1] as never, ...of, scope: 'input', pair });

describe('the verdict on a text', () => {
  it('holds, with the words that obey', () => {
    expect(told(1, head(['next'], { next: score(0.9998, 0.143) }))).toEqual({ holds: true,
      text: 'Holds on this text: 14 of 14 words look most at the next token.' });
  });
  it('does not, with the score and what chance gives', () => {
    expect(told(1, head(['sep'], { next: score(0.22, 0.06) }))).toEqual({ holds: false, text: 'Not next token here: 0.22, by chance 0.06.' });
  });
  it('says what is missing rather than that it is not there', () => {
    expect(told(4, head([], { same_across: score(null) }), false)).toEqual({ holds: null,
      text: 'Cannot be measured: it lives between two texts, and there is no text B.' });
    expect(told(4, head([], { same_across: score(null) })).text).toBe('Cannot be measured on this text: no word occurs a second time.');
    expect(told(5, head([], { predictive: score(null) })).text).toBe('Not measured yet on this text: it needs a run of the model for each pair of words.');
    expect(told(1, head([], { next: score(0.9, 0.1) },
      { too_few: ['next'] })).text).toBe('Not next token here: 0.90, by chance 0.10. Too few words to tell.');
  });
});
