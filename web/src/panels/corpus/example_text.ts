// Examples of a corpus report as texts: pieces back to words, and the two sentences apart.

import type { Example } from '../common/summary';

const CLOSING = /^[.,;:!?%)\]}'’]/u;
const OPENING = /[([{$]$/u;

/** WordPiece tokens → readable text. "##" pieces join; punctuation stands as it is written. */
export function joinPieces(pieces: readonly string[]): string {
  let text = '';
  let quote = false;
  for (const piece of pieces) {
    if (piece.startsWith('##')) text += piece.slice(2);
    else if (piece === '"') {
      text += quote || text === '' ? piece : ` ${piece}`;
      quote = !quote;
    } else text += text === '' || CLOSING.test(piece) || OPENING.test(text) || (quote && text.endsWith('"')) ? piece : ` ${piece}`;
  }
  return text;
}

export interface Texts { a: string; b: string | null }

/** The window of an example as input: [SEP] parts the sentences, the template's tokens go. */
export function exampleTexts(tokens: readonly string[]): Texts {
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (token === '[SEP]') parts.push([]);
    else if (token !== '[CLS]') (parts[parts.length - 1] as string[]).push(token);
  }
  const texts = parts.map(joinPieces).filter((t) => t !== '');
  return { a: texts[0] ?? '', b: texts.length > 1 ? texts.slice(1).join(' ') : null };
}

/** Texts and pin of an example as input. The segment's own texts where the report has them, else its window. */
export function exampleInput(e: Example): (Texts & { pin: string }) | null {
  if (e.text) return { ...e.text, pin: `q${e.query}` };
  const { tokens, start = 0 } = e;
  if (!tokens) return null;
  // A window that begins inside the segment gets a [CLS] of its own in front.
  return { ...exampleTexts(tokens), pin: `q${e.query - start + (tokens[0] === '[CLS]' ? 0 : 1)}` };
}

/** The report has a window of the segment only: its weights then differ from those of the whole. */
export function isExcerpt(e: Example): boolean { return !e.text && e.tokens !== undefined
  && (e.tokens[0] !== '[CLS]' || e.tokens[e.tokens.length - 1] !== '[SEP]'); }
