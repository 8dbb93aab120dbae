import { describe, expect, it } from 'vitest';
import { readableToken, readableWord } from './byte_tokens';

// Bytes and letters as in GPT-2's bytes_to_unicode(); the UTF-8 of é is C3 A9, of 日 E6 97 A5. The cases are
// those of src/trace/token_text_test.cc.
describe('tokens as people read them', () => {
  it.each([['Ġthe', '·the'], ['the', 'the'], ['Ġ', '·'], ['ĊĠĠ', '⏎··'], ['ĉ', '⇥'], ['č', '⟨d⟩'], ['ĠcafÃ©', '·café'], ['æĹ¥', '日'], ['æĹ', '\\xe6\\x97'],
    ['¥', '\\xa5'], ['##', '##'], ['<|im_start|>', '<|im_start|>'], ['日本', '日本'], ['ðŁĺĢ', '😀'],
    ['ĠðŁ', '·\\xf0\\x9f']])('of byte letters %s: %s', (token, text) => {
    expect(readableToken(token, true)).toBe(text);
  });
  it.each([['▁the', '·the'], ['▁', '·'], ['▁▁', '··'], ['<0xE6>', '\\xe6'], ['<0x0A>', '⏎'], ['<0xE6', '<0xE6'], ['<0xg6>', '<0xg6>'],
    ['##berries', '##berries'],
    ['Ġan', 'Ġan'], ['ł', 'ł'], ['café', 'café'], [' a\u202eb', '·a⟨202e⟩b'], ['a\u001b[31m', 'a⟨1b⟩[31m'],
    ['a\u200db', 'a\u200db']])('of others %s: %s', (token, text) => {
    expect(readableToken(token, false)).toBe(text);
    expect(readableToken(text, false)).toBe(text);
  });
  it.each([[['straw', '##berries'], false, 'strawberries'], [['<0xE6>', '<0x97>', '<0xA5>'], false, '日'], [['æĹ', '¥'], true, '日'],
    [['Ġa', '##'], true, '·a##'],
    [['##berries'], false, '##berries']] as const)('the pieces %j of a word: %s', (word, byteTokens, text) => {
    expect(readableWord(word, byteTokens)).toBe(text);
  });
});
