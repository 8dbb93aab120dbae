import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../base/fixture';
import { CAUSAL, PLAIN_RULE, SEES_ALL, type MaskInfo } from '../base/layer_rule';
import { DEFAULT_SETTINGS } from '../base/state';
import type { TraceInfo } from '../base/trace_info';
import { pictureAxes } from './picture_axes';

// Expected as in tile_axes() of src/tile/tile_axes.cc: the first token of a causal model is one of its
// special tokens, whatever it is; a window that sees ahead is not causal, and every layer counts.
const trace = (...masks: MaskInfo[]): TraceInfo => {
  const made = fixtureTrace(['the', 'fox', 'jumps'], masks.length, 1);
  return { ...made, stacks: made.stacks.map((s) => ({ ...s, rules: masks.map((mask) => ({ ...PLAIN_RULE, mask })) })) };
};
const firsts = (of: TraceInfo, special: 'show' | 'hide' | 'hide-renorm'): number[] =>
  pictureAxes(of, { ...DEFAULT_SETTINGS, special }).k.map((item) => item.first);

describe('the first token', () => {
  it.each([
    ['none', [SEES_ALL], [0, 1, 2]],
    ['causal', [CAUSAL], [1, 2]],
    ['a window backwards', [{ ...SEES_ALL, kind: 'window', left: 4, right: 0 }], [1, 2]],
    ['a window both ways', [{ ...SEES_ALL, kind: 'window', left: 4, right: 4 }], [0, 1, 2]],
    ['windows and whole texts in turn', [{ ...SEES_ALL, kind: 'window', left: 4, right: 0 }, CAUSAL], [1, 2]],
    ['one layer that sees ahead', [CAUSAL, SEES_ALL], [0, 1, 2]],
  ] as const)('mask %s', (_, masks, hidden) => {
    expect(firsts(trace(...masks), 'show')).toEqual([0, 1, 2]);
    expect(firsts(trace(...masks), 'hide')).toEqual(hidden);
    expect(firsts(trace(...masks), 'hide-renorm')).toEqual(hidden);
  });
});
