import { describe, expect, it } from 'vitest';
import { hasParts, partTable } from './neuron_parts';

// Two parts, two neurons, two keys, by hand: q = (1, 2) + (3, −1); keys (1, 0) + (0, 1) and (2, 2) + (−1, 0); scale ½.
const data = { names: ['word', 'constant'], q: Float32Array.of(1, 2, 3, -1), k: Float32Array.of(1, 0, 2, 2, 0, 1, -1, 0), keys: 2 };

describe('parts of the first layer', () => {
  it('multiplies every part of the query with every part of the key', () => {
    expect(partTable(data, 0.5, 0)).toEqual({ names: data.names, cells: [[0.5, 1], [1.5, -0.5]], queries: [1.5, 1], keys: [2, 0.5], total: 2.5 });
    expect(partTable(data, 0.5, 1)).toMatchObject({ cells: [[3, -0.5], [2, -1.5]], total: 3 });
  });
  it('adds up to the whole product', () => {
    // (1 + 3, 2 − 1) · (2 − 1, 2 + 0) × ½
    expect(partTable(data, 0.5, 1).total).toBe((4 * 1 + 1 * 2) / 2);
  });
  it('is of the first layer, of a text that the model reads itself', () => {
    const stack = { name: 'self', layers: [0, 1], heads: [2, 2], kv_heads: [2, 2], rules: [] };
    expect(hasParts(stack, 'L0H1')).toBe(true);
    expect([hasParts(stack, 'L1H0'), hasParts({ ...stack, name: 'cross' }, 'L0H0')]).toEqual([false, false]);
  });
});
