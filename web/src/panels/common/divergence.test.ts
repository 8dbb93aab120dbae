import { describe, expect, it } from 'vitest';
import type { CompareRequest, Comparison } from '../../api/engine';
import { fixtureTrace } from '../../base/fixture';
import { divergences, sharedDivergences, type Comparing } from './divergence';

describe('divergence', () => {
  const [after, before] = [fixtureTrace(['x', 'y'], 1, 3), { ...fixtureTrace(['x'], 1, 3), id: 'base' }];
  const heads = [{ head: 2, js: 0.5 }, { head: 0, js: 0 }, { head: 1, js: null }].map((h) =>
    ({ stack: 'self', layer: 0, mean_abs: h.js, labels: { left: [], right: [] }, queries: 1, ...h }));
  const asked: [string, CompareRequest][] = [];
  const engine: Comparing = { compare: (left, r) => {
    asked.push([left, r]);
    const matched = Array.from({ length: left === 'long' ? 2000 : 1 }, (_, i) => [i, i + 1, i, i + 1]);
    return Promise.resolve({ stack: r.stack, heads, queries: { matched } } as unknown as Comparison);
  } };
  it('is the core’s, of the earlier run as the left side; heads without common rows have none', async () => {
    const moved = await divergences(engine, after, before, 'self', { signal: new AbortController().signal });
    expect(asked).toEqual([['base', { right: after.id, stack: 'self', labels: false }]]);
    expect([...moved.js]).toEqual([['L0H2', 0.5], ['L0H0', 0]]);
    expect(moved.sample).toBeNull();
  });
  it('of long texts is that of a sample, and says of how many', async () => {
    const words = Array.from({ length: 2000 }, (_, i) => `w${i}`);
    const [long, first] = [fixtureTrace(words, 1, 3), { ...fixtureTrace(words, 1, 3), id: 'long' }];
    const { sample } = await divergences(engine, long, first, 'self', { signal: new AbortController().signal });
    expect(asked.pop()?.[1]).toEqual({ right: long.id, stack: 'self', labels: false, queries: 128 });
    expect(sample).toEqual({ queries: 128, of: 2000 });
  });
  it('is asked once for map and inspector, and given up when both have left', async () => {
    asked.length = 0;
    const waiting: AbortSignal[] = [];
    const slow: Comparing = { compare: (left, r, o) => { waiting.push(o.signal); return engine.compare(left, r, o); } };
    const [map, inspector] = [new AbortController(), new AbortController()];
    const both = await Promise.all([map, inspector].map((a) => sharedDivergences(slow, after, before, '', a.signal)));
    expect([asked.length, both[0] === both[1]]).toEqual([1, true]);
    map.abort();
    expect(waiting[0]?.aborted).toBe(false);
    inspector.abort();
    expect(waiting[0]?.aborted).toBe(true);
    await sharedDivergences(slow, after, before, '', new AbortController().signal);
    expect(asked).toHaveLength(2);
  });
});
