// Beside the other column of what is looked at: a bar for each head's weight, and a hatch beside the
// tokens that the layer does not let it see.

import type { AxisItem } from '../../ui/axes';
import { NEGATIVE_COLOUR, headColours, type Series } from '../../ui/identity';
import { BAR_LENGTH, strength } from '../../ui/ink';
import type { Focus } from '../../ui/pins';
import type { RampTheme } from '../../ui/ramps';
import { DASHES, NEGATIVE_DASH } from '../gl/scene';
import { rowMaximum, type RowData } from './edges';
import type { Picture } from './head_paint';
import { signColour } from './head_scene';
import { rowY, visibleRows, type PanelLayout } from './layout';

const UNSEEN_WIDTH = 14;

/** Outer end of a column's text, the direction that bars go in, and how far. */
function barPlace(side: 'q' | 'k', panel: PanelLayout): { x: number; towards: 1 | -1; room: number } {
  return side === 'k' ? { x: panel.lineRight + panel.textWidth + 2, towards: 1, room: Math.max(0, panel.barsRight - 8) }
    : { x: panel.lineLeft - panel.textWidth - 2, towards: -1, room: Math.max(0, panel.barsLeft - 8) };
}

export function drawBars(ctx: CanvasRenderingContext2D, p: Picture, focus: Focus, panel: PanelLayout, theme: RampTheme): void {
  const colours = headColours(theme);
  const m = p.series.length;
  const thickness = Math.max(1, Math.min(6, (p.q.rowHeight - 2) / m - 0.5));
  const bar = (side: 'q' | 'k', index: number, series: number, s: number, negative: boolean): void => {
    const own = (p.series[series] as Series).slot;
    const slot = negative ? { colour: signColour(p.series, own.colour, NEGATIVE_COLOUR), dash: NEGATIVE_DASH } : own;
    const y = rowY(p[side], index) + (series - (m - 1) / 2) * (thickness + 0.5);
    if (y < p[side].top || y > p[side].top + p[side].viewHeight) return;
    const { x, towards, room } = barPlace(side, panel);
    const length = Math.min(BAR_LENGTH, room) * s;
    if (length <= 0) return;
    ctx.strokeStyle = colours[slot.colour] as string;
    ctx.lineWidth = thickness;
    ctx.setLineDash(DASHES[slot.dash] as number[]);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + towards * length, y);
    ctx.stroke();
  };
  p.rows.forEach((map, series) => {
    const seen = visibleRows(p.k);
    const at = (row: RowData, k: number): number => { const v = row.values[k - row.first] ?? 0; return Number.isFinite(v) ? v : 0; };
    const of = (value: number, row: RowData): number => strength(value / p.largest, p.settings.scale, rowMaximum(row) / p.largest);
    // Several pinned queries: the bar shows the largest, so that bars never pile up beyond 1.
    if (focus.q.size > 0) for (let k = seen.first; k < seen.end; k++) {
      let [most, s] = [0, 0];
      for (const q of focus.q) {
        const row = map.get(q);
        if (row && Math.abs(at(row, k)) > Math.abs(most)) [most, s] = [at(row, k), of(at(row, k), row)];
      }
      if (s > 0) bar('k', k, series, s, most < 0);
    }
    if (focus.k.size > 0) for (const [q, row] of map) {
      let [most, s] = [0, 0];
      for (const k of focus.k) if (Math.abs(at(row, k)) > Math.abs(most)) [most, s] = [at(row, k), of(at(row, k), row)];
      if (s > 0) bar('q', q, series, s, most < 0);
    }
  });
  drawUnseen(ctx, p, focus, panel, theme);
}

/** Of one query the keys that no drawn layer lets it see; of one key the queries that do not see it. */
function drawUnseen(ctx: CanvasRenderingContext2D, p: Picture, focus: Focus, panel: PanelLayout, theme: RampTheme): void {
  if (focus.q.size + focus.k.size !== 1) return;
  const { hides, sees } = p.sight;
  if (!hides) return;
  const side = focus.q.size === 1 ? 'k' : 'q';
  const [own] = focus.q.size === 1 ? focus.q : focus.k;
  const at = p.axes[side === 'k' ? 'q' : 'k'][own as number] as AxisItem;
  const seen = visibleRows(p[side]);
  const { x, towards, room } = barPlace(side, panel);
  const width = Math.min(UNSEEN_WIDTH, room);
  const left = towards === 1 ? x : x - width;
  const height = p[side].rowHeight;
  ctx.save();
  ctx.beginPath();
  for (let i = seen.first; i < seen.end; i++) {
    const other = p.axes[side][i] as AxisItem;
    if (!(side === 'k' ? sees(at, other) : sees(other, at))) ctx.rect(left, rowY(p[side], i) - height / 2, width, height);
  }
  ctx.clip();
  ctx.strokeStyle = theme === 'light' ? 'rgb(122 133 148 / .7)' : 'rgb(124 136 150 / .8)';
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  ctx.beginPath();
  for (let y = p[side].top - UNSEEN_WIDTH; y < p[side].top + p[side].viewHeight + UNSEEN_WIDTH; y += 5) {
    ctx.moveTo(left, y + UNSEEN_WIDTH);
    ctx.lineTo(left + UNSEEN_WIDTH, y);
  }
  ctx.stroke();
  ctx.restore();
}
