import { describe, expect, it } from 'vitest';
import { sideTokens } from '../base/trace_info';
import { traceOf } from './trace_json';

// What src/rpc/describe.cc writes (docs/wire.md), one layer of each kind.
const tokens = (...list: string[]): object => ({ tokens: list, ids: list.map(() => 1), special: list.map(() => 0), words: list.map((_, i) => i),
  sentences: list.map(() => 0), text_a: list.join(' ') });
const layer = (number: number, mask: string): object =>
  ({ layer: number, kind: 'attention', holds: 'vectors', heads: 4, kv_heads: 2, head_dim: 8, value_dim: 8, scale: 0.5, softcap: null, rule: 2,
  mask: { kind: mask, left: null, right: null, key_length: null, of: null }, bias: { kind: 'none', of: null }, rope: null, sinks: false });

describe('a trace of the wire', () => {
  it('of several stacks has its tokens by stack and side, its heads by stack', () => {
    const trace = traceOf({ id: 't1', source: 'file', title: 'f', model: { name: 'm' }, computed: null,
      sequences: { source: tokens('a', 'b', 'c'), target: tokens('x', 'y') },
      stacks: [{ name: 'encoder', query: 'source', key: 'source', layers: [layer(0, 'none'), { layer: 1, kind: 'none' }, layer(2, 'none')] },
        { name: 'decoder', query: 'target', key: 'target', layers: [layer(0, 'causal')] },
        { name: 'cross', query: 'target', key: 'source', layers: [layer(0, 'none')] }],
      settings: { ablations: [{ stack: 'decoder', layer: 0, head: 3, mode: 'mean' }], masked: [1],
        truncation: { strategy: 'only-first', max_tokens: 9 }, segment_ids: 'zero' },
      quantities: { weight: true }, pinned_quantities: [], vectors: true, predictive: false });
    expect(trace.stacks[0]).toMatchObject({ name: 'encoder', layers: [0, 2], heads: [4, 4], kv_heads: [2, 2] });
    expect(trace.stacks[1]?.rules[0]?.mask.kind).toBe('causal');
    const seen = (stack: string, side: 'q' | 'k'): readonly string[] => sideTokens(trace, stack, side).tokens;
    expect([seen('encoder', 'q'), seen('encoder', 'k')]).toEqual([['a', 'b', 'c'], ['a', 'b', 'c']]);
    expect([seen('decoder', 'q'), seen('decoder', 'k')]).toEqual([['x', 'y'], ['x', 'y']]);
    expect([seen('cross', 'q'), seen('cross', 'k')]).toEqual([['x', 'y'], ['a', 'b', 'c']]);
    expect(trace.settings).toEqual({ ablations: [{ head: 'decoder.L0H3', mode: 'mean' }], masked: [1], truncated: true, zero_segment_ids: true });
  });

  it('of one stack has bare names', () => {
    const trace = traceOf({ id: 't1', computed: { precision: 'bf16', path: null, error: null }, sequences: { text: tokens('a') },
      stacks: [{ name: 'self', query: 'text', key: 'text', layers: [layer(0, 'none')] }],
      settings: { ablations: [{ stack: 'self', layer: 0, head: 1, mode: 'zero' }], masked: [], truncation: null, segment_ids: 'true' } });
    expect(trace.settings.ablations).toEqual([{ head: 'L0H1', mode: 'zero' }]);
    expect(trace).toMatchObject({ computed: { precision: 'bf16', path: null, error: null }, key: null });
    expect(trace.query.tokens).toEqual(['a']);
  });

  it('whose tokens are of byte letters is read when it comes', () => {
    const { query } = traceOf({ id: 't1', model: { name: 'm', byte_tokens: true }, sequences: { text: tokens('The', 'Ġcaf', 'Ã©', 'Ċ') }, stacks: [] });
    expect([query.tokens, query.raw]).toEqual([['The', '·caf', 'é', '⏎'], ['The', 'Ġcaf', 'Ã©', 'Ċ']]);
    const plain = traceOf({ id: 't1', model: { name: 'm', byte_tokens: false }, sequences: { text: tokens('Ġan') }, stacks: [] });
    expect([plain.query.tokens, plain.query.raw]).toEqual([['Ġan'], undefined]);
  });

  it('has a rule of its own for every layer that has attention', () => {
    const windowed = { ...layer(2, 'window'), mask: { kind: 'window', left: 2, right: 0, key_length: null, of: null }, softcap: 5,
      bias: { kind: 'alibi', of: null }, sinks: true };
    const [stack] = traceOf({ id: 't1', sequences: { text: tokens('a') },
      stacks: [{ name: 'self', query: 'text', key: 'text', layers: [layer(0, 'causal'), { layer: 1, kind: 'none' }, windowed] }] }).stacks;
    expect(stack?.rules).toEqual([
      { mask: { kind: 'causal', left: null, right: null, keyLength: null }, softcap: null, bias: 'none', rope: null, sinks: false },
      { mask: { kind: 'window', left: 2, right: 0, keyLength: null }, softcap: 5, bias: 'alibi', rope: null, sinks: true }]);
  });
});
