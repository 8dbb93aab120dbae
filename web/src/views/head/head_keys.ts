// What a key means in the head view: it moves over the tokens of two columns.

import type { Side } from '../../ui/axes';
import { isMenuKey, isPlainKey } from '../common/keys';
import type { TokenRef } from './head_template';

export type HeadKey = { to: TokenRef } | 'pin' | 'add-pin' | 'menu' | 'escape' | null;

/** last: index of the last token of each column. */
export function headKey(event: KeyboardEvent, { side, index }: TokenRef, last: Readonly<Record<Side, number>>): HeadKey {
  if (!isPlainKey(event)) return null;
  if (isMenuKey(event)) return 'menu';
  const within = (at: number): number => Math.min(last[side], Math.max(0, at));
  switch (event.key) {
    case 'ArrowDown': return { to: { side, index: within(index + 1) } };
    case 'ArrowUp': return { to: { side, index: within(index - 1) } };
    case 'ArrowLeft': return { to: { side: 'q', index: Math.min(index, last.q) } };
    case 'ArrowRight': return { to: { side: 'k', index: Math.min(index, last.k) } };
    case 'Home': return { to: { side, index: 0 } };
    case 'End': return { to: { side, index: last[side] } };
    case 'Enter': return event.shiftKey ? 'add-pin' : 'pin';
    case 'Escape': return 'escape';
    default: return null;
  }
}
