// Which rows of a picture are chosen. What a pin is stands in base/pins.ts.

import { parsePin } from '../base/pins';
import { axisIndex, type AxisItem, type Side } from './axes';

export { parsePin, togglePin, type Pin } from '../base/pins';
export { MAX_PINS } from '../base/state';

/** Selected rows of the axes; hovering comes first, as a preview. */
export interface Focus { q: ReadonlySet<number>; k: ReadonlySet<number> }

export function focusOf(pins: readonly string[], hover: { side: Side; index: number } | null,
                        q: readonly AxisItem[], k: readonly AxisItem[]): Focus | null {
  if (hover) return { q: new Set(hover.side === 'q' ? [hover.index] : []), k: new Set(hover.side === 'k' ? [hover.index] : []) };
  const focus = { q: new Set<number>(), k: new Set<number>() };
  for (const text of pins) {
    const pin = parsePin(text);
    if (!pin) continue;
    const index = axisIndex(pin.side === 'q' ? q : k, pin.token);
    if (index >= 0) focus[pin.side].add(index);
  }
  return focus.q.size + focus.k.size > 0 ? focus : null;
}
