// Head identity (ui.md §3.0): number first, then colour × dash.

import { isOfLayer } from '../base/quantities';
import type { Combine, HeadId, ViewSettings } from './types';
import { parseHead } from './types';
import { parseHex, type Rgb, type RampTheme } from './ramps';

const COLOURS: Record<RampTheme, readonly string[]> = {
  light: ['#2F0FAF', '#FE5100', '#1EA381', '#BE63F8', '#5C678C', '#A3380C', '#2E2A00', '#6C0F5D'],
  dark: ['#5151E7', '#D71908', '#2EBAA1', '#B782FD', '#B7E1FF', '#E28A25', '#FED917', '#8B6782'],
};

export const TEXT_COLOUR = 8;
export const NEGATIVE_COLOUR = 9;
/** Of differences: more on the right. */
export const POSITIVE_COLOUR = 10;

export function headColours(theme: RampTheme): readonly string[] {
  return [...COLOURS[theme], theme === 'light' ? '#1A1F26' : '#E8ECF1', theme === 'light' ? '#B5531A' : '#F09A5B', theme === 'light' ? '#1F6FB4' : '#6FB1EE'];
}
export function palette(theme: RampTheme): readonly Rgb[] { return headColours(theme).map(parseHex); }

export interface Slot { colour: number; dash: number }
export function slotOf(index: number): Slot { return { colour: index % 8, dash: Math.floor(index / 8) % 4 }; }

/** One set of lines: a head, or a combination of heads. */
export interface Series { name: string; heads: readonly string[]; slot: Slot }

/** Slots follow the head number within one layer, the order of selection across layers. */
export function slotFor(heads: readonly string[], name: string): Slot {
  const ids = heads.map(parseHead).filter((id): id is HeadId => id !== null);
  const id = parseHead(name);
  const oneLayer = ids.every((other) => other.layer === ids[0]?.layer);
  return slotOf(oneLayer && id ? id.head : Math.max(0, heads.indexOf(name)));
}

export function seriesOf(settings: Pick<ViewSettings, 'heads' | 'combine' | 'quantity'>): Series[] {
  const { heads, combine, quantity } = settings;
  if (isOfLayer(quantity)) {
    // Every head of a layer has the layer's numbers: asked for under its first, they are fetched once.
    const layers = [...new Set(heads.map((h) => parseHead(h)?.layer ?? 0))];
    return layers.map((layer, i) => ({ name: `${quantity} to layer ${layer}`, heads: [`L${layer}H0`],
                                       slot: layers.length > 1 ? slotOf(i) : { colour: TEXT_COLOUR, dash: 0 } }));
  }
  if (quantity === 'difference') return heads.map((name) => ({ name, heads: [name], slot: { colour: POSITIVE_COLOUR, dash: 0 } }));
  if (combine !== 'separate' && heads.length > 1) {
    return [{ name: `${COMBINED[combine]} of ${heads.join(', ')}`, heads, slot: { colour: TEXT_COLOUR, dash: 0 } }];
  }
  return heads.map((name) => ({ name, heads: [name], slot: slotFor(heads, name) }));
}

const COMBINED: Record<Combine, string> = { separate: '', mean: 'mean', max: 'maximum', sum: 'sum' };
