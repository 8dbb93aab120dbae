import { describe, expect, it } from 'vitest';
import type { RunInput, TraceEntry } from './engine';
import { Revival } from './revival';

const entry = (n: number, more = {}): TraceEntry => ({ id: `t${n}`, source: 'run', model: { name: 'm' }, query: { text_a: `text ${n}` },
  settings: { ablations: [], masked: [], truncated: true, zero_segment_ids: false }, ...more }) as unknown as TraceEntry;

function revivalWith(loading: number): { revival: Revival; runs: RunInput[]; looked: () => number } {
  const runs: RunInput[] = [];
  let looked = 0;
  const revival = new Revival({
    info: () => Promise.resolve({ loading: looked++ < loading ? { model: 'm', done: 0, total: 1 } : null }),
    run: (input) => { runs.push(input); return Promise.resolve(entry(Number(/\d+/.exec(input.a)?.[0]))); },
  }, 1);
  return { revival, runs, looked: () => looked };
}

describe('Revival', () => {
  it('waits for a model that is being read', async () => {
    const { revival, runs, looked } = revivalWith(3);
    revival.remember(entry(1));
    expect(await Promise.all([revival.again('t1'), revival.again('t1')])).toEqual([true, true]);
    expect([looked(), runs]).toEqual([4, [{ model: 'm', a: 'text 1', b: null, ablations: [], masked: [], truncate: true, zero_segment_ids: false }]]);
    expect(await revival.again('t1')).toBe(true);
    expect(runs).toHaveLength(2);
  });
  it('knows nothing of files, of tokens without a text, and of texts of long ago', async () => {
    const { revival, runs } = revivalWith(0);
    revival.remember(entry(100, { source: 'file' }));
    revival.remember(entry(101, { query: {} }));
    for (let n = 0; n < 65; n++) revival.remember(entry(n));
    expect(await Promise.all(['t100', 't101', 't0'].map((id) => revival.again(id)))).toEqual([false, false, false]);
    expect(runs).toEqual([]);
    expect(await revival.again('t1')).toBe(true);
  });
});
