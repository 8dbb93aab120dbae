import { describe, expect, it } from 'vitest';
import { changeText, probability, wordEffects } from './predictions_section';

describe('predictions', () => {
  it.each([[0.4178, '0.418'], [0, '0.000'], [0.00012, '1.2e−4']])('%s is %s', (p, text) => { expect(probability(p)).toBe(text); });
  it('say what ablation does', () => {
    expect(changeText('store', 0.4, 0.2)).toBe('“store”: 0.400 with all heads, 0.200 ablated: ln p −0.693.');
    expect(changeText('x', 0, 0.2)).toBe('“x”: 0.000 with all heads, 0.200 ablated.');
  });
  it('sort words by how much they moved', () => {
    const at = (position: number, p: number): { position: number; token: string; id: number; probability: number; predictions: [] } =>
      ({ position, token: `w${position}`, id: position, probability: p, predictions: [] });
    expect(wordEffects([at(1, 0.5), at(2, 0.5), at(3, 0.5)], [at(1, 0.45), at(2, 0.1), at(3, 0.9), at(4, 1)]).map((e) => e.position)).toEqual([2, 3, 1]);
  });
});
