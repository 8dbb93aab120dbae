// A head view's picture out of the settings, the scroll positions and the tiles that have come; and the
// tiles that it wants.

import { isOfLayer } from '../../base/quantities';
import type { ViewSettings } from '../../base/state';
import type { Series } from '../../ui/identity';
import type { OpacityRule } from '../../ui/ink';
import { pictureAxes } from '../../ui/picture_axes';
import { focusOf } from '../../ui/pins';
import { TileStore } from '../../ui/tile_store';
import { headsOfLayer, parseHead, stackOf, type TraceInfo } from '../../ui/types';
import { maskSpecs, sightOf } from '../common/sight';
import { Sinks } from '../common/sink';
import { bucketRanges, buckets, minimapSpec, seriesSpecs } from './head_data';
import { ContentCache, dataInput, layoutOf } from './head_model';
import type { Picture } from './head_paint';
import { overflows } from './layout';

/** Texts up to here fetch all heads of the layer at once, so that a click on a chip acts at once. */
const AHEAD_TOKENS = 64;

export interface PlanInput {
  trace: TraceInfo;
  store: TileStore;
  settings: ViewSettings;
  series: Series[];
  size: { width: number; height: number };
  offset: { q: number; k: number };
  opacity: OpacityRule;
  /** Row height that a pinch has made; null: the density's. */
  row: number | null;
}

export class HeadPlan {
  private readonly cache = new ContentCache();
  private readonly sinks = new Sinks();
  /** As the settings want it, whether its numbers have come or not. */
  next: Picture | undefined;

  private compute(i: PlanInput): Picture {
    const { trace, store, settings, series } = i;
    const axes = pictureAxes(trace, settings);
    const sinks = this.sinks.specs(trace, settings, series).some((spec) => spec !== null);
    const layout = layoutOf(axes, settings, i.size, i.offset, rootFontScale(), sinks, i.row);
    const focus = focusOf(settings.pins, null, axes.q, axes.k);
    const input = dataInput(trace, settings, axes, layout, focus);
    const content = this.cache.get(store, input, series, this.sinks.shares(store, axes.q), settings, i.opacity, focus);
    const sight = sightOf(trace, settings.stack, series.flatMap((s) => s.heads), store);
    return { trace, settings, axes, ...layout, sinks, focus, series, ...content, input, sight, ranges: bucketRanges(input) };
  }

  /** What is on screen: the old picture, whole, until the first lines of the new one are there; never a blank one. */
  picture(input: PlanInput | null, old: Picture | undefined): Picture | undefined {
    const next = (this.next = input ? this.compute(input) : undefined);
    if (!next || !old || !next.loading || old.rows.every((map) => map.size === 0)) return next ?? old;
    const same = old.trace === next.trace && old.axes === next.axes;
    return same ? { ...old, q: next.q, k: next.k, panels: next.panels, focus: next.focus, loading: true } : { ...old, loading: true };
  }

  ask(store: TileStore, scope: string): void {
    const { next } = this;
    if (!next || next.axes.q.length === 0 || next.axes.k.length === 0) return;
    const { trace, input, series, settings } = next;
    const specs = series.flatMap((s) => seriesSpecs(input, s));
    const whole = (overflows(next) || buckets(input.cols) > 0) && !input.pinnedOnly;
    const extra = whole ? series.slice(0, 1).map((s) => minimapSpec(input, s)) : [];
    const beside = [...this.sinks.specs(trace, settings, series).filter((spec) => spec !== null),
      ...maskSpecs(trace, settings.stack, series.flatMap((s) => s.heads))];
    store.keepOnly(scope, new Set([...specs, ...extra, ...beside].map((s) => TileStore.key(trace.id, s))));
    store.request(trace.id, specs, 0, scope);
    store.request(trace.id, beside, 1, scope);
    store.request(trace.id, extra, 2, scope);
    const layer = parseHead(settings.heads[0] ?? '')?.layer;
    const small = input.rows <= AHEAD_TOKENS && input.cols <= AHEAD_TOKENS && settings.combine === 'separate' && !isOfLayer(settings.quantity);
    if (layer === undefined || !small) return;
    const names = Array.from({ length: headsOfLayer(stackOf(trace, settings.stack), layer) }, (_, h) => `L${layer}H${h}`);
    store.request(trace.id, names.flatMap((n) => seriesSpecs(input, { name: n, heads: [n], slot: { colour: 0, dash: 0 } })), 2, `${scope}-ahead`);
  }
}

/** Rows follow the reader's font size. */
export function rootFontScale(): number {
  return Math.max(1, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
}
