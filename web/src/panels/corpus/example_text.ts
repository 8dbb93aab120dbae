// Examples of a corpus report as texts: pieces back to words, and the two sentences apart.

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
