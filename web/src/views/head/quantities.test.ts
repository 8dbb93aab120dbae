// The head view of numbers that are no weights: words, masked scores, and long texts of which only
// the pinned rows can be had.
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Quantity } from '../../base/state';
import { seriesOf } from '../../ui/identity';
import { tileOps } from '../../ui/tile_ops';
import { massOf, rowEdges, rowMaximum, rowSum, topkFloor } from './edges';
import { seriesSpecs, type DataInput } from './head_data';
import { altText, statusText } from './head_text';

const mass = { drawn: 0.9, left: 0.1, hidden: 0, lines: 3, cells: 9 };
const status = (quantity: Quantity): string => statusText(mass, { ...DEFAULT_SETTINGS, quantity }, 0, { first: 0, end: 3, rows: 3 }, 0);

describe('the status line', () => {
  it.each([
    ['weight', 'Drawn: 90.0 % of weight, not drawn 10.0 %; 3 of 9 lines (≥ 0.01). Special tokens shown.'],
    ['norm', 'Drawn: 90.0 % of the summed norms, not drawn 10.0 %; 3 of 9 lines (≥ 0.01). Special tokens shown. Rows need not sum to 1.'],
    ['score', 'Drawn: 90.0 % of the summed |scores|, not drawn 10.0 %; 3 of 9 lines (|x| ≥ 0.01). Special tokens shown. Rows are no shares.'],
    ['rollout', 'Drawn: 90.0 % of rollout, not drawn 10.0 %; 3 of 9 lines (≥ 0.01). Special tokens shown.'],
    ['flow', 'Drawn: 90.0 % of the summed flow, not drawn 10.0 %; 3 of 9 lines (≥ 0.01). Special tokens shown. Rows need not sum to 1.'],
  ] as const)('says what %s is a share of', (quantity, text) => { expect(status(quantity)).toBe(text); });

  it('has an equivalent in the text alternative, without a head’s label where a layer is shown', () => {
    const labels = new Map([['L2H0', { name: 'L2H0', label: 'next token', score: 0.9 }]]);
    expect(altText(['L2H0'], labels, 'm', mass, 0.01)).toContain('next token, 0.90');
    const text = altText(['rollout to layer 2'], labels, 'm', mass, 0.01, { quantity: 'rollout', largest: 0.75 });
    expect(text).toBe('Rollout to layer 2, m. Shown: Rollout, largest 0.7500 in size. Values below 0.01 left out: 10.0 %.');
  });
});

describe('scores', () => {
  it('are never renormalised: they are no shares', () => {
    const settings = { ...DEFAULT_SETTINGS, quantity: 'score' as const, special: 'hide-renorm' as const, renorm: true };
    expect(tileOps(settings)).toMatchObject({ special: 'hide', renormalise: false });
    expect(statusText(mass, settings, 0, { first: 0, end: 3, rows: 3 }, 0)).toContain('Special tokens hidden. ');
  });
});

describe('masked scores', () => {
  const row = { first: 0, values: Float32Array.of(-2, 4, -Infinity) };
  it('have no line, no mass and no part in the largest', () => {
    const edges = rowEdges(0, 0, row, { threshold: 0.01, topk: 0, scale: 'linear', largest: 4, seriesCount: 1 });
    expect(edges.map((e) => [e.k, e.weight, e.strength])).toEqual([[0, -2, 0.5], [1, 4, 1]]);
    expect(rowMaximum(row)).toBe(4);
    expect(rowSum(row)).toBe(6);
    expect(topkFloor(row.values, 1)).toBe(4);
    expect(massOf([row], edges, null, 3).left).toBe(0);
  });
});

describe('rollout and flow', () => {
  const settings = { ...DEFAULT_SETTINGS, heads: ['L1H0', 'L1H5', 'L3H0'], quantity: 'flow' as const };
  const series = seriesOf(settings);
  it('are one set of lines a layer', () => { expect(series.map((s) => s.name)).toEqual(['flow to layer 1', 'flow to layer 3']); });

  it('of long texts are asked for pinned rows alone', () => {
    const input: DataInput = { trace: 't', stack: '', ops: tileOps(settings), rows: 100, cols: 100, window: { q0: 0, q1: 40, k0: 0, k1: 40 },
      pinnedRows: [7,
      90], pinnedOnly: true };
    const specs = series.flatMap((s) => seriesSpecs(input, s));
    expect(specs.map((s) => [s.heads[0], s.q0, s.q1, s.k0, s.k1])).toEqual([
      ['L1H0', 7, 8, 0, 100], ['L1H0', 90, 91, 0, 100], ['L3H0', 7, 8, 0, 100], ['L3H0', 90, 91, 0, 100]]);
    expect(seriesSpecs({ ...input, pinnedRows: [] }, series[0] as (typeof series)[0])).toEqual([]);
  });
});
