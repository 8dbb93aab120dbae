import { describe, expect, it } from 'vitest';
import { CAUSAL, maskWords, PLAIN_RULE, ruleWords, SEES_ALL, visibleKeys, widest, type MaskInfo } from './layer_rule';

const window = (left: number | null, right: number | null): MaskInfo => ({ ...SEES_ALL, kind: 'window', left, right });

describe('what a layer sees', () => {
  // The cases of visible_keys in src/score/score_rule_test.cc, and those of the figure beside it.
  it('is a run of keys around the query', () => {
    expect(visibleKeys(SEES_ALL, 3, 9)).toEqual({ first: 0, end: 9 });
    expect(visibleKeys(CAUSAL, 3, 9)).toEqual({ first: 0, end: 4 });
    expect(visibleKeys(window(2, 1), 4, 9)).toEqual({ first: 2, end: 6 });
    expect(visibleKeys(window(null, 0), 4, 9)).toEqual({ first: 0, end: 5 });
    expect(visibleKeys(window(2, null), 1, 9)).toEqual({ first: 0, end: 9 });
    expect(visibleKeys({ ...CAUSAL, keyLength: 3 }, 7, 9)).toEqual({ first: 0, end: 3 });
    expect(visibleKeys({ ...window(1, 0), keyLength: 3 }, 7, 9)).toEqual({ first: 3, end: 3 });
  });

  it('of several layers hides only what none of them sees', () => {
    expect(widest([window(3, 0), CAUSAL])).toEqual(CAUSAL); // Gemma 2
    expect(widest([window(4, 4), SEES_ALL])).toEqual(SEES_ALL); // ModernBERT
    expect(widest([window(3, 0), window(7, 0)])).toEqual(window(7, 0));
    expect(widest([window(3, 0)])).toEqual(window(3, 0));
  });

  it('is said in words', () => {
    expect(maskWords(SEES_ALL)).toBe('');
    expect(maskWords(CAUSAL)).toBe('A query sees itself and all tokens before it.');
    expect(maskWords(window(2, 0))).toBe('A query sees itself and the 2 tokens before it.');
    expect(maskWords(window(64, 1))).toBe('A query sees itself, the 64 tokens before it and the 1 token after it.');
    expect(ruleWords(PLAIN_RULE)).toBe('');
    expect(ruleWords({ ...PLAIN_RULE, mask: CAUSAL, softcap: 50, sinks: true }))
      .toBe('A query sees itself and all tokens before it. Scores are capped at ±50. A sink, which is no token, takes the rest of each row.');
  });
});
