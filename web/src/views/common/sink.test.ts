import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../../base/fixture';
import { PLAIN_RULE } from '../../base/layer_rule';
import type { TraceInfo } from '../../base/trace_info';
import { slotOf } from '../../ui/identity';
import { DEFAULTS } from '../../ui/types';
import { sinkShares, sinkSpec } from './sink';

const made = fixtureTrace(['a', 'b', 'c'], 2, 1);
const trace: TraceInfo = { ...made, stacks: made.stacks.map((s) => ({ ...s, rules: [PLAIN_RULE, { ...PLAIN_RULE, sinks: true }] })) };
const head = (name: string): { name: string; heads: string[]; slot: { colour: number; dash: number } } => ({ name, heads: [name], slot: slotOf(0) });

describe('the sink of a row', () => {
  it('is there where the layer has one and rows are whole', () => {
    expect(sinkSpec(trace, DEFAULTS, head('L0H0'))).toBeNull();
    expect(sinkSpec(trace, DEFAULTS, head('L1H0'))).toMatchObject({ q1: 3, k1: 3, outK: 1, pool: 'mean' });
    expect(sinkSpec(trace, { ...DEFAULTS, special: 'hide-renorm' }, head('L1H0'))).toBeNull();
    expect(sinkSpec(trace, { ...DEFAULTS, quantity: 'score' }, head('L1H0'))).toBeNull();
  });

  it('is what the keys leave of 1, of a word the mean', () => {
    // Rows sum to 1, 0.75 and 0.25 over three keys.
    const tile = { rows: 3, cols: 1, data: Float32Array.of(1 / 3, 0.25, 0.25 / 3) };
    const shares = sinkShares(tile, 3, [{ first: 0, end: 1, text: 'a' }, { first: 1, end: 3, text: 'bc' }]);
    expect(shares[0]).toBeCloseTo(0, 6);
    expect(shares[1]).toBeCloseTo((0.25 + 0.75) / 2, 6);
  });
});
