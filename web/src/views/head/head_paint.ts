// Draws a head view's picture: lines, bars, buckets, names and the minimap.

import { TEXT_COLOUR, NEGATIVE_COLOUR, headColours, palette, type Series } from '../../ui/identity';
import { BAR_LENGTH, exact4, laneOffset, strength } from '../../ui/ink';
import type { PictureAxes } from '../../ui/picture_axes';
import type { TileStore } from '../../ui/tile_store';
import type { ViewSettings } from '../../ui/types';
import { ramp, type RampTheme } from '../../ui/ramps';
import { DASHES, NEGATIVE_DASH, QuadBuilder, type LineLayer } from '../gl/scene';
import type { Surface } from '../gl/surface';
import { TileAtlas } from '../gl/tile_atlas';
import { rowMaximum, type Edge, type RowData } from './edges';
import type { Content, HeadLayout } from './head_model';
import { minimapSpec, type BucketRanges, type DataInput } from './head_data';
import { gutter, keyY, lineLayer, signColour, type Badge, type Columns } from './head_scene';
import { rowY, visibleRows, type ColumnLayout, type PanelLayout } from './layout';
import { drawOnCanvas } from '../gl/canvas_renderer';
import type { Focus } from '../../ui/pins';

export interface Picture extends Content, HeadLayout {
  trace: string;
  axes: PictureAxes;
  focus: Focus | null;
  series: Series[];
  input: DataInput;
  ranges: BucketRanges;
  badges?: { above: Badge | null; below: Badge | null };
}

export interface PaintOptions {
  width: number;
  height: number;
  theme: RampTheme;
  settings: ViewSettings;
  minimap: HTMLCanvasElement | null;
  store: TileStore | undefined;
}

export function paintHead(p: Picture, surface: Surface, o: PaintOptions): { layer: LineLayer; edges: Edge[] }[] {
  const columns: Columns = { q: p.q, k: p.k, bucketsAbove: p.ranges.above.length, bucketsBelow: p.ranges.below.length };
  const chosen = p.focus ? p.edges.filter((e) => p.focus?.q.has(e.q) || p.focus?.k.has(e.k)) : p.edges;
  const colours = palette(o.theme);
  const drawn = p.panels.map((panel, i) => {
    const edges = p.panels.length === 2 && i === 0 ? p.edges : chosen;
    const clip = { x: panel.lineLeft, y: 0, width: panel.lineRight - panel.lineLeft, height: o.height };
    return { layer: lineLayer(edges, p.series, columns, panel, colours, clip, NEGATIVE_COLOUR), edges };
  });
  p.badges = gutter(chosen, columns);
  surface.draw({ width: o.width, height: o.height, layers: drawn.map((d) => d.layer) }, (ctx) => {
    ctx.globalAlpha = p.loading ? 0.6 : 1;
    p.panels.forEach((panel, i) => {
      if (p.focus && !(p.panels.length === 2 && i === 0)) drawBars(ctx, p, panel, o);
      if (p.series.length > 1) drawNames(ctx, p, drawn[i]?.edges ?? [], columns, panel, o);
      if (o.settings.values) drawValues(ctx, drawn[i]?.edges ?? [], columns, panel, o);
    });
    ctx.globalAlpha = 1;
  });
  if (o.minimap) paintMinimap(o.minimap, p, o);
  return drawn;
}

/** One bar per drawn head on the outer side of the other column. */
function drawBars(ctx: CanvasRenderingContext2D, p: Picture, panel: PanelLayout, o: PaintOptions): void {
  const colours = headColours(o.theme);
  const m = p.series.length;
  const thickness = Math.max(1, Math.min(6, (p.q.rowHeight - 2) / m - 0.5));
  const room = panel.barsRight - 8;
  const bar = (side: 'q' | 'k', index: number, series: number, s: number, negative: boolean): void => {
    const own = (p.series[series] as Series).slot;
    const slot = negative ? { colour: signColour(p.series, own.colour, NEGATIVE_COLOUR), dash: NEGATIVE_DASH } : own;
    const y = rowY(p[side], index) + (series - (m - 1) / 2) * (thickness + 0.5);
    if (y < p[side].top || y > p[side].top + p[side].viewHeight) return;
    const length = Math.min(BAR_LENGTH, room) * s;
    const x = side === 'k' ? panel.lineRight + panel.textWidth + 2 : panel.lineLeft - panel.textWidth - 2;
    ctx.strokeStyle = colours[slot.colour] as string;
    ctx.lineWidth = thickness;
    ctx.setLineDash(DASHES[slot.dash] as number[]);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(side === 'k' ? x + length : x - length, y);
    ctx.stroke();
  };
  p.rows.forEach((map, series) => {
    const seen = visibleRows(p.k);
    const at = (row: RowData, k: number): number => { const v = row.values[k - row.first] ?? 0; return Number.isFinite(v) ? v : 0; };
    const of = (value: number, row: RowData): number => strength(value / p.largest, o.settings.scale, rowMaximum(row) / p.largest);
    // Several pinned queries: the bar shows the largest, so that bars never pile up beyond 1.
    if (p.focus && p.focus.q.size > 0) for (let k = seen.first; k < seen.end; k++) {
      let [most, s] = [0, 0];
      for (const q of p.focus.q) {
        const row = map.get(q);
        if (row && Math.abs(at(row, k)) > Math.abs(most)) [most, s] = [at(row, k), of(at(row, k), row)];
      }
      if (s > 0) bar('k', k, series, s, most < 0);
    }
    if (p.focus && p.focus.k.size > 0) for (const [q, row] of map) {
      let [most, s] = [0, 0];
      for (const k of p.focus.k) if (Math.abs(at(row, k)) > Math.abs(most)) [most, s] = [at(row, k), of(at(row, k), row)];
      if (s > 0) bar('q', q, series, s, most < 0);
    }
  });
}

/** The heaviest line of each head bears its name. */
function drawNames(ctx: CanvasRenderingContext2D, p: Picture, edges: readonly Edge[], columns: Columns, panel: PanelLayout, o: PaintOptions): void {
  const heaviest = new Map<number, Edge>();
  for (const e of edges) {
    const y = rowY(p.q, e.q);
    if (y >= p.q.top && y <= p.q.top + p.q.viewHeight) heaviest.set(e.series, e);
  }
  ctx.font = '600 11px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  let step = 0;
  for (const [series, e] of heaviest) {
    const t = 0.3 + 0.4 * ((step++ % 5) / 4);
    const shift = laneOffset(series, p.series.length);
    const x = panel.lineLeft + (panel.lineRight - panel.lineLeft) * t;
    const y = (rowY(p.q, e.q) + shift) * (1 - t) + (keyY(columns, e.k) + shift) * t;
    const s = p.series[series] as Series;
    halo(ctx, s.name.length > 24 ? `${s.name.slice(0, 23)}…` : s.name, x, y, headColours(o.theme)[s.slot.colour] as string, o.theme);
  }
}

function drawValues(ctx: CanvasRenderingContext2D, edges: readonly Edge[], columns: Columns, panel: PanelLayout, o: PaintOptions): void {
  ctx.font = '10px system-ui, sans-serif';
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  // Ends of several lines at one key would cover each other: the number stands before the end.
  const used = new Map<number, number>();
  for (let i = edges.length - 1; i >= 0; i--) {
    const e = edges[i] as Edge;
    const nth = used.get(e.k) ?? 0;
    used.set(e.k, nth + 1);
    const t = 1 - nth * 0.12;
    if (t < 0.4) continue;
    const y = rowY(columns.q, e.q) * (1 - t) + keyY(columns, e.k) * t;
    halo(ctx, exact4(e.weight), panel.lineLeft + (panel.lineRight - panel.lineLeft) * t - 2, y, headColours(o.theme)[TEXT_COLOUR] as string, o.theme);
  }
}

function halo(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string, theme: RampTheme): void {
  ctx.setLineDash([]);
  ctx.lineWidth = 3;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = theme === 'light' ? '#FFFFFF' : '#14171C';
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

const MINIMAP = 64;

function paintMinimap(canvas: HTMLCanvasElement, p: Picture, o: PaintOptions): void {
  const series = p.series[0];
  const ctx = canvas.getContext('2d');
  if (!series || !ctx) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = MINIMAP * ratio;
  canvas.height = MINIMAP * ratio;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  const tile = o.store?.peek(p.trace, minimapSpec(p.input, series));
  if (tile) {
    const atlas = new TileAtlas(128, 1);
    const held = atlas.put('m', tile.rows, tile.cols, tile.data);
    const quads = new QuadBuilder();
    const all = { x: 0, y: 0, width: MINIMAP, height: MINIMAP };
    quads.add(all, held.slot, { x: 0, y: 0, width: tile.cols, height: tile.rows }, 1 / p.largest);
    drawOnCanvas(ctx, { width: MINIMAP, height: MINIMAP, layers: [quads.finish(atlas, ramp(o.theme, o.settings.quantity === 'score' ? 'signed' : 'weight'), all)] });
  }
  const part = (c: ColumnLayout): [number, number] => [c.scroll / (c.count * c.rowHeight) * MINIMAP, Math.max(3, Math.min(1, c.viewHeight / (c.count * c.rowHeight)) * MINIMAP)];
  const [y, h] = part(p.q);
  const [x, w] = part(p.k);
  ctx.strokeStyle = headColours(o.theme)[1] as string;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x + 0.5, y + 0.5, Math.min(w, MINIMAP - x) - 1, Math.min(h, MINIMAP - y) - 1);
  ctx.fillStyle = headColours(o.theme)[TEXT_COLOUR] as string;
  for (const q of p.focus?.q ?? []) ctx.fillRect(0, q / p.q.count * MINIMAP, 4, 1);
  for (const k of p.focus?.k ?? []) ctx.fillRect(k / p.k.count * MINIMAP, 0, 1, 4);
}
