// Selections survive an edit of the text: the same word and occurrence, else the same index, else
// they are dropped and the user is told.

import { parsePin } from './pins';
import type { Selection, ViewSettings } from './state';
import { sideTokens, type Tokens, type TraceInfo } from './trace_info';

/** Where a token of the old text lies in the new one; null where it is gone. */
export function carryToken(from: Tokens, to: Tokens, index: number): number | null {
  const piece = from.tokens[index];
  if (piece === undefined) return null;
  let nth = 0;
  for (let i = 0; i < index; i++) if (from.tokens[i] === piece) nth++;
  for (let i = 0; i < to.tokens.length; i++) if (to.tokens[i] === piece && nth-- === 0) return i;
  return index < to.tokens.length ? index : null;
}

export interface Carried { pins: string[]; marked: number[]; selection: Selection; lost: string[] }

/** Pins and the chosen link are tokens of the stack's two sides; words marked as special are queries. */
export function carry(from: TraceInfo, to: TraceInfo, s: Pick<ViewSettings, 'stack' | 'pins' | 'marked' | 'selection'>): Carried {
  const moved = (side: 'q' | 'k', index: number): number | null =>
    carryToken(sideTokens(from, s.stack, side), sideTokens(to, s.stack, side), index);
  const chosen = (side: 'q' | 'k'): number | null => { const at = s.selection[side]; return at === null ? null : moved(side, at); };
  const out: Carried = { pins: [], marked: [], selection: { q: chosen('q'), k: chosen('k') }, lost: [] };
  for (const text of s.pins) {
    const pin = parsePin(text);
    if (!pin) continue;
    const at = moved(pin.side, pin.token);
    if (at === null) out.lost.push(sideTokens(from, s.stack, pin.side).tokens[pin.token] ?? text);
    else if (!out.pins.includes(`${pin.side}${at}`)) out.pins.push(`${pin.side}${at}`);
  }
  for (const token of s.marked) {
    const at = moved('q', token);
    if (at !== null && !out.marked.includes(at)) out.marked.push(at);
  }
  return out;
}
