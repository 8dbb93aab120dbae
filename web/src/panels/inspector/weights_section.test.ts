import { describe, expect, it } from 'vitest';
import { restText, weightsTsv, withoutZeros } from './weights_section';

describe('weights', () => {
  it.each([[9, 0.0312345, 'q', 'Rest: 9 keys, 0.03123'], [1, 0.5, 'q', 'Rest: 1 key, 0.5000'], [2, 1, 'k', 'Rest: 2 queries, 1.000'],
    [0, 0, 'q', 'Nothing left out.']] as const)(
    '%s left, mass %s', (count, mass, side, text) => { expect(restText({ rest: { count, mass } }, side)).toBe(text); });
  it('count hidden keys with the rest', () => {
    const key = (at: number, value: number): { at: number; index: number; token: string; value: number } => ({ at, index: at, token: 't', value });
    const detail = { values: Float32Array.of(0.9, 0.1, 0, 0), tokens: [], top: [key(0, 0.9), key(1, 0.1), key(2, 0)], rest: { count: 1, mass: 0 },
      total: 1 };
    expect(withoutZeros(detail, 'weight')).toMatchObject({ top: [key(0, 0.9), key(1, 0.1)], rest: { count: 2, mass: 0 } });
    expect(withoutZeros(detail, 'score')).toBe(detail);
  });
  it('are copied so that a float32 survives', () => {
    const values = Float32Array.of(0.1, 1 / 3);
    const tsv = weightsTsv({ values, tokens: [[0, 1], [1, 3]] }, { tokens: ['[CLS]', 'straw', '##berries'] });
    const rows = tsv.split('\n').map((line) => line.split('\t'));
    expect(rows.map((r) => r.slice(0, 2))).toEqual([['index', 'token'], ['0', '[CLS]'], ['1', 'straw##berries']]);
    expect(rows.slice(1).map((r) => Math.fround(Number(r[2])))).toEqual([...values]);
  });
});
