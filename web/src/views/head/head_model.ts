// From settings, scroll positions and the tiles that have come to what a head view shows: layout,
// rows, lines, masses. The costly part (rows and lines of the window) is made once for a window and
// kept until the window, the settings or the tiles change; hovering and drawing reuse it.

import type { ViewSettings } from '../../base/state';
import { isPinnedOnly } from '../../base/quantities';
import { ALL_STACKS, stackOf, type TraceInfo } from '../../base/trace_info';
import type { OpacityRule } from '../../ui/ink';
import type { PictureAxes } from '../../ui/picture_axes';
import type { Series } from '../../ui/identity';
import { tileOps } from '../../ui/tile_ops';
import type { TileStore } from '../../ui/tile_store';
import { effectiveTopk } from '../../ui/types';
import { halvesToFloats } from '../../ui/half';
import { byStrength, focusMass, massOf, rowEdges, type Edge, type Mass, type RowData } from './edges';
import { buckets, loadedRows, minimapSpec, type DataInput } from './head_data';
import { BOTH_SIDES, bucketSlot, maxScroll, panelLayout, rowHeight, tokenFont, visibleRows, type ColumnLayout, type PanelLayout } from './layout';
import type { Focus } from '../../ui/pins';
import { widestToken } from './token_width';

/** sinkY: where lines to the sink end, below the keys. minimap: there is room for one. */
export interface HeadLayout { q: ColumnLayout; k: ColumnLayout; panels: PanelLayout[]; sinkY: number; minimap: boolean }

const MINIMAP_ROOM = 76;
/** A narrower picture (a pane of the compare view) needs the room for its words. */
const MIN_MINIMAP_WIDTH = 360;
/** Below the columns, for the sink's name. */
export const SINK_ROOM = 24;
/** Air beside a token, and the place of its menu button. */
const TOKEN_PADDING = 34;
export function layoutOf(axes: PictureAxes, settings: ViewSettings, size: { width: number; height: number }, offset: { q: number;
  k: number }, fontScale: number, sinks: boolean, zoomed: number | null = null): HeadLayout {
  const folded = buckets(axes.k.length);
  const slot = bucketSlot(folded, size.height);
  const room = Math.round(folded * slot);
  const viewHeight = Math.max(24, size.height - 2 * room - (sinks ? SINK_ROOM : 0));
  const count = Math.max(axes.q.length, axes.k.length);
  const row = zoomed ?? rowHeight(settings.density, count, viewHeight, fontScale);
  const column = (n: number, scroll: number): ColumnLayout => {
    const c = { count: n, rowHeight: row, viewHeight, scroll, top: room, slot };
    return { ...c, scroll: Math.min(scroll, maxScroll(c)) };
  };
  const minimap = count * row > viewHeight && size.width >= MIN_MINIMAP_WIDTH;
  const both = settings.panels === 'both' && settings.pins.length > 0;
  // Beside the words' panel, the one of all words has no bars; the other has them across from the pin.
  const sides = both ? [{ left: false, right: false }, { left: settings.pins.some((p) => p.startsWith('k')),
    right: settings.pins.some((p) => p.startsWith('q')) }] : [BOTH_SIDES];
  const k = column(axes.k.length, offset.k);
  return { minimap, q: column(axes.q.length, offset.q), k, sinkY: room + Math.min(viewHeight, axes.k.length * row) + room + SINK_ROOM / 2,
           panels: panelLayout(size.width - (minimap ? MINIMAP_ROOM : 0), both ? 2 : 1,
             TOKEN_PADDING + widestToken(axes) * tokenFont(row), sides) };
}

export function dataInput(trace: TraceInfo, settings: ViewSettings, axes: PictureAxes, layout: HeadLayout, pinned: Focus | null): DataInput {
  const vq = visibleRows(layout.q);
  const vk = visibleRows(layout.k);
  return { trace: trace.id, stack: stackOf(trace, settings.stack).name, ops: tileOps(settings), rows: axes.q.length, cols: axes.k.length,
           window: { q0: vq.first, q1: vq.end, k0: vk.first, k1: vk.end }, pinnedRows: pinned ? [...pinned.q] : [], pinnedOnly: isPinnedOnly(trace,
             settings.quantity) };
}

/** The window's numbers. byQ, byK: lines of each row, lightest first. */
export interface Content {
  rows: Map<number, RowData>[];
  edges: Edge[];
  byQ: ReadonlyMap<number, readonly Edge[]>;
  byK: ReadonlyMap<number, readonly Edge[]>;
  /** Of everything, and of the pinned rows and columns alone (null without pins). */
  mass: Mass;
  pinnedMass: Mass | null;
  /** Lines of the pinned rows and columns; all of them without pins. */
  chosen: readonly Edge[];
  /** Mass of a whole row before anything was hidden: 1 for weights, null where it has no known total. */
  perRow: number | null;
  largest: number;
  topk: number;
  /** Nothing of some series has come yet. */
  loading: boolean;
}

export class ContentCache {
  private key = '';
  private held: Content | undefined;

  /** sinks: of each series, by row; null where it has none. */
  get(store: TileStore, input: DataInput, series: readonly Series[], sinks: readonly (Float32Array | null)[], settings: ViewSettings, opacity: OpacityRule,
    pinned: Focus | null): Content {
    const { threshold, topk, scale, quantity, combine } = settings;
    const key = JSON.stringify([store.version, input, series.map((s) => s.heads), threshold, topk, scale, quantity, combine, opacity, pinned
      && [[...pinned.q], [...pinned.k]]]);
    if (this.held && key === this.key) return this.held;
    this.key = key;
    return (this.held = content(store, input, series, sinks, settings, opacity, pinned));
  }
}

function content(store: TileStore, input: DataInput, series: readonly Series[], sinks: readonly (Float32Array | null)[], settings: ViewSettings,
  opacity: OpacityRule, pinned: Focus | null): Content {
  const rows = series.map((s) => loadedRows(store, input, s));
  rows.forEach((map, i) => { const shares = sinks[i]; if (shares) for (const [q, row] of map) row.sink = shares[q] as number; });
  const cols = input.cols + (sinks.some((shares) => shares !== null) ? 1 : 0);
  const wanted = !input.pinnedOnly || input.pinnedRows.length > 0;
  const loading = wanted && input.rows > 0 && input.cols > 0 && rows.some((m) => m.size === 0);
  const largest = largestValue(store, rows, input, series, settings);
  const topk = effectiveTopk(settings, Math.max(input.rows, input.cols));
  const options = { threshold: settings.threshold, topk, scale: settings.scale, largest, seriesCount: series.length, opacity };
  const edges = byStrength(rows.flatMap((map, index) => [...map].flatMap(([i, row]) => rowEdges(index, i, row, options))));
  const all = rows.flatMap((map) => [...map.values()]);
  const perRow = wholeRow(series, settings);
  const mass = massOf(all, edges, perRow === null ? null : perRow * all.length, all.length * cols);
  const chosen = pinned ? edges.filter((e) => pinned.q.has(e.q) || pinned.k.has(e.k)) : edges;
  const about = pinned ? rows.flatMap((map) => [...map].filter(([q]) => pinned.q.has(q) || pinned.k.size > 0)) : [];
  const pinnedMass = pinned ? focusMass(about, chosen, pinned, perRow, cols) : null;
  return { rows, edges, byQ: grouped(edges, (e) => e.q), byK: grouped(edges, (e) => e.k), mass, pinnedMass, chosen, perRow, largest, topk, loading };
}

function grouped(edges: readonly Edge[], of: (e: Edge) => number): Map<number, Edge[]> {
  const groups = new Map<number, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(of(edge));
    if (group) group.push(edge);
    else groups.set(of(edge), [edge]);
  }
  return groups;
}

/** Weights of one head, or of a mean, sum to 1 a row before anything is hidden; others have no known total. */
function wholeRow(series: readonly Series[], s: ViewSettings): number | null {
  // Of the block matrix, decoder rows sum to 2.
  if (s.stack === ALL_STACKS) return null;
  const sumsToOne = (s.quantity === 'weight' || s.quantity === 'rollout') && !series.some((x) => x.heads.length > 1 && s.combine !== 'mean');
  return sumsToOne ? 1 : null;
}

/** 1 for weights and their differences; else the largest |x| shown, for long inputs of the whole matrix (the minimap's maximum). */
function largestValue(store: TileStore, rows: readonly Map<number, RowData>[], input: DataInput, series: readonly Series[], s: ViewSettings): number {
  if (s.quantity === 'difference') return 1;
  if (s.quantity === 'weight' && !(s.combine === 'sum' && series.some((x) => x.heads.length > 1))) return 1;
  let max = 0;
  const look = (values: Float32Array): void => { for (const v of values) if (Number.isFinite(v)) max = Math.max(max, Math.abs(v)); };
  for (const map of rows) for (const row of map.values()) look(row.values);
  if (buckets(input.cols) > 0 && !input.pinnedOnly) for (const one of series) {
    const tile = store.peek(input.trace, minimapSpec(input, one));
    if (tile) look(tile.data instanceof Uint16Array ? halvesToFloats(tile.data) : tile.data);
  }
  return max > 0 ? max : 1;
}
