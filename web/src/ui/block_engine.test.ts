import { describe, expect, it } from 'vitest';
import { CAUSAL, PLAIN_RULE, SEES_ALL } from '../base/layer_rule';
import { ALL_STACKS, sideTokens, stackOf, type StackInfo, type TraceInfo } from '../base/trace_info';
import type { Tile, TileEngine, TileSpec } from '../base/tiles';
import { absentBlock, BlockEngine, tileEngine } from './block_engine';
import { pictureAxes } from './picture_axes';

const stack = (name: string, layers: number, causal = false): StackInfo =>
  ({ name, layers: Array.from({ length: layers }, (_, i) => i), heads: Array.from({ length: layers }, () => 2),
  kv_heads: Array.from({ length: layers }, () => 2), rules: Array.from({ length: layers }, () => ({ ...PLAIN_RULE, mask: causal ? CAUSAL : SEES_ALL })) });
const tokens = (...list: string[]): TraceInfo['query'] =>
  ({ tokens: list, ids: list.map((_, i) => i), special: list.map((t) => Number(t === '</s>')),
  words: list.map((t, i) => (t === '</s>' ? null : i)), sentences: list.map(() => 0) });
// Encoder 3 + decoder 2 layers, 5 and 4 tokens: the fixture of check B11.
const trace: TraceInfo = { id: 't5', model: { name: 'tiny' }, stacks: [stack('encoder', 3), stack('decoder', 2, true), stack('cross', 2)],
  query: tokens('<pad>', 'un', 'chat', '</s>'), key: tokens('a', 'cat', 'sat', '.', '</s>') };

/** Every weight names its stack, query and key: 1000·stack + 10·q + k. */
class Naming implements TileEngine {
  readonly asked: TileSpec[] = [];
  tiles(_t: string, specs: readonly TileSpec[]): Promise<Tile[]> {
    this.asked.push(...specs);
    return Promise.resolve(specs.map((s) => {
      const base = { encoder: 1000, decoder: 2000, cross: 3000 }[s.stack] ?? 0;
      const rows = s.q1 - s.q0;
      const cols = s.k1 - s.k0;
      return { rows, cols, data: Float32Array.from({ length: rows * cols }, (_, i) => base + 10 * (s.q0 + Math.floor(i / cols)) + s.k0 + (i % cols)) };
    }));
  }
}
const ops = { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] };
const spec = (more: Partial<TileSpec> = {}): TileSpec =>
  ({ stack: ALL_STACKS, heads: ['L1H0'], q0: 0, q1: 9, k0: 0, k1: 9, outQ: 0, outK: 0, pool: 'max', dtype: 'f32', ops, ...more });
const options = { signal: new AbortController().signal, priority: 0 as const };

describe('all stacks as one matrix', () => {
  it('joins tokens and layers', () => {
    expect(sideTokens(trace, ALL_STACKS, 'q').tokens).toEqual(['a', 'cat', 'sat', '.', '</s>', '<pad>', 'un', 'chat', '</s>']);
    expect(stackOf(trace, ALL_STACKS)).toMatchObject({ layers: [0, 1, 2], heads: [2, 2, 2] });
    expect([sideTokens(trace, 'encoder', 'q').tokens.length, sideTokens(trace, 'decoder', 'k').tokens.length,
      sideTokens(trace, 'cross', 'q').tokens.length, sideTokens(trace, 'cross', 'k').tokens.length]).toEqual([5, 4, 4, 5]);
  });
  it('puts every block in its place', async () => {
    const engine = new Naming();
    const [tile] = await new BlockEngine(engine, trace).tiles('t5', [spec()], options);
    const at = (q: number, k: number): number => tile?.data[q * 9 + k] as number;
    expect([at(0, 0), at(4, 3), at(5, 0), at(8, 4), at(5, 5), at(8, 7), at(0, 5), at(4, 8)]).toEqual([1000, 1043, 3000, 3034, 2000, 2032, 0, 0]);
  });
  it('asks a window of the blocks that it touches', async () => {
    const engine = new Naming();
    const [tile] = await new BlockEngine(engine, trace).tiles('t5', [spec({ q0: 6, q1: 8, k0: 3, k1: 7 })], options);
    expect(engine.asked.map((s) => [s.stack, s.q0, s.q1, s.k0, s.k1])).toEqual([['decoder', 1, 3, 0, 2], ['cross', 1, 3, 3, 5]]);
    expect([...(tile?.data ?? [])]).toEqual([3013, 3014, 2010, 2011, 3023, 3024, 2020, 2021]);
  });
  it('leaves out stacks that have not the layer', async () => {
    const engine = new Naming();
    await new BlockEngine(engine, trace).tiles('t5', [spec({ heads: ['L2H1'] })], options);
    expect(engine.asked.map((s) => s.stack)).toEqual(['encoder']);
  });
  it('keeps rows that only one block has when special tokens are hidden', async () => {
    // The decoder's first token counts as special for its own causal heads, not for cross-attention.
    const hidden = { ...ops, special: 'hide' };
    const axes = pictureAxes(trace, { stack: ALL_STACKS, attention: 'all', special: 'hide', words: false, marked: [] });
    expect(axes.q.map((a) => a.text)).toEqual(['a', 'cat', 'sat', '.', '<pad>', 'un', 'chat']);
    const engine = new Naming();
    const [tile] = await new BlockEngine(engine, trace).tiles('t5', [spec({ q1: 7, k1: 7, ops: hidden })], options);
    const row = (q: number): number[] => [...(tile?.data ?? [])].slice(q * 7, q * 7 + 7);
    expect(row(4)).toEqual([3000, 3001, 3002, 3003, 0, 0, 0]);
    expect(row(5)).toEqual([3010, 3011, 3012, 3013, 0, 2000, 2001]);
  });
  it('pools what it has put together', async () => {
    const [tile] = await new BlockEngine(new Naming(), trace).tiles('t5', [spec({ outQ: 3, outK: 3 })], options);
    expect([tile?.rows, tile?.cols, ...(tile?.data ?? [])]).toEqual([3, 3, 1022, 1024, 0, 3002, 3004, 2003, 3032, 3034, 2033]);
  });
  it('says which block does not exist, and stands aside for one stack', () => {
    expect(absentBlock(trace, pictureAxes(trace, { stack: ALL_STACKS, attention: 'all', special: 'show', words: false, marked: [] }))).toEqual({
      rows: 5, firstCol: 5 });
    const engine = new Naming();
    expect(tileEngine(engine, trace, 'cross')).toBe(engine);
    expect(tileEngine(engine, trace, ALL_STACKS)).toBe(tileEngine(engine, trace, ALL_STACKS));
  });
});
