// Draws the model view's thumbnails: lines of short texts, rasters of long ones, marks of pins.

import type { RampTheme } from '../../ui/ramps';
import type { Quantity, ViewSettings } from '../../base/state';
import { axisIndex, type AxisItem } from '../../ui/axes';
import { lineOpacity, strength } from '../../ui/ink';
import { isOfLayer, isSigned } from '../../base/quantities';
import { NEGATIVE_COLOUR, palette, slotFor, TEXT_COLOUR } from '../../ui/identity';
import { largestValue } from '../../ui/largest';
import type { Tile } from '../../ui/tile_store';
import { halvesToFloats } from '../../ui/half';
import { inked, type ColourScale } from '../../ui/colours';
import { ramp } from '../../ui/ramps';
import { LineBuilder, NEGATIVE_DASH, QuadBuilder, type Layer, type Rect } from '../gl/scene';
import type { TileAtlas } from '../gl/tile_atlas';
import { topkFloor } from '../head/edges';
import { parsePin } from '../../ui/pins';

export type ThumbKind = 'lines' | 'matrix' | 'received';

export interface Thumb { name: string; rect: Rect; tile: Tile | undefined; key: string }

export interface PaintInput {
  thumbs: readonly Thumb[];
  kind: ThumbKind;
  atlas: TileAtlas;
  axes: { q: readonly AxisItem[]; k: readonly AxisItem[] };
  settings: ViewSettings;
  theme: RampTheme;
  /** What colours are relative to. */
  scale: ColourScale;
  /** What ink and colours are relative to: 1 for weights, else the largest |x| shown. */
  largest: number;
  clip: Rect;
}

export function thumbLayers(p: PaintInput): Layer[] {
  const lines = new LineBuilder();
  const quads = new QuadBuilder();
  const marks = pinMarks(p);
  for (const { name, rect, tile, key } of p.thumbs) {
    if (!tile) continue;
    if (p.kind === 'lines') {
      const colour = isOfLayer(p.settings.quantity) ? TEXT_COLOUR : slotFor([name], name).colour;
      thumbLines(lines, rect, tile, colour, p.settings.scale, relativeTo(p, tile));
    } else raster(quads, p, rect, p.kind === 'received' ? columnMeans(tile) : tile, key);
    for (const mark of marks) mark(lines, rect);
  }
  return [quads.finish(p.atlas, ramp(p.theme, isSigned(p.settings.quantity) ? 'signed' : 'weight'), p.clip), lines.finish(palette(p.theme), p.clip)];
}

const relativeTo = (p: PaintInput, tile: Tile): number => (p.scale === 'own' ? Math.max(1e-6, largestValue(tile)) : p.largest);

function raster(quads: QuadBuilder, p: PaintInput, rect: Rect, tile: Tile, key: string): void {
  const { values, factor, id } = inked(tile, p.scale, relativeTo(p, tile), Math.max(p.axes.q.length, p.axes.k.length));
  const held = p.atlas.get(key + id) ?? p.atlas.put(key + id, tile.rows, tile.cols, values());
  quads.add(rect, held.slot, { x: 0, y: 0, width: tile.cols, height: tile.rows }, factor);
}

const floats = (tile: Tile): Float32Array => (tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data);

/** A preview comes as rows; received attention is their mean. */
function columnMeans(tile: Tile): Tile {
  if (tile.rows === 1) return tile;
  const values = floats(tile);
  const data = Float32Array.from({ length: tile.cols }, (_, k) => {
    let sum = 0;
    for (let q = 0; q < tile.rows; q++) sum += values[q * tile.cols + k] as number;
    return sum / tile.rows;
  });
  return { rows: 1, cols: tile.cols, data };
}

/** What common colours are relative to. Weights run from 0 to 1; what a key receives on average, to four times even attention. */
export function largestShown(thumbs: readonly Thumb[], kind: ThumbKind, quantity: Quantity, queries: number): number {
  if (quantity === 'weight') return kind === 'received' ? 4 / queries : 1;
  const most = Math.max(0, ...thumbs.map(({ tile }) => largestValue(tile && kind === 'received' ? columnMeans(tile) : tile)));
  return most > 0 ? most : 1;
}

export const thumbLineWidth = (s: number): number => 0.5 + s;

/** Per query its eight heaviest keys of at least 0.05 of what ink is relative to; the scale makes their ink, not which they are. */
function thumbLines(lines: LineBuilder, rect: Rect, tile: Tile, colour: number, scale: ViewSettings['scale'], largest: number): void {
  const values = floats(tile);
  const inset = 3;
  for (let q = 0; q < tile.rows; q++) {
    const row = values.subarray(q * tile.cols, (q + 1) * tile.cols);
    const floor = Math.max(0.05 * largest, topkFloor(row, 8));
    const most = row.reduce((a, v) => (Number.isFinite(v) ? Math.max(a, Math.abs(v)) : a), 0);
    row.forEach((v, k) => {
      if (Math.abs(v) < floor || !Number.isFinite(v)) return;
      const s = strength(v / largest, scale, most / largest);
      lines.add(rect.x + inset, rect.y + ((q + 0.5) / tile.rows) * rect.height, rect.x + rect.width - inset, rect.y + ((k + 0.5) / tile.cols) * rect.height,
                thumbLineWidth(s), lineOpacity(s), v < 0 ? NEGATIVE_COLOUR : colour, v < 0 ? NEGATIVE_DASH : 0);
    });
  }
}

/** A pinned token is marked in every thumbnail: its row, or its column. */
function pinMarks(p: PaintInput): ((lines: LineBuilder, rect: Rect) => void)[] {
  return p.settings.pins.flatMap((text) => {
    const pin = parsePin(text);
    const axis = pin ? p.axes[pin.side] : [];
    const index = pin ? axisIndex(axis, pin.token) : -1;
    if (!pin || index < 0) return [];
    const at = (index + 0.5) / axis.length;
    return [(lines: LineBuilder, r: Rect): void => {
      const y = r.y + at * r.height;
      const x = r.x + at * r.width;
      if (p.kind === 'lines') {
        if (pin.side === 'q') lines.add(r.x, y, r.x + 5, y, 3, 1, 1, 0);
        else lines.add(r.x + r.width - 5, y, r.x + r.width, y, 3, 1, 1, 0);
      } else if (pin.side === 'q') lines.add(r.x, y, r.x + r.width, y, 1, 0.8, 1, 0);
      else lines.add(x, r.y, x, r.y + r.height, 1, 0.8, 1, 0);
    }];
  });
}
