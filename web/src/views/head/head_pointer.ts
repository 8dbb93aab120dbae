// What the pointer finds on the head view's stage: the line under it, and what the tip then says.

import { sideTokens } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import type { TileStore } from '../../ui/tile_store';
import type { Edge } from './edges';
import type { DrawnLines, Picture } from './head_paint';
import { lineAt } from './head_scene';
import type { TokenRef } from './head_template';
import { edgeText, tokenNumbers } from './head_text';
import type { Tip } from './head_tip';

export interface LineUnder { x: number; y: number; edge: Edge | undefined }

/** stage: the box on the page. */
export function lineUnder(event: MouseEvent, stage: DOMRect | undefined, drawn: DrawnLines | undefined): LineUnder {
  const [x, y] = [event.clientX - (stage?.left ?? 0), event.clientY - (stage?.top ?? 0)];
  return { x, y, edge: drawn?.edges[lineAt(drawn.layer, x, y)] };
}

export function tipOfLine(tip: Tip, p: Picture, { x, y }: LineUnder, edge: Edge): void {
  tip.show(x + 12, y + 14, edgeText(edge, p.series[edge.series]?.name ?? '', p.rows[edge.series]?.get(edge.q), p.axes.q, p.axes.k, p.ranges));
}

/** Beside the token, over the lines: no word is covered. */
export function tipOfToken(tip: Tip, p: Picture, at: TokenRef, store: TileStore | undefined): void {
  const item = p.axes[at.side][at.index];
  const panel = p.panels[p.panels.length - 1];
  if (!item || !panel) return;
  const layout = p[at.side];
  const list = sideTokens(p.trace, p.settings.stack, at.side);
  const raw = item.end - item.first === 1 ? list.raw?.[item.first] : undefined;
  const text = tokenText(item.text);
  const named = raw !== undefined && raw !== text ? `${text} (${raw})` : text;
  tip.show(at.side === 'q' ? panel.lineLeft + 10 : panel.lineRight - 250, layout.top + (at.index + 1) * layout.rowHeight - layout.scroll + 2,
    `${named} · position ${item.first} · id ${list.ids[item.first] ?? '–'}. ${tokenNumbers(at, p, store)}`);
}

/** The tokens that a line joins; null where it leads to no token. */
export function linkOf(p: Picture | undefined, edge: Edge | undefined): { q: number; k: number } | null {
  const q = edge && p?.axes.q[edge.q]?.first;
  const k = edge && p?.axes.k[edge.k]?.first;
  return q === undefined || k === undefined ? null : { q, k };
}
