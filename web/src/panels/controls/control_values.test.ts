import { describe, expect, it } from 'vitest';
import { runCommand } from '../../base/commands';
import { fixtureFacts } from '../../base/fixture';
import { DEFAULT_STATE, type ViewState } from '../../base/state';
import { chips, moreFields, renormUseful, sliderToThreshold, thresholdToSlider, SLIDER_STEPS } from './control_values';

describe('threshold slider', () => {
  it.each([[0, 0], [1, 0.0001], [SLIDER_STEPS, 1], [500, 1], [-3, 0]])('position %s is %s',
    (position, value) => { expect(sliderToThreshold(position)).toBe(value); });
  it('comes back to where it was, within a step', () => {
    for (let p = 0; p <= SLIDER_STEPS; p++) expect(Math.abs(thresholdToSlider(sliderToThreshold(p)) - p)).toBeLessThanOrEqual(1);
  });
  it('rises', () => {
    for (let p = 1; p <= SLIDER_STEPS; p++) expect(sliderToThreshold(p)).toBeGreaterThanOrEqual(sliderToThreshold(p - 1));
  });
  it.each([[1e-9, 1], [0.01, 51]])('shows %s at %s', (value, position) => { expect(thresholdToSlider(value)).toBe(position); });
});

describe('controls of a view', () => {
  it('has a stack filter only with several stacks', () => {
    expect([moreFields('head', 1).includes('stack'), moreFields('head', 3).includes('stack')]).toEqual([false, true]);
  });
  it('has pooling in the matrix, thumbnails in the model view, nothing for a corpus', () => {
    expect([moreFields('matrix', 1).includes('pool'), moreFields('model', 1).includes('thumb'), moreFields('corpus', 1)]).toEqual([true, true, []]);
  });
});

const word = (t: number): string => ['[CLS]', 'i', 'went', 'to', 'the'][t] ?? '';
const texts = (patch: Partial<ViewState>): string[] => chips({ ...DEFAULT_STATE, ...patch }, word).map((c) => c.text);

describe('chips', () => {
  it('are none by default, and none for what the first row shows', () => {
    expect(texts({ attention: 'ab', special: 'hide-renorm', renorm: true, heads: ['L0H0'] })).toEqual([]);
  });
  it('name every other setting, and take it back', () => {
    const s: ViewState = { ...DEFAULT_STATE, renorm: true, combine: 'mean', quantity: 'norm', scale: 'log', threshold: 0, topk: 0, words: true,
      values: true, density: 'fit', marked: [1], masked: [2, 3],
      thumb: 'matrix', order: 'score', pool: 'mean', stack: 'cross' };
    const all = chips(s, word);
    expect(all.map((c) => c.text)).toEqual(['Stack: Cross', 'Rows renormalised', 'Combine: Mean', 'Quantity: Norm-weighted ‖a·f(x)‖', 'Scale: Log',
      'Density: Fit', 'Thumbnails: Matrix', 'Order: By score', 'Pooling: Mean',
      'Threshold: 0', 'All lines per query', 'Words', 'Values', 'As special: “i”', 'Masked: “went”, “to”']);
    const facts = fixtureFacts();
    expect(chips(all.reduce((state, c) => runCommand(c.reset.id, state, facts, c.reset.args).state, s), word)).toEqual([]);
    const byId: ViewState = { ...s, trace: 't1' };
    expect(runCommand('mask.clear', byId, facts).state).toMatchObject({ masked: [], trace: '' });
  });
  it('count long lists', () => { expect(texts({ marked: [0, 1, 2, 3] })).toEqual(['As special: 4 words']); });
  it.each<[Partial<ViewState>, boolean]>([[{}, false], [{ attention: 'ab' }, true], [{ special: 'hide' }, true],
    [{ quantity: 'norm' }, true]])('renormalising with %j: %s', (patch, useful) => {
    expect(renormUseful({ ...DEFAULT_STATE, ...patch })).toBe(useful);
  });
});
