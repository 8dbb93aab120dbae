// What can be done with a token (ui.md §3.0), as data: text, whether it is possible and why not, and
// the command it sends.

import type { CommandArgs, CommandDetail, ViewState } from '../../base/state';
import { chosenToken } from '../../base/pins';
import { sideTokens, type TraceInfo } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import { togglePin } from '../../ui/pins';

export interface TokenRef { side: 'q' | 'k'; token: number }

export type MenuAction = { command: CommandDetail } | { copy: string };
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
  const command = (id: string, args: CommandArgs = {}): MenuAction => ({ command: { id, args } });
  const pins = pinned ? s.pins.filter((p) => p !== pin) : togglePin(s.pins, pin, false);
  return [
    { id: 'pin', text: pinned ? `Unpin ${word}` : `Pin ${word}`, enabled: true, action: command('pin.set', { pins }) },
    { id: 'mask', text: masked ? 'Unmask this word' : 'Mask this word', enabled: isSpecial ? 'Special tokens are not masked.' : own ? can.run : elsewhere,
      action: command('mask.toggle', { token: at.token }) },
    { id: 'special', text: marked ? 'Treat as a word again' : 'Treat as special', enabled: isSpecial ? 'It is a special token.' : elsewhere,
      action: command('mark.toggle', { token: at.token }) },
    { id: 'neuron', text: 'Neuron view', enabled: true, action: command('token.neuron', { pin }) },
    { id: 'corpus', text: 'Find in corpus', enabled: can.corpus, action: command('token.corpus', { pin }) },
    { id: 'link', text: 'Find heads that link to it', enabled: linkable(s, at.side) ? true : 'Pin the other word first.',
      action: command('link.find', { side: at.side, index: at.token }) },
    { id: 'copy', text: 'Copy', enabled: true, action: { copy: raw } },
    { id: 'go', text: 'Go to token…', enabled: true, action: command('app.go') },
  ];
}

/** The other end of a link is there. */
function linkable(s: ViewState, side: 'q' | 'k'): boolean { return chosenToken(s, 'q') !== null || (side === 'q' && chosenToken(s, 'k') !== null); }
