// The matrix view in words: what a pixel stands for, what the cell under the cursor says.

import { QUANTITY_WORDS } from '../../base/quantities';
import type { Tile } from '../../base/tiles';
import { tokenText, type AxisItem } from '../../ui/axes';
import { colourScale, type ColourScale } from '../../ui/colours';
import { exact4 } from '../../ui/ink';
import type { ViewSettings } from '../../ui/types';
import type { Marginals } from './marginals';

export interface Hit { value: number; q: [number, number]; k: [number, number] }
/** The exact numbers of a pixel that stands for several weights. */
export interface Block { max: number; q: number; k: number; mean: number }

export function isSingle(hit: Hit): boolean { return hit.q[1] - hit.q[0] === 1 && hit.k[1] - hit.k[0] === 1; }

/** tile: the weights of the pixel, unpooled. */
export function blockOf(tile: Tile, hit: Hit): Block {
  const block = { max: 0, q: hit.q[0], k: hit.k[0], mean: 0 };
  let count = 0;
  for (let r = 0; r < tile.rows; r++) for (let c = 0; c < tile.cols; c++) {
    const v = tile.data[r * tile.cols + c] as number;
    if (!Number.isFinite(v)) continue;
    if (count === 0 || Math.abs(v) > Math.abs(block.max)) Object.assign(block, { max: v, q: hit.q[0] + r, k: hit.k[0] + c });
    block.mean += v;
    count++;
  }
  block.mean /= Math.max(1, count);
  return block;
}

const named = (item: AxisItem | undefined): string => `${tokenText(item?.text ?? '')} (${item?.first ?? ''})`;

/** "i (1) → went (2), L2H0: 0.9989", or of a pooled pixel its range, largest weight and mean. */
export function readout(name: string, hit: Hit | null, block: Block | null, axes: { q: readonly AxisItem[]; k: readonly AxisItem[] },
  pool: string): string {
  if (!hit) return `${name}: …`;
  if (isSingle(hit)) return `${named(axes.q[hit.q[0]])} → ${named(axes.k[hit.k[0]])}, ${name}: ${exact4(hit.value)}`;
  const span = Math.max(hit.q[1] - hit.q[0], hit.k[1] - hit.k[0]);
  const numbers = block ? `max ${exact4(block.max)} (${axes.q[block.q]?.first ?? ''}→${axes.k[block.k]?.first ?? ''}), mean ${exact4(block.mean)}`
    : `${pool} ${exact4(hit.value)}`;
  return `${name}, queries ${hit.q[0]}–${hit.q[1] - 1} × keys ${hit.k[0]}–${hit.k[1] - 1}: ${numbers}. Zoom ${span}× for single weights`;
}

export function pooledText(s: ViewSettings, level: number): string {
  const [one, many] = s.quantity === 'weight' ? ['weight', 'weights'] : ['value', 'values'];
  return level === 0 ? `each cell = one ${one}` : `each pixel = ${s.pool} of ${2 ** level}×${2 ** level} ${many}`;
}

/** n: the longer side of the matrix. */
export function matrixAlt(names: readonly string[], s: ViewSettings, n: number, largest: number): string {
  const words = QUANTITY_WORDS[s.quantity];
  const what = s.quantity === 'weight' ? 'weight' : `${words.one}, largest shown ${exact4(largest)}`;
  const special = s.special === 'show' ? 'special tokens shown' : `special tokens hidden, rows ${s.renorm || s.special === 'hide-renorm' ? ''
    : 'not '}renormalised`;
  return `${names.join(', ')}: ${what}${COLOURS[colourScale(s, n)]}, ${special}.${words.rows ? ` ${words.rows}` : ''}`;
}

const COLOURS: Readonly<Record<ColourScale, string>> = { common: '', log: ', log colours', own: ', colours by each head’s largest',
  row: ', colours by each row’s largest' };

export const NO_CELL = 'Point at a cell, or use the arrow keys, to read its weight.';

/** Of the row and the column of a cell; sink: its share of the row. */
export function sideText(m: Marginals | null, { q, k }: { q: number; k: number }, queries: number,
  series: readonly { name: string; sink: number | null }[]): string {
  const [entropy, received] = [m?.entropy[q - m.q0], m?.received[k]];
  return [entropy === undefined ? '' : `Row entropy ${exact4(entropy)} nats.`,
    received === undefined ? '' : `The key receives ${exact4(received)} of ${queries}.`,
    ...series.map(({ name, sink }) => (sink === null ? '' : `${name}: the sink takes ${exact4(sink)} of the row.`))].filter(Boolean).join(' ');
}
