// Lines, badges and line hits of a head view: edges and layout → numbers for the renderer.

import { laneOffset } from '../../ui/ink';
import type { Series } from '../../ui/identity';
import { LineBuilder, type LineLayer, LINE_STRIDE, NEGATIVE_DASH, type Rect } from '../gl/scene';
import type { Rgb } from '../../ui/ramps';
import { bucketOf, SINK, type Edge } from './edges';
import { bucketY, rowY, type ColumnLayout, type PanelLayout } from './layout';

export interface Columns { q: ColumnLayout; k: ColumnLayout; bucketsAbove: number; bucketsBelow: number; sinkY: number }

export function keyY(columns: Columns, k: number): number {
  if (k === SINK) return columns.sinkY;
  const bucket = bucketOf(k);
  if (!bucket) return rowY(columns.k, k);
  return bucketY(columns.k, bucket.where, bucket.index, bucket.where === 'above' ? columns.bucketsAbove : columns.bucketsBelow);
}

/** Of a negative value: orange where one series is drawn; of several, the head keeps its colour and the dots are the sign. */
export function signColour(series: readonly Series[], own: number, negative: number): number { return series.length === 1 ? negative : own; }

/** edges in drawing order. m: series drawn together. */
export function lineLayer(edges: readonly Edge[], series: readonly Series[], columns: Columns, panel: PanelLayout,
                          palette: readonly Rgb[], clip: Rect, negativeColour: number): LineLayer {
  const lines = new LineBuilder();
  for (const edge of edges) {
    const slot = (series[edge.series] as Series).slot;
    const shift = laneOffset(edge.series, series.length);
    const negative = edge.weight < 0;
    lines.add(panel.lineLeft, rowY(columns.q, edge.q) + shift, panel.lineRight, keyY(columns, edge.k) + shift,
              edge.width, edge.opacity, negative ? signColour(series, slot.colour, negativeColour) : slot.colour, negative ? NEGATIVE_DASH : slot.dash);
  }
  return lines.finish(palette, clip);
}

/** Index of the line within reach of a point, the heaviest of several; −1 where there is none. */
export function lineAt(layer: LineLayer, x: number, y: number, reach = 6): number {
  const { data } = layer;
  for (let i = layer.count - 1; i >= 0; i--) {
    const at = i * LINE_STRIDE;
    const x0 = data[at] as number;
    const x1 = data[at + 2] as number;
    if (x < x0 || x > x1) continue;
    const y0 = data[at + 1] as number;
    const dy = (data[at + 3] as number) - y0;
    const dx = x1 - x0;
    const distance = Math.abs((y - y0) * dx - (x - x0) * dy) / Math.hypot(dx, dy);
    if (distance <= Math.max(reach, (data[at + 4] as number) / 2)) return i;
  }
  return -1;
}

export interface Badge { weight: number; keys: number; heaviest: number }

/** Weight that goes to keys above and below the viewport, and where its heaviest end is. */
export function gutter(edges: readonly Edge[], columns: Columns): { above: Badge | null; below: Badge | null } {
  const sides = { above: new Map<number, number>(), below: new Map<number, number>() };
  for (const edge of edges) {
    if (edge.k < 0) continue;
    const y = rowY(columns.k, edge.k);
    const side = y < columns.k.top ? sides.above : y > columns.k.top + columns.k.viewHeight ? sides.below : null;
    side?.set(edge.k, (side.get(edge.k) ?? 0) + Math.abs(edge.weight));
  }
  const badge = (map: Map<number, number>): Badge | null => {
    if (map.size === 0) return null;
    let weight = 0;
    let heaviest = -1;
    for (const [k, w] of map) {
      weight += w;
      if (heaviest < 0 || w > (map.get(heaviest) as number)) heaviest = k;
    }
    return { weight, keys: map.size, heaviest };
  };
  return { above: badge(sides.above), below: badge(sides.below) };
}
