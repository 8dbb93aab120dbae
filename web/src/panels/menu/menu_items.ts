// What can be done with a token (ui.md §3.0), as data: text, whether it is possible and why not, and
// the change or command it sends.

import type { CommandDetail, ViewState } from '../../base/state';
import { sideTokens, type TraceInfo } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import { togglePin } from '../../ui/pins';

export interface TokenRef { side: 'q' | 'k'; token: number }

export type MenuAction = { change: { name: string; patch: Partial<ViewState> } } | { command: CommandDetail } | { copy: string };
export interface MenuItem { id: string; text: string; enabled: true | string; action: MenuAction }

export interface MenuFacts { run: true | string; corpus: true | string }

export function menuItems(trace: TraceInfo, s: ViewState, at: TokenRef, can: MenuFacts): MenuItem[] {
  const tokens = sideTokens(trace, s.stack, at.side);
  const raw = tokens.tokens[at.token] ?? '';
  const word = `“${tokenText(raw)}”`;
  const pin = `${at.side}${at.token}`;
  const pinned = s.pins.includes(pin);
  const isSpecial = tokens.special[at.token] === 1;
  const own = tokens === trace.query;
  const masked = s.masked.includes(at.token);
  const marked = s.marked.includes(at.token);
  const elsewhere = own ? true : 'This token belongs to the other text.';
  return [
    { id: 'pin', text: pinned ? `Unpin ${word}` : `Pin ${word}`, enabled: true, action: { change: { name: `${pinned ? 'unpin' : 'pin'} ${word}`, patch: { pins: pinned ? s.pins.filter((p) => p !== pin) : togglePin(s.pins, pin, false) } } } },
    { id: 'mask', text: masked ? 'Unmask this word' : 'Mask this word', enabled: isSpecial ? 'Special tokens are not masked.' : own ? can.run : elsewhere, action: { change: { name: `${masked ? 'unmask' : 'mask'} ${word}`, patch: { masked: toggled(s.masked, at.token) } } } },
    { id: 'special', text: marked ? 'Treat as a word again' : 'Treat as special', enabled: isSpecial ? 'It is a special token.' : elsewhere, action: { change: { name: `${word} as ${marked ? 'a word' : 'special'}`, patch: { marked: toggled(s.marked, at.token) } } } },
    { id: 'neuron', text: 'Neuron view', enabled: true, action: { change: { name: `neuron view of ${word}`, patch: { view: 'neuron', pins: [pin, ...s.pins.filter((p) => !p.startsWith(at.side))].slice(0, 2) } } } },
    { id: 'corpus', text: 'Find in corpus', enabled: can.corpus, action: { change: { name: `corpus, ${word}`, patch: { view: 'corpus', pins: [pin] } } } },
    { id: 'copy', text: 'Copy', enabled: true, action: { copy: raw } },
    { id: 'go', text: 'Go to token…', enabled: true, action: { command: { id: 'app.go' } } },
  ];
}

function toggled(list: readonly number[], token: number): number[] {
  return list.includes(token) ? list.filter((t) => t !== token) : [...list, token].sort((a, b) => a - b);
}
