// Draws a head view's picture: lines, bars, buckets and names; and over it what is looked at.

import { TEXT_COLOUR, NEGATIVE_COLOUR, headColours, palette, type Series } from '../../ui/identity';
import { exact4, laneOffset } from '../../ui/ink';
import type { PictureAxes } from '../../ui/picture_axes';
import type { TraceInfo, ViewSettings } from '../../ui/types';
import type { RampTheme } from '../../ui/ramps';
import type { Sight } from '../common/sight';
import type { LineLayer } from '../gl/scene';
import type { Surface } from '../gl/surface';
import type { Edge } from './edges';
import { drawBars } from './head_bars';
import type { Content, HeadLayout } from './head_model';
import type { BucketRanges, DataInput } from './head_data';
import { keyY, lineLayer, type Columns } from './head_scene';
import { rowY, type PanelLayout } from './layout';
import { drawOnCanvas } from '../gl/canvas_renderer';
import type { Focus } from '../../ui/pins';

/** What is on screen, whole: rows, lines and words of one trace under one state. */
export interface Picture extends Content, HeadLayout {
  trace: TraceInfo;
  settings: ViewSettings;
  axes: PictureAxes;
  /** Pinned rows and columns. */
  focus: Focus | null;
  series: Series[];
  input: DataInput;
  /** Some rows have a share that goes to no key. */
  sinks: boolean;
  /** What the layers' masks hide. */
  sight: Sight;
  ranges: BucketRanges;
}

export interface DrawnLines { layer: LineLayer; edges: readonly Edge[] }

export interface PaintOptions { width: number; height: number; theme: RampTheme }

export function columnsOf(p: Picture): Columns {
  return { q: p.q, k: p.k, bucketsAbove: p.ranges.above.length, bucketsBelow: p.ranges.below.length, sinkY: p.sinkY };
}

function linesOf(p: Picture, panel: PanelLayout, edges: readonly Edge[], o: PaintOptions): DrawnLines {
  const clip = { x: panel.lineLeft, y: 0, width: panel.lineRight - panel.lineLeft, height: o.height };
  return { layer: lineLayer(edges, p.series, columnsOf(p), panel, palette(o.theme), clip, NEGATIVE_COLOUR), edges };
}

/** The base picture: all lines, or those of the pins; of two panels the first shows all words. */
export function paintHead(p: Picture, surface: Surface, o: PaintOptions): DrawnLines[] {
  const drawn = p.panels.map((panel, i) => linesOf(p, panel, p.panels.length === 2 && i === 0 ? p.edges : p.chosen, o));
  surface.draw({ width: o.width, height: o.height, layers: drawn.map((d) => d.layer) }, (ctx) => {
    p.panels.forEach((panel, i) => {
      const edges = drawn[i]?.edges ?? [];
      if (p.focus && !(p.panels.length === 2 && i === 0)) drawBars(ctx, p, p.focus, panel, o.theme);
      if (p.series.length > 1) drawNames(ctx, p, edges, panel, o);
      if (p.settings.values) drawValues(ctx, edges, columnsOf(p), panel, o);
    });
  });
  return drawn;
}

/** The rows and columns that are looked at: over the base picture, which is hidden meanwhile. */
export function paintFocus(ctx: CanvasRenderingContext2D, p: Picture, focus: Focus, o: PaintOptions): DrawnLines | null {
  const panel = p.panels[p.panels.length - 1];
  if (!panel) return null;
  const edges = p.edges.filter((e) => focus.q.has(e.q) || focus.k.has(e.k));
  const drawn = linesOf(p, panel, edges, o);
  drawOnCanvas(ctx, { width: o.width, height: o.height, layers: [drawn.layer] });
  drawBars(ctx, p, focus, panel, o.theme);
  if (p.series.length > 1) drawNames(ctx, p, edges, panel, o);
  if (p.settings.values) drawValues(ctx, edges, columnsOf(p), panel, o);
  return drawn;
}

/** The chosen link: rings at its ends and its number, so that it is found again after a change of view. */
export function paintChosen(ctx: CanvasRenderingContext2D, p: Picture, at: { q: number; k: number }, lines: DrawnLines, o: PaintOptions): void {
  const panel = p.panels[p.panels.length - 1];
  const [yq, yk] = [rowY(p.q, at.q), rowY(p.k, at.k)];
  if (!panel || yq < p.q.top || yq > p.q.top + p.q.viewHeight || yk < p.k.top || yk > p.k.top + p.k.viewHeight) return;
  ctx.setLineDash([]);
  ctx.strokeStyle = headColours(o.theme)[TEXT_COLOUR] as string;
  ctx.lineWidth = 1.5;
  for (const [x, y] of [[panel.lineLeft, yq], [panel.lineRight, yk]] as const) {
    ctx.beginPath();
    ctx.arc(x, y, 4, 0, 2 * Math.PI);
    ctx.stroke();
  }
  const edge = lines.edges.find((e) => e.q === at.q && e.k === at.k);
  if (!edge) return;
  ctx.font = '600 11px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  halo(ctx, exact4(edge.weight), (panel.lineLeft + panel.lineRight) / 2, (yq + yk) / 2 - 8, headColours(o.theme)[TEXT_COLOUR] as string, o.theme);
}

/** The heaviest line of each head bears its name, where no other name stands. */
function drawNames(ctx: CanvasRenderingContext2D, p: Picture, edges: readonly Edge[], panel: PanelLayout, o: PaintOptions): void {
  const columns = columnsOf(p);
  const heaviest = new Map<number, Edge>();
  for (const e of edges) {
    const y = rowY(p.q, e.q);
    if (y >= p.q.top && y <= p.q.top + p.q.viewHeight) heaviest.set(e.series, e);
  }
  ctx.font = '600 11px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  const taken: { x: number; y: number; half: number }[] = [];
  for (const [series, e] of heaviest) {
    const s = p.series[series] as Series;
    const text = s.name.length > 24 ? `${s.name.slice(0, 23)}…` : s.name;
    const half = ctx.measureText(text).width / 2 + 4;
    const shift = laneOffset(series, p.series.length);
    const [y0, y1] = [rowY(p.q, e.q) + shift, keyY(columns, e.k) + shift];
    const at = (t: number): { x: number; y: number } => ({ x: panel.lineLeft + (panel.lineRight - panel.lineLeft) * t, y: y0 * (1 - t) + y1 * t });
    const free = ({ x, y }: { x: number; y: number }): boolean => taken.every((o) => Math.abs(o.y - y) > 14 || Math.abs(o.x - x) > o.half + half);
    const place = NAME_PLACES.map(at).find(free);
    if (!place) continue;
    taken.push({ ...place, half });
    halo(ctx, text, place.x, place.y, headColours(o.theme)[s.slot.colour] as string, o.theme);
  }
}

/** Along the line, from the middle outwards. */
const NAME_PLACES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88];

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
