// Selections survive an edit of the text: the same word and occurrence, else the same index, else
// they are dropped and the user is told.

import { keyTokens, type Tokens, type TraceInfo } from './trace_info';

/** Where a token of the old text lies in the new one; null where it is gone. */
export function carryToken(from: Tokens, to: Tokens, index: number): number | null {
  const piece = from.tokens[index];
  if (piece === undefined) return null;
  let nth = 0;
  for (let i = 0; i < index; i++) if (from.tokens[i] === piece) nth++;
  for (let i = 0; i < to.tokens.length; i++) if (to.tokens[i] === piece && nth-- === 0) return i;
  return index < to.tokens.length ? index : null;
}

export interface Carried { pins: string[]; marked: number[]; lost: string[] }

export function carry(from: TraceInfo, to: TraceInfo, pins: readonly string[], marked: readonly number[]): Carried {
  const out: Carried = { pins: [], marked: [], lost: [] };
  for (const pin of pins) {
    const side = pin.startsWith('k') ? 'k' : 'q';
    const old = side === 'q' ? from.query : keyTokens(from);
    const index = Number(pin.slice(1));
    const at = carryToken(old, side === 'q' ? to.query : keyTokens(to), index);
    if (at === null) out.lost.push(old.tokens[index] ?? pin);
    else if (!out.pins.includes(`${side}${at}`)) out.pins.push(`${side}${at}`);
  }
  for (const token of marked) {
    const at = carryToken(from.query, to.query, token);
    if (at !== null && !out.marked.includes(at)) out.marked.push(at);
  }
  return out;
}
