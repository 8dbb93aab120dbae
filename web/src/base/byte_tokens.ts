// Tokens as people read them. Byte-level vocabularies write every byte of UTF-8 as one letter (Radford
// et al. 2019: a blank is Ġ, "é" is Ã©), SentencePiece writes the blank before a word as ▁ and bytes
// outside its vocabulary as <0xE6>. A blank is shown as "·". Twin of include/headscope/token_text.h.

/** Letters that stand for themselves in the byte-level alphabet; the other bytes follow from U+0100 on. */
function printable(byte: number): boolean { return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae; }

const BYTES = new Map<string, number>();
for (let byte = 0, other = 0; byte < 256; byte++) BYTES.set(String.fromCodePoint(printable(byte) ? byte : 0x100 + other++), byte);

/** A run of text, or a byte that is no whole character yet. */
type Piece = string | number;

/** What the token stands for. byte_tokens: its letters are bytes; added tokens are plain text even so. */
function pieces(token: string, byteTokens: boolean): Piece[] {
  if (byteTokens) {
    const bytes = [...token].map((c) => BYTES.get(c));
    return bytes.includes(undefined) ? [token] : bytes as number[];
  }
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  if (byte !== undefined) return [Number.parseInt(byte, 16)];
  const blanks = /^▁*/.exec(token)?.[0].length ?? 0;
  return [' '.repeat(blanks) + token.slice(blanks)];
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Length of the character that starts with this byte; 0: none does. */
function lengthOf(lead: number): number {
  if (lead < 0x80) return 1;
  return lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function decoded(bytes: readonly number[]): string {
  let out = '';
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf(bytes[at] as number);
    let character: string | null = null;
    try {
      if (length > 0 && at + length <= bytes.length) character = UTF8.decode(Uint8Array.from(bytes.slice(at, at + length)));
    } catch {
      character = null;
    }
    out += character === null ? `\\x${(bytes[at] as number).toString(16).padStart(2, '0')}` : visible(character);
    at += character === null ? 1 : length;
  }
  return out;
}

/** Blanks, line ends and tabs as marks; what has no shape, or turns the text's direction, by its code. */
function visible(text: string): string {
  return text.replace(/ /g, '·').replace(/\n/g, '⏎').replace(/\t/g, '⇥')
    // eslint-disable-next-line no-control-regex -- a token may be any byte sequence
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069]/g, (c) => `⟨${c.codePointAt(0)?.toString(16) ?? ''}⟩`);
}

function shown(all: readonly Piece[]): string {
  let out = '';
  let bytes: number[] = [];
  const flush = (): void => {
    out += decoded(bytes);
    bytes = [];
  };
  for (const piece of all) {
    if (typeof piece === 'number') bytes.push(piece);
    else {
      flush();
      out += visible(piece);
    }
  }
  flush();
  return out;
}

/** Reading what has been read changes nothing, without byte letters. */
export function readableToken(token: string, byteTokens: boolean): string { return shown(pieces(token, byteTokens)); }

/** The pieces of one word in a row; bytes of one character that lie in several pieces come together. */
export function readableWord(word: readonly string[], byteTokens: boolean): string {
  return shown(word.flatMap((piece, i) => pieces(i > 0 && !byteTokens && piece.startsWith('##') ? piece.slice(2) : piece, byteTokens)));
}
