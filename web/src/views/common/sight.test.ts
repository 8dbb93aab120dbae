import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../../base/fixture';
import { CAUSAL, PLAIN_RULE, SEES_ALL, type LayerRule } from '../../base/layer_rule';
import type { Tile } from '../../base/tiles';
import type { TraceInfo } from '../../base/trace_info';
import { maskSpecs, sightOf } from './sight';

const dense: LayerRule = { ...PLAIN_RULE, mask: { ...SEES_ALL, kind: 'dense' } };
function traceOf(rules: LayerRule[], tokens = 4): TraceInfo {
  const trace = fixtureTrace(Array.from({ length: tokens }, (_, i) => `t${i}`), rules.length, 2);
  return { ...trace, stacks: trace.stacks.map((s) => ({ ...s, rules })) };
}
const item = (first: number, end = first + 1): { first: number; end: number; text: string } => ({ first, end, text: '' });
const NONE = -Infinity;

describe('which keys a query sees', () => {
  // Query 0 sees itself, 1 all, 2 none but key 3, 3 none.
  const tile: Tile = { rows: 4, cols: 4, data: Float32Array.of(1, NONE, NONE, NONE, 0, -2, 3, 1, NONE, NONE, NONE, 5, NONE, NONE, NONE, NONE) };
  const peek = { peek: (): Tile => tile };
  it('by a dense mask: what has a score', () => {
    const sight = sightOf(traceOf([dense]), '', ['L0H1'], peek);
    expect([0, 1, 2, 3].map((q) => [0, 1, 2, 3].map((k) => (sight.sees(item(q), item(k)) ? 1 : 0)).join(''))).toEqual(['1000', '1111', '0001', '0000']);
    expect(sight.hides).toBe(true);
    // A word sees what one of its tokens sees.
    expect([sight.sees(item(2, 4), item(0, 2)), sight.sees(item(2, 4), item(2, 4)), sight.sees(item(1, 3), item(0))]).toEqual([false, true, true]);
  });
  it('by several layers: what one of them shows', () => {
    const trace = traceOf([dense, { ...PLAIN_RULE, mask: CAUSAL }]);
    const sight = sightOf(trace, '', ['L0H0', 'L1H0'], peek);
    expect([sight.sees(item(2), item(1)), sight.sees(item(0), item(3)), sight.sees(item(2), item(3))]).toEqual([true, false, true]);
    expect(sightOf(traceOf([dense, PLAIN_RULE]), '', ['L0H0', 'L1H0'], peek).hides).toBe(false);
  });
  it('hides nothing before the mask has come, and asks one tile a layer, whichever head is first', () => {
    const trace = traceOf([dense, dense]);
    expect(sightOf(trace, '', ['L0H0'], { peek: () => undefined }).hides).toBe(false);
    expect(maskSpecs(trace, '', ['L0H0', 'L0H1', 'L1H0']).map((s) => [s.heads[0], s.outQ])).toEqual([['L0H0', 0], ['L1H0', 0]]);
    expect(maskSpecs({ ...trace, quantities: { score: 'only weights' } }, '', ['L0H0'])).toEqual([]);
    expect(maskSpecs(traceOf([PLAIN_RULE]), '', ['L0H0'])).toEqual([]);
  });
  it('of long texts by cells that are hidden whole', () => {
    const trace = traceOf([dense], 1000);
    expect(maskSpecs(trace, '', ['L0H0'])[0]).toMatchObject({ outQ: 512, outK: 512, q1: 1000 });
    const data = Float32Array.from({ length: 512 * 512 }, (_, i) => (i % 512 > Math.floor(i / 512) ? NONE : 0));
    const sight = sightOf(trace, '', ['L0H0'], { peek: () => ({ rows: 512, cols: 512, data }) });
    // Token t lies in the texel i with ⌊i · 1000 / 512⌋ ≤ t: token 1 in 0 or 1 by that rule alone.
    const texel = (t: number): number => { let i = 0; while (i < 511 && Math.floor(((i + 1) * 1000) / 512) <= t) i++; return i; };
    for (const [q, k] of [[0, 0], [1, 2], [500, 499], [500, 502], [999, 0], [3, 999], [997, 998]] as const) {
      expect([q, k, sight.sees(item(q), item(k))]).toEqual([q, k, texel(k) <= texel(q)]);
    }
  });
});
