import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../../base/fixture';
import { CAUSAL, PLAIN_RULE } from '../../base/layer_rule';
import { DEFAULTS } from '../../ui/types';
import { queryOf } from './neuron_plan';

// As figures take it (src/figure/views_test.cc, NeuronsWithoutAPinAreOfTheQueryThatSeesMost).
describe('the query of the neuron view', () => {
  const trace = fixtureTrace('[CLS] the cat sat [SEP]'.split(' '), 1, 1);
  const causal = { ...trace, stacks: trace.stacks.map((s) => ({ ...s, rules: s.layers.map(() => ({ ...PLAIN_RULE, mask: CAUSAL })) })) };

  it('is the first word, or the last where the first sees itself alone', () => {
    expect(queryOf(trace, DEFAULTS)).toBe(1);
    expect(queryOf(causal, DEFAULTS)).toBe(3);
  });
  it('is the pinned token where it is there', () => {
    expect(queryOf(causal, { ...DEFAULTS, pins: ['q2'] })).toBe(2);
    expect(queryOf(causal, { ...DEFAULTS, pins: ['q9'] })).toBe(3);
  });
});
