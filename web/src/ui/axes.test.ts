import { describe, expect, it } from 'vitest';
import { axisIndex, makeAxis, shorten, tokenText, type TokenList } from './axes';

// "[CLS] straw ##berries [SEP] red ##dish [SEP]", a pair; expected axes written out by hand.
const pair: TokenList = {
  tokens: ['[CLS]', 'straw', '##berries', '[SEP]', 'red', '##dish', '[SEP]'],
  special: [1, 0, 0, 1, 0, 0, 1],
  words: [null, 0, 0, null, 1, 1, null],
  sentences: [0, 0, 0, 0, 1, 1, 1],
};
const texts = (side: 'q' | 'k', filter: 'all' | 'aa' | 'ab' | 'ba' | 'bb', special: 'show' | 'hide' | 'hide-renorm', words: boolean): string =>
  makeAxis(pair, side, { filter, special, words }).map((item) => item.text).join(' ');

describe('axes', () => {
  it.each([
    ['q', 'all', 'show', false, '[CLS] straw ##berries [SEP] red ##dish [SEP]'],
    ['q', 'ab', 'show', false, '[CLS] straw ##berries [SEP]'],
    ['k', 'ab', 'show', false, 'red ##dish [SEP]'],
    ['k', 'ba', 'hide', false, 'straw ##berries'],
    ['q', 'all', 'show', true, '[CLS] strawberries [SEP] reddish [SEP]'],
    ['q', 'all', 'hide-renorm', true, 'strawberries reddish'],
  ] as const)('%s %s %s words %s', (side, filter, special, words, expected) => {
    expect(texts(side, filter, special, words)).toBe(expected);
  });
  it('hides what the user marks and does not merge across it', () => {
    const axis = makeAxis(pair, 'k', { filter: 'all', special: 'hide', words: true, extraSpecial: new Set([2]) });
    expect(axis).toEqual([{ first: 1, end: 2, text: 'straw' }, { first: 4, end: 6, text: 'reddish' }]);
  });
  it('finds the item of a token', () => {
    const axis = makeAxis(pair, 'q', { filter: 'all', special: 'hide', words: true });
    expect([0, 1, 2, 3, 4, 5, 6].map((t) => axisIndex(axis, t))).toEqual([-1, 0, 0, -1, 1, 1, -1]);
  });
  it('reads the bytes of a merged word together', () => {
    const list: TokenList = { tokens: ['·a', '\\xe6\\x97', '\\xa5'], raw: ['Ġa', 'æĹ', '¥'], special: [0, 0, 0], words: [0, 1, 1], sentences: [0, 0, 0] };
    expect(makeAxis(list, 'q', { filter: 'all', special: 'show', words: true }).map((item) => item.text)).toEqual(['·a', '日']);
  });
  it('cuts long tokens in the middle and shows blanks and invisible marks', () => {
    expect(shorten('abcdefghijklmnopqrstuvwxyz', 9)).toBe('abcd…wxyz');
    expect(tokenText(' a\u202eb')).toBe('·a⟨202e⟩b');
  });
});
