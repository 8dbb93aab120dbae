// Pins: "q3", "k0"; up to four; token indices, so they survive filters and word merge.

import { axisIndex, type AxisItem, type Side } from './axes';

export interface Pin { side: Side; token: number }
export const MAX_PINS = 4;

export function parsePin(text: string): Pin | null {
  const match = /^([qk])(\d+)$/.exec(text);
  return match ? { side: match[1] as Side, token: Number(match[2]) } : null;
}

/** Click: replaces all pins, or unpins. With Ctrl or Cmd: adds or removes one. */
export function togglePin(pins: readonly string[], pin: string, add: boolean): string[] {
  if (pins.includes(pin)) return add ? pins.filter((p) => p !== pin) : pins.length === 1 ? [] : [pin];
  if (!add) return [pin];
  return pins.length >= MAX_PINS ? [...pins] : [...pins, pin];
}

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
