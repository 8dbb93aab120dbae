// What a head view shows, in numbers, for tests and the table (ui.md §9).

import { headColours, NEGATIVE_COLOUR, type Series } from '../../ui/identity';
import type { RampTheme } from '../../ui/ramps';
import { DASHES, LINE_STRIDE, NEGATIVE_DASH, type LineLayer } from '../gl/scene';
import { bucketOf, SINK, type Edge } from './edges';
import type { Picture } from './head_paint';
import { signColour } from './head_scene';
import { visibleRows } from './layout';

/** q and k are token indices; k is −1 for a bucket, whose tokens [first, end) stand beside it, and for a sink. x and y: ends on the stage, CSS pixels. */
export interface ShownEdge {
  head: string;
  q: number;
  k: number;
  weight: number;
  width: number;
  opacity: number;
  color: string;
  dash: readonly number[];
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  bucket?: [number, number];
  sink?: true;
}

/** layer: the lines as they were painted, in the order of the edges. */
export function shownEdges(p: Picture, edges: readonly Edge[], layer: LineLayer, theme: RampTheme): ShownEdge[] {
  const colours = headColours(theme);
  return edges.map((e, i) => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = layer.data.subarray(i * LINE_STRIDE, i * LINE_STRIDE + 4);
    const series = p.series[e.series] as Series;
    const bucket = bucketOf(e.k);
    const range = bucket ? p.ranges[bucket.where][bucket.index] : undefined;
    const negative = e.weight < 0;
    return { head: series.name, q: p.axes.q[e.q]?.first ?? -1, k: p.axes.k[e.k]?.first ?? -1, weight: e.weight, width: e.width,
      opacity: e.opacity, x0, y0, x1, y1,
             color: colours[negative ? signColour(p.series, series.slot.colour, NEGATIVE_COLOUR) : series.slot.colour] ?? '',
             dash: DASHES[negative ? NEGATIVE_DASH : series.slot.dash] ?? [],
             ...(e.k === SINK ? { sink: true as const } : {}), ...(range ? { bucket: [range.first, range.end] as [number, number] } : {}) };
  });
}

export interface ShownRows { side: 'q' | 'k'; first: number; last: number; total: number }

export function shownRows(p: Picture): ShownRows[] {
  return (['q', 'k'] as const).map((side) => { const v = visibleRows(p[side]); return { side, first: v.first, last: v.end - 1, total: p[side].count }; });
}
