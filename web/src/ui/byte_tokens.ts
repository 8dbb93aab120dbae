// Tokens as people read them. Byte-level tokenizers write every byte as a printable letter (a blank is
// Ġ, "é" is Ã©), SentencePiece a word's blank as ▁: the picture shows the text, the blank that only
// says "a word begins here" is left out. What is no such token stays as it is.

/** Letters that stand for themselves in the byte-level alphabet; the other bytes follow from U+0100 on. */
function printable(byte: number): boolean { return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae; }

const BYTES = new Map<string, number>();
for (let byte = 0, other = 0; byte < 256; byte++) BYTES.set(String.fromCodePoint(printable(byte) ? byte : 0x100 + other++), byte);

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The text that a byte-level token stands for; null where it is none, or not a whole text by itself. */
function decoded(token: string): string | null {
  // Without a letter of its own it reads the same either way.
  if (!/[\u0080-\u0143]/.test(token)) return null;
  const bytes = [...token].map((c) => BYTES.get(c));
  if (bytes.includes(undefined)) return null;
  let text: string;
  try {
    text = UTF8.decode(Uint8Array.from(bytes as number[]));
  } catch {
    return null;
  }
  // Letters of other alphabets stand for control characters there: then it was a letter ("č"), no byte.
  // eslint-disable-next-line no-control-regex -- bytes
  return /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(text) ? null : text;
}

export function readable(token: string): string {
  const text = decoded(token) ?? token;
  const marked = text !== token || token.startsWith('▁');
  return marked && /^[ ▁]./su.test(text) ? text.slice(1) : text;
}
