// The part of the order of operations that the core does, out of the settings (ui.md §3.0).

import type { ViewSettings } from '../base/state';
import type { TileOps } from './tile_store';

export function tileOps(s: ViewSettings): TileOps {
  // Scores are no shares: there is no sum to divide by.
  if (s.quantity === 'score') return ops({ ...s, renorm: false, special: s.special === 'show' ? 'show' : 'hide' });
  return ops(s);
}

function ops(s: ViewSettings): TileOps {
  return { quantity: s.quantity, combine: s.combine, filter: s.attention, special: s.special,
           renormalise: s.renorm || s.special === 'hide-renorm', words: s.words, extraSpecial: s.marked };
}
