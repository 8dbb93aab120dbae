import { describe, expect, it } from 'vitest';
import type { NeuronData } from '../../ui/types';
import { contributions, keyHead, keyParts, keyRows, neuronOrder, products, sigma } from './neuron_math';

// Two keys, three neurons, by hand: q = (1, 2, −1); k0 = (3, 0, 1), k1 = (0, 1, 0); scale ½.
// Sums 2 and 2, so both weights are ½ without bias.
const data: NeuronData = { dim: 3, q: Float32Array.of(1, 2, -1), k: Float32Array.of(3, 0, 1, 0, 1, 0), scale: 0.5, softcap: null,
  biasFirst: false, bias: null, lse: Math.log(2 * Math.E), weights: Float32Array.of(0.5, 0.5), sink: null };

describe('neuron view numbers', () => {
  it('multiplies out', () => {
    expect([...products(data, 0)]).toEqual([3, 0, -1]);
    expect(keyParts(data, 0)).toMatchObject({ sum: 2, score: 1, bias: 0 });
    expect(keyParts(data, 0).weight).toBeCloseTo(0.5, 12);
  });
  it('caps before or after the bias, as the layer does', () => {
    const biased = { ...data, softcap: 0.5, bias: Float32Array.of(-1, 0) };
    expect(keyParts(biased, 0).score).toBeCloseTo(0.5 * Math.tanh(2) - 1, 12);
    expect(keyParts({ ...biased, biasFirst: true }, 0).score).toBeCloseTo(0.5 * Math.tanh((1 - 1) / 0.5), 12);
    expect(keyParts({ ...biased, biasFirst: true }, 1).score).toBeCloseTo(0.5 * Math.tanh(2), 12);
  });
  it('gives a masked key weight 0', () => {
    expect(keyParts({ ...data, bias: Float32Array.of(-Infinity, 0) }, 0).weight).toBe(0);
    expect(keyParts({ ...data, softcap: 5, biasFirst: true, bias: Float32Array.of(-Infinity, 0) }, 0)).toMatchObject({ score: -Infinity, weight: 0 });
  });
  it('sorts neurons by what they contribute', () => {
    expect([...contributions(data, null)]).toEqual([1.5, 1, 0.5]);
    expect(neuronOrder(data, 'index', 0)).toEqual([0, 1, 2]);
    expect(neuronOrder(data, 'contribution', 0)).toEqual([0, 1, 2]);
    expect(neuronOrder(data, 'pinned', 1)).toEqual([1, 0, 2]);
  });
  it('keeps neurons that rotate together side by side', () => {
    // q × k of the only weight: 1, 2, 8, 4; pairs (0, 2) and (1, 3) of halves, (0, 1) and (2, 3) of neighbours.
    const four: NeuronData = { ...data, dim: 4, q: Float32Array.of(1, 1, 1, 1), k: Float32Array.of(1, 2, 8, 4), weights: Float32Array.of(1) };
    const halves = { theta: 10000, dims: 4, interleaved: false };
    expect(neuronOrder(four, 'contribution', 0, halves)).toEqual([0, 2, 1, 3]);
    expect(neuronOrder(four, 'contribution', 0, { ...halves, interleaved: true })).toEqual([2, 3, 0, 1]);
    expect(neuronOrder(four, 'index', 0, halves)).toEqual([0, 2, 1, 3]);
    expect(neuronOrder(four, 'contribution', 0, { ...halves, dims: 2 })).toEqual([2, 3, 0, 1]);
  });
  it('folds long inputs into fifty rows and a rest that adds up to 1', () => {
    const weights = Float32Array.from({ length: 512 }, (_, i) => (i + 1) / (512 * 513 / 2));
    const rows = keyRows(weights, 'position');
    expect([rows.keys.length, rows.keys[0], rows.restKeys]).toEqual([50, 511, 462]);
    expect(rows.keys.reduce((s, j) => s + (weights[j] as number), 0) + rows.restMass).toBeCloseTo(1, 5);
    expect(keyRows(weights, 'position', true).keys).toHaveLength(512);
    expect(keyRows(Float32Array.of(0.1, 0.6, 0.3), 'weight').keys).toEqual([1, 2, 0]);
  });
  it('shares keys among query heads', () => {
    expect(keyHead(5, 8, 2)).toEqual({ kv: 1, first: 4, last: 7 });
    expect(keyHead(5, 12, 12)).toEqual({ kv: 5, first: 5, last: 5 });
  });
  it('takes one σ for q and k', () => { expect(sigma(Float32Array.of(3, 4))).toBeCloseTo(Math.sqrt(12.5), 12); });
});
