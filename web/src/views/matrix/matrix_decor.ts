// All that stands on and around the plots of one picture: names, tokens, bars, hatches, sinks, pins;
// and above it the cursor and the chosen link.

import { parsePin } from '../../base/pins';
import { isBlock } from '../../base/trace_info';
import { axisIndex, type AxisItem, type Side } from '../../ui/axes';
import { colourScale, logScale } from '../../ui/colours';
import { absentBlock } from '../../ui/block_engine';
import type { Series } from '../../ui/identity';
import type { RampTheme } from '../../ui/ramps';
import { sideTitle } from '../../ui/side_title';
import { sightOf } from '../common/sight';
import type { Rect } from '../gl/scene';
import { axisNames, axisTokens, blockHatch, cellValues, crosshair, cursorBox, frame, marginalBars, maskHatch, sinkColumn, type Plot } from './matrix_paint';
import { NAMED_PLOTS, type Cell, type Frame } from './matrix_plan';
import { inkAt, valueAt, type MatrixSource } from './matrix_data';
import type { Marginals } from './marginals';

export interface Decor {
  source: MatrixSource;
  frame: Frame;
  marginals: Marginals | null;
  /** Of each plot, where its rows have a sink. */
  sinks: readonly (Float32Array | null)[];
  largest: number;
  theme: RampTheme;
}

function plotOf(d: Pick<Decor, 'source' | 'theme'>, rect: Rect, series: Series): Plot {
  const title = (side: Side): string => sideTitle(d.source.trace, d.source.settings.stack, side);
  return { rect, view: d.source.view, axes: d.source.axes, name: series.name, theme: d.theme,
           titles: { q: title('q'), k: title('k') } };
}

export function decorate(ctx: CanvasRenderingContext2D, d: Decor): void {
  d.frame.plots.forEach((rect, i) => { decoratePlot(ctx, d, rect, d.source.series[i] as Series, d.sinks[i] ?? null); });
}

function decoratePlot(ctx: CanvasRenderingContext2D, d: Decor, rect: Rect, series: Series, sinks: Float32Array | null): void {
  const { source, frame: f } = d;
  const { trace, axes, settings } = source;
  const plot = plotOf(d, rect, series);
  const tokens = f.plots.length <= NAMED_PLOTS;
  frame(ctx, plot);
  axisNames(ctx, plot, { gap: f.gap, left: f.left, top: f.top, title: f.plots.length > 1 || series.heads.length > 1, tokens });
  if (tokens) axisTokens(ctx, plot, f.gap);
  if (d.marginals && f.gap > 0) marginalBars(ctx, plot, d.marginals);
  const sight = sightOf(trace, settings.stack, series.heads, source.store);
  if (isBlock(trace, settings.stack)) blockHatch(ctx, plot, absentBlock(trace, axes));
  else if (sight.hides) maskHatch(ctx, plot, sight);
  cellValues(ctx, plot, (q, k) => {
    const value = sight.sees(axes.q[q] as AxisItem, axes.k[k] as AxisItem) ? valueAt(source, series, q, k)?.value : undefined;
    return value === undefined ? null : { value, ink: inkAt(source, series, { q, k, value }, d.largest) };
  }, d.largest);
  if (sinks) {
    const long = Math.max(axes.q.length, axes.k.length);
    sinkColumn(ctx, plot, colourScale(settings, long) === 'log' ? sinks.map(logScale(long)) : sinks, f.gap);
  }
  for (const text of settings.pins) {
    const pin = parsePin(text);
    const at = pin ? axisIndex(axes[pin.side], pin.token) : -1;
    if (pin && at >= 0) crosshair(ctx, plot, pin.side === 'q' ? { q: at, k: null } : { q: null, k: at });
  }
}

/** All that a pointer move changes. */
export function decorateOverlay(ctx: CanvasRenderingContext2D, d: Pick<Decor, 'source' | 'frame' | 'theme'>, cursor: Cell | null,
  chosen: Cell | null): void {
  d.frame.plots.forEach((rect, i) => {
    const plot = plotOf(d, rect, d.source.series[i] as Series);
    if (chosen) crosshair(ctx, plot, chosen);
    if (cursor) cursorBox(ctx, plot, cursor);
  });
}
