// What the colours of a raster are relative to: the same for thumbnails and for the matrix. In a long
// text a single sink is a hairline and everything else white on a linear scale: above 64 tokens colours
// run by magnitude unless another scale is chosen, and the legend says so. Twin of src/figure/colour_scale.h;
// tests/data/colour_scales.json holds both to the same rule.

import { isSigned, QUANTITY_WORDS } from '../base/quantities';
import { V } from '../base/words/views';
import type { Tile } from '../base/tiles';
import { halvesToFloats } from './half';
import { exact4 } from './ink';
import type { ViewSettings } from './types';

export const LOG_ABOVE = 64;

export type ColourScale = 'common' | 'own' | 'log';

/** n: the longer side of the map. */
export function colourScale(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number): ColourScale {
  // Scores have two signs and no logarithm.
  if (isSigned(s.quantity)) return s.colours === 'own' ? 'own' : 'common';
  if (s.colours === 'auto') return s.scale === 'log' || n > LOG_ABOVE ? 'log' : 'common';
  return s.colours;
}

/**
 * Where the log scale begins, relative to its largest: a tenth of what even attention over n keys gives
 * to each. What lies below is noise, and even attention stays pale beside a pattern.
 */
export function logFloor(n: number): number { return Number((0.1 / Math.max(n, LOG_ABOVE)).toPrecision(1)); }

/** |x| / largest → strength 0…1 on the log scale of a map whose longer side is n. */
export function logScale(n: number): (relative: number) => number {
  const bottom = Math.log10(logFloor(n));
  return (relative) => (relative === 0 ? 0 : Math.min(1, Math.max(0, 1 - Math.log10(Math.abs(relative)) / bottom)));
}

const logs = new WeakMap<Tile, { of: string; values: Float32Array }>();

/** Strengths 0…1 of a tile on the log scale from logFloor(n) to the largest. Numbers are read from the tile itself. */
export function logStrengths(tile: Tile, largest: number, n: number): Float32Array {
  const of = `${largest} ${n}`;
  const known = logs.get(tile);
  if (known?.of === of) return known.values;
  const strength = logScale(n);
  const values = (tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data).map((v) => (Number.isFinite(v) ? strength(v / largest) : NaN));
  logs.set(tile, { of, values });
  return values;
}

export interface ColourLegend { title: string; from: string; to: string; note: string; signed: boolean }

/** The ends of the ramp in numbers. largest: 1 for weights, else what largestIs says. */
export function colourLegend(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number, largest: number,
                             largestIs: string = V.largestShown): ColourLegend {
  const scale = colourScale(s, n);
  const signed = isSigned(s.quantity);
  const title = QUANTITY_WORDS[s.quantity].one;
  if (scale === 'own') return { title, from: signed ? '−' : '0', to: 'each head’s largest', note: '', signed };
  const most = largest === 1 ? '1' : exact4(largest);
  if (scale === 'log') return { title, from: `≤ ${largest === 1 ? String(logFloor(n)) : exact4(largest * logFloor(n))}`, to: most, note: s.colours === 'auto'
    && s.scale !== 'log' ? `log, because of ${n.toLocaleString('en')} tokens` : 'log', signed };
  return { title, from: signed ? `−${most}` : '0', to: signed ? `+${most}` : most, note: largest === 1 ? '' : largestIs, signed };
}
