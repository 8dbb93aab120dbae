// What the colours of a raster are relative to: the same for thumbnails and for the matrix. In a long
// text a single sink is a hairline and everything else white on a linear scale: above 512 tokens colours
// run by magnitude unless another scale is chosen, and the legend says so.

import { isSigned, QUANTITY_WORDS } from '../base/quantities';
import type { Tile } from '../base/tiles';
import { halvesToFloats } from './half';
import { exact4, strength } from './ink';
import type { ViewSettings } from './types';

export const LOG_ABOVE = 512;

export type ColourScale = 'common' | 'own' | 'log';

/** n: the longer side of the map. */
export function colourScale(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number): ColourScale {
  // Scores have two signs and no logarithm.
  if (isSigned(s.quantity)) return s.colours === 'own' ? 'own' : 'common';
  if (s.colours === 'auto') return s.scale === 'log' || n > LOG_ABOVE ? 'log' : 'common';
  return s.colours;
}

const logs = new WeakMap<Tile, { largest: number; values: Float32Array }>();

/** Strengths 0…1 of a tile on the log scale: four powers of ten below the largest. Numbers are read from the tile itself. */
export function logStrengths(tile: Tile, largest: number): Float32Array {
  const known = logs.get(tile);
  if (known?.largest === largest) return known.values;
  const values = (tile.data instanceof Uint16Array ? halvesToFloats(tile.data)
    : tile.data).map((v) => (Number.isFinite(v) ? strength(v / largest, 'log', 1) : NaN));
  logs.set(tile, { largest, values });
  return values;
}

export interface ColourLegend { title: string; from: string; to: string; note: string; signed: boolean }

/** The ends of the ramp in numbers. largest: 1 for weights, else the largest |x| shown. */
export function colourLegend(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number, largest: number): ColourLegend {
  const scale = colourScale(s, n);
  const signed = isSigned(s.quantity);
  const title = QUANTITY_WORDS[s.quantity].one;
  if (scale === 'own') return { title, from: signed ? '−' : '0', to: 'each head’s largest', note: '', signed };
  const most = largest === 1 ? '1' : exact4(largest);
  if (scale === 'log') return { title, from: `≤ ${largest === 1 ? '0.0001' : exact4(largest / 1e4)}`, to: most, note: s.colours === 'auto'
    && s.scale !== 'log' ? `log, because of ${n.toLocaleString('en')} tokens` : 'log', signed };
  return { title, from: signed ? `−${most}` : '0', to: signed ? `+${most}` : most, note: largest === 1 ? '' : 'largest shown', signed };
}
