import { describe, expect, it } from 'vitest';
import { fitTo } from './fit';
import { fixtureTrace } from './fixture';
import { DEFAULT_STATE, type ViewState } from './state';

const pair = fixtureTrace();
const single = fixtureTrace('[CLS] hi [SEP]'.split(' '), 2, 4);

describe('a state fitted to a trace', () => {
  it('is the same object where everything is there', () => {
    expect(fitTo(pair, DEFAULT_STATE).state).toBe(DEFAULT_STATE);
  });
  it.each<[string, Partial<ViewState>, Partial<ViewState>]>([
    ['heads that are not there: those that are', { heads: ['L1H3', 'L9H0'] }, { heads: ['L1H3'] }],
    ['no head that is there: the first', { heads: ['L2H0'] }, { heads: ['L0H0'] }],
    ['every head of a layer', { heads: ['L1H*'] }, { heads: ['L1H0', 'L1H1', 'L1H2', 'L1H3'] }],
    ['pins and marks beyond the text', { heads: ['L0H0'], pins: ['q2', 'k3'], marked: [1, 3] }, { pins: ['q2'], marked: [1] }],
    ['details', { heads: ['L0H0'], details: ['L0H1', 'L5H0'] }, { details: ['L0H1'] }],
    ['another stack', { heads: ['L0H0'], stack: 'decoder' }, { stack: '' }],
    ['a filter between sentences without a text B', { heads: ['L0H0'], attention: 'ab' }, { attention: 'all' }],
  ])('%s', (_, wanted, shown) => {
    expect(fitTo(single, { ...DEFAULT_STATE, ...wanted }).state).toMatchObject(shown);
  });
  it('names what it left out', () => {
    expect(fitTo(single, { ...DEFAULT_STATE, pins: ['k18'], attention: 'bb' })).toMatchObject({ missingHeads: ['L2H0'], lostPins: ['k18'],
      noSentences: true, noQuantity: null });
    const bare = { ...pair, quantities: { weight: true, norm: 'No value vectors.' } as const };
    const fitted = fitTo(bare, { ...DEFAULT_STATE, quantity: 'norm' });
    expect([fitted.noQuantity, fitted.state.quantity]).toEqual(['No value vectors.', 'weight']);
  });
});
