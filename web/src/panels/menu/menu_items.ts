// What can be done with a token (ui.md §3.0), as data: text, whether it is possible and why not, and
// the command it sends.

import type { CommandArgs, CommandDetail, ViewState } from '../../base/state';
import { chosenToken } from '../../base/pins';
import { sideTokens, type TraceInfo } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import { togglePin } from '../../ui/pins';
import { T } from '../../base/words/menu';

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
  const elsewhere = own ? true : T.otherText;
  const command = (id: string, args: CommandArgs = {}): MenuAction => ({ command: { id, args } });
  const pins = pinned ? s.pins.filter((p) => p !== pin) : togglePin(s.pins, pin, false);
  return [
    { id: 'pin', text: pinned ? T.unpin(word) : T.pin(word), enabled: true, action: command('pin.set', { pins }) },
    { id: 'mask', text: masked ? T.unmask : T.mask, enabled: isSpecial ? T.noMask : own ? can.run : elsewhere,
      action: command('mask.toggle', { token: at.token }) },
    { id: 'special', text: marked ? T.word : T.special, enabled: isSpecial ? T.isSpecial : elsewhere,
      action: command('mark.toggle', { token: at.token }) },
    { id: 'neuron', text: T.neuron, enabled: true, action: command('token.neuron', { pin }) },
    { id: 'corpus', text: T.corpus, enabled: can.corpus, action: command('token.corpus', { pin }) },
    { id: 'link', text: T.link, enabled: linkable(s, at.side) ? true : T.noLink,
      action: command('link.find', { side: at.side, index: at.token }) },
    { id: 'copy', text: T.copy, enabled: true, action: { copy: raw } },
    { id: 'go', text: T.go, enabled: true, action: command('app.go') },
  ];
}

/** The other end of a link is there. */
function linkable(s: ViewState, side: 'q' | 'k'): boolean { return chosenToken(s, 'q') !== null || (side === 'q' && chosenToken(s, 'k') !== null); }
