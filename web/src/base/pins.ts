// Pins and the chosen link. A pin is "q3" or "k0": a token index, so that it survives filters and word
// merge. The chosen link is the newest query and key that the user pointed out, in whichever view.

import { MAX_PINS, type Selection, type ViewSettings } from './state';

export interface Pin { side: 'q' | 'k'; token: number }

export function parsePin(text: string): Pin | null {
  const match = /^([qk])(\d+)$/.exec(text);
  return match ? { side: match[1] as 'q' | 'k', token: Number(match[2]) } : null;
}

/** Click: replaces all pins, or unpins. With Ctrl or Cmd: adds or removes one. */
export function togglePin(pins: readonly string[], pin: string, add: boolean): string[] {
  if (pins.includes(pin)) return add ? pins.filter((p) => p !== pin) : pins.length === 1 ? [] : [pin];
  if (!add) return [pin];
  return pins.length >= MAX_PINS ? [...pins] : [...pins, pin];
}

/** The chosen link after the pins have changed: a new pin is chosen, what is unpinned is not. */
export function selectionAfter(before: readonly string[], after: readonly string[], selection: Selection): Selection {
  const next = { ...selection };
  for (const text of before) {
    const pin = parsePin(text);
    if (pin && !after.includes(text) && next[pin.side] === pin.token) next[pin.side] = null;
  }
  for (const text of after) {
    const pin = parsePin(text);
    if (pin && !before.includes(text)) next[pin.side] = pin.token;
  }
  return next;
}

type Chosen = Pick<ViewSettings, 'selection' | 'pins'>;

/** The token of a side that a single computation is about: of the chosen link, else the first pin; null = neither. */
export function chosenToken({ selection, pins }: Chosen, side: 'q' | 'k'): number | null {
  return selection[side] ?? pins.map(parsePin).find((p) => p?.side === side)?.token ?? null;
}

/** Both ends, where a single link is chosen. */
export function chosenLink({ selection }: Pick<ViewSettings, 'selection'>): { q: number; k: number } | null {
  return selection.q !== null && selection.k !== null ? { q: selection.q, k: selection.k } : null;
}
