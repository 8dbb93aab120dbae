// Tokens of one pane of the compare view in terms of the left trace's: what is pinned, pointed at or
// chosen in one is so in the other. The state knows the left one's tokens alone.

import { partnerOf, type Aligned } from '../../base/alignment';
import { parsePin } from '../../base/pins';
import type { CommandArgs, Selection, ViewSettings } from '../../base/state';
import type { Side } from '../../ui/axes';

export interface TokenMap {
  /** null where the word has no partner. */
  toPane(side: Side, token: number): number | null;
  toLeft(side: Side, token: number): number | null;
}

export const SAME_TOKENS: TokenMap = { toPane: (_side, token) => token, toLeft: (_side, token) => token };

export function rightMap(queries: Aligned, keys: Aligned): TokenMap {
  const of = (side: Side): Aligned => (side === 'q' ? queries : keys);
  return { toPane: (side, token) => partnerOf(of(side), 'left', token), toLeft: (side, token) => partnerOf(of(side), 'right', token) };
}

/** The difference has one token a matched pair. */
export function differenceMap(queries: Aligned, keys: Aligned): TokenMap {
  const pairs = (side: Side): Aligned['pairs'] => (side === 'q' ? queries : keys).pairs;
  return {
    toPane: (side, token) => { const at = pairs(side).findIndex(({ left }) => token >= left.first && token < left.end); return at < 0 ? null : at; },
    toLeft: (side, token) => pairs(side)[token]?.left.first ?? null,
  };
}

/** The state as one pane shows it: one head, its own tokens, no place of its own. */
export function paneSettings(s: ViewSettings, map: TokenMap): ViewSettings {
  const pins = s.pins.flatMap((text) => {
    const pin = parsePin(text);
    const token = pin && map.toPane(pin.side, pin.token);
    return pin && token !== null ? [`${pin.side}${token}`] : [];
  });
  const chosen = (side: Side): number | null => { const at = s.selection[side]; return at === null ? null : map.toPane(side, at); };
  return { ...s, pins, selection: { q: chosen('q'), k: chosen('k') }, panels: 'one', scroll: { q: 0, k: 0 }, zoom: null,
    marked: map === SAME_TOKENS ? s.marked : [] };
}

/** A command of a pane for the state; null where it is about a word without a partner, or about the pane's own place. */
export function paneCommand(id: string, args: CommandArgs, map: TokenMap): CommandArgs | null {
  if (id === 'place.set') return null;
  if (id === 'pin.toggle') {
    const pin = mapped(args['pin'], map);
    return pin === null ? null : { ...args, pin };
  }
  if (id === 'pin.set') {
    const pins = (args['pins'] as readonly string[]).map((pin) => mapped(pin, map));
    return pins.includes(null) ? null : { pins };
  }
  if (id === 'selection.set') {
    const { q, k } = args as unknown as Selection;
    const at = (side: Side, token: number | null): number | null => (token === null ? null : map.toLeft(side, token));
    const next = { q: at('q', q), k: at('k', k) };
    return (q !== null && next.q === null) || (k !== null && next.k === null) ? null : next;
  }
  if (id === 'link.find') {
    const { side, index } = args as { side: Side; index: number };
    const token = map.toLeft(side, index);
    return token === null ? null : { side, index: token };
  }
  return args;
}

function mapped(text: unknown, map: TokenMap): string | null {
  const pin = parsePin(String(text));
  const token = pin && map.toLeft(pin.side, pin.token);
  return pin && token !== null ? `${pin.side}${token}` : null;
}
