import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../base/fixture';
import { DEFAULT_SETTINGS } from '../base/state';
import type { StackInfo, TraceInfo } from '../base/trace_info';
import { pictureAxes } from './picture_axes';

// Expected as in first_is_special() of src/tile/tile_axes.cc: the first token of a causal model is
// one of its special tokens, whatever it is; a window that sees ahead is not causal.
const trace = (mask: StackInfo['mask']): TraceInfo => {
  const made = fixtureTrace(['the', 'fox', 'jumps'], 1, 1);
  return { ...made, stacks: made.stacks.map((s) => ({ ...s, mask })) };
};
const firsts = (of: TraceInfo, special: 'show' | 'hide' | 'hide-renorm'): number[] =>
  pictureAxes(of, { ...DEFAULT_SETTINGS, special }).k.map((item) => item.first);

describe('the first token', () => {
  it.each([
    ['none', { kind: 'none' }, [0, 1, 2]],
    ['causal', { kind: 'causal' }, [1, 2]],
    ['a window backwards', { kind: 'window', left: 4, right: 0 }, [1, 2]],
    ['a window both ways', { kind: 'window', left: 4, right: 4 }, [0, 1, 2]],
  ] as const)('mask %s', (_, mask, hidden) => {
    expect(firsts(trace(mask), 'show')).toEqual([0, 1, 2]);
    expect(firsts(trace(mask), 'hide')).toEqual(hidden);
    expect(firsts(trace(mask), 'hide-renorm')).toEqual(hidden);
  });
});
