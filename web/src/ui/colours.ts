// What the colours of a raster are relative to: the same for thumbnails and for the matrix. In a long
// text a single sink is a hairline and everything else white on a linear scale: above 64 tokens colours
// run by magnitude unless another scale is chosen, and the legend says so. Lines take their ink from `scale`
// alone (strength in ink.ts). Twin of src/figure/colour_scale.h; tests/data/colour_scales.json holds both to
// the same rule.

import { isSigned, QUANTITY_WORDS } from '../base/quantities';
import { V } from '../base/words/views';
import type { Tile } from '../base/tiles';
import { halvesToFloats } from './half';
import { exact4 } from './ink';
import type { ViewSettings } from './types';

export const LOG_ABOVE = 64;

export type ColourScale = 'common' | 'own' | 'row' | 'log';

/** n: the longer side of the map. */
export function colourScale(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number): ColourScale {
  // Scores have two signs: no logarithm, and the largest that pooling keeps is not the largest in size.
  if (isSigned(s.quantity)) return s.colours === 'own' ? 'own' : 'common';
  if (s.colours !== 'auto') return s.colours;
  if (s.scale === 'row') return 'row';
  return s.scale === 'log' || n > LOG_ABOVE ? 'log' : 'common';
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

const floats = (tile: Tile): Float32Array => (tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data);

const logs = new WeakMap<Tile, { of: string; values: Float32Array }>();

/** Strengths 0…1 of a tile on the log scale from logFloor(n) to the largest. Numbers are read from the tile itself. */
export function logStrengths(tile: Tile, largest: number, n: number): Float32Array {
  const of = `${largest} ${n}`;
  const known = logs.get(tile);
  if (known?.of === of) return known.values;
  const strength = logScale(n);
  const values = floats(tile).map((v) => (Number.isFinite(v) ? strength(v / largest) : NaN));
  logs.set(tile, { of, values });
  return values;
}

/**
 * Strengths 0…1 of a tile, each row against its largest weight. largest [rows, 1]: over all keys of the rows; without
 * it the tile has its rows whole.
 */
export function rowStrengths(tile: Tile, largest?: Tile): Float32Array {
  const of = largest && floats(largest);
  const values = floats(tile).slice();
  for (let r = 0; r < tile.rows; r++) {
    const row = values.subarray(r * tile.cols, (r + 1) * tile.cols);
    const most = of ? of[r] as number : row.reduce((a, v) => (Number.isFinite(v) ? Math.max(a, Math.abs(v)) : a), 0);
    row.forEach((v, k) => { row[k] = !Number.isFinite(v) ? NaN : most > 0 ? Math.min(1, Math.abs(v) / most) : 0; });
  }
  return values;
}

/** What the ramp is asked for: value · factor. id: what the values depend on beside the tile. */
export interface Inked { values: () => Tile['data']; factor: number; id: string }

/** largest: what the colours of this tile are relative to; n: the longer side of the map; rows: of rowStrengths. */
export function inked(tile: Tile, scale: ColourScale, largest: number, n: number, rows?: Tile): Inked {
  if (scale === 'log') return { values: () => logStrengths(tile, largest, n), factor: 1, id: ` log ${largest}` };
  if (scale === 'row') return { values: () => rowStrengths(tile, rows), factor: 1, id: ' row' };
  return { values: () => tile.data, factor: 1 / largest, id: '' };
}

export interface ColourLegend { title: string; from: string; to: string; note: string; signed: boolean }

/** The ends of the ramp in numbers. largest: 1 for weights, else what largestIs says. */
export function colourLegend(s: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>, n: number, largest: number,
                             largestIs: string = V.largestShown): ColourLegend {
  const scale = colourScale(s, n);
  const signed = isSigned(s.quantity);
  const title = QUANTITY_WORDS[s.quantity].one;
  if (scale === 'own') return { title, from: signed ? '−' : '0', to: 'each head’s largest', note: '', signed };
  if (scale === 'row') return { title, from: '0', to: 'row’s largest', note: '', signed };
  const most = largest === 1 ? '1' : exact4(largest);
  if (scale === 'log') return { title, from: `≤ ${largest === 1 ? String(logFloor(n)) : exact4(largest * logFloor(n))}`, to: most, note: s.colours === 'auto'
    && s.scale !== 'log' ? `log, because of ${n.toLocaleString('en')} tokens` : 'log', signed };
  return { title, from: signed ? `−${most}` : '0', to: signed ? `+${most}` : most, note: largest === 1 ? '' : largestIs, signed };
}
