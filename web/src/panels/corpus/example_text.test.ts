import { describe, expect, it } from 'vitest';
import { exampleTexts, joinPieces } from './example_text';

describe('examples as input', () => {
  it.each([
    ['i bought fresh straw ##berries .', 'i bought fresh strawberries.'],
    ['the " old " house', 'the "old" house'],
    ['well ( see below ) , it cost $ 5', 'well (see below), it cost $5'],
    ["it ' s fine", "it' s fine"],
    ['', ''],
  ])('%s', (pieces, text) => { expect(joinPieces(pieces === '' ? [] : pieces.split(' '))).toBe(text); });
  it.each([
    ['[CLS] a b [SEP] c d [SEP]', { a: 'a b', b: 'c d' }], ['[CLS] a [SEP]', { a: 'a', b: null }], ['b [SEP] c', { a: 'b', b: 'c' }],
      ['b c', { a: 'b c', b: null }],
  ])('%s', (tokens, texts) => { expect(exampleTexts(tokens.split(' '))).toEqual(texts); });
});
