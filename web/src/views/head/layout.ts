// Where rows, columns, lanes and buckets lie. CSS pixels; y grows downwards; pure functions.

import { BAR_LENGTH } from '../../ui/ink';

import type { Density } from '../../base/state';

export type { Density };

/** Longest text that Fit can still show in one screen. */
export const FIT_MAX_TOKENS = 1024;
export const MAX_DOM_ROWS = 80;
/** Room above and below the rows for the buckets of a long input: slots of 3 px, a tenth of the stage at most. */
const BUCKET_HEIGHT = 3;
const MOST_ROOM = 1 / 10;
export function bucketSlot(count: number, stageHeight: number): number {
  return count === 0 ? 0 : Math.min(BUCKET_HEIGHT, (stageHeight * MOST_ROOM) / count);
}

export interface ColumnLayout {
  count: number;
  rowHeight: number;
  /** Height of the rows' part of the viewport. */
  viewHeight: number;
  scroll: number;
  /** y of the rows' part inside the stage (room of the buckets above). */
  top: number;
  /** Height of one bucket. */
  slot: number;
}

/** Rows of a short text spread over a high window, to here at most. */
const MOST_ROW = 36;

export function rowHeight(density: Density, count: number, viewHeight: number, fontScale = 1): number {
  if (density === 'fit' && count <= FIT_MAX_TOKENS) return Math.min(24 * fontScale, viewHeight / Math.max(1, count));
  if (density === 'comfortable') return Math.max(24, Math.min(MOST_ROW, Math.floor(viewHeight / fontScale / Math.max(1, count)))) * fontScale;
  return 16 * fontScale;
}

/** Size of a token's letters in a row (or in the rows that one label stands for), px. */
export function tokenFont(height: number): number { return Math.max(9, Math.min(16, height * 0.6)); }

export function contentHeight(column: ColumnLayout): number { return column.count * column.rowHeight; }
export function maxScroll(column: ColumnLayout): number { return Math.max(0, contentHeight(column) - column.viewHeight); }

interface Columns { q: ColumnLayout; k: ColumnLayout }
export function overflows({ q, k }: Columns): boolean { return maxScroll(q) > 0 || maxScroll(k) > 0; }

/** Only a row or two are out of sight. */
export function nearlyFits(p: Columns): boolean {
  const hidden = [p.q, p.k].map((column) => { const v = visibleRows(column); return column.count - (v.end - v.first); });
  return overflows(p) && Math.max(...hidden) <= 2;
}

/** Middle of a row in the stage. */
export function rowY(column: ColumnLayout, index: number): number {
  return column.top + (index + 0.5) * column.rowHeight - column.scroll;
}

/** Rows that are at least half inside the viewport: [first, end). */
export function visibleRows(column: ColumnLayout): { first: number; end: number } {
  const first = Math.max(0, Math.ceil(column.scroll / column.rowHeight - 0.5));
  const end = Math.min(column.count, Math.floor((column.scroll + column.viewHeight) / column.rowHeight + 0.5));
  return { first, end: Math.max(first, end) };
}

/** Rows that get an element: the visible ones and a margin, every `step`-th where they are too thin. */
export function domRows(column: ColumnLayout): { first: number; end: number; step: number } {
  const step = Math.max(1, Math.ceil(11 / column.rowHeight));
  const seen = visibleRows(column);
  const shown = Math.ceil((seen.end - seen.first) / step);
  const margin = Math.max(0, Math.min(10, Math.floor((MAX_DOM_ROWS - shown) / 2))) * step;
  const first = Math.max(0, Math.floor((seen.first - margin) / step) * step);
  const end = Math.min(column.count, seen.end + margin, first + MAX_DOM_ROWS * step);
  return { first, end, step };
}

export function rowAt(column: ColumnLayout, y: number): number {
  const index = Math.floor((y - column.top + column.scroll) / column.rowHeight);
  return y >= column.top && y < column.top + column.viewHeight && index >= 0 && index < column.count ? index : -1;
}

/** Scroll position that puts a row in the middle. */
export function scrollToMiddle(column: ColumnLayout, index: number): number {
  return Math.min(maxScroll(column), Math.max(0, (index + 0.5) * column.rowHeight - column.viewHeight / 2));
}

export function isVisible(column: ColumnLayout, index: number): boolean {
  const seen = visibleRows(column);
  return index >= seen.first && index < seen.end;
}

/** Scroll position that brings a row into view, moving as little as possible. */
export function scrollTo(column: ColumnLayout, index: number): number {
  const y = index * column.rowHeight;
  if (y < column.scroll) return Math.max(0, y);
  if (y + column.rowHeight > column.scroll + column.viewHeight) return Math.min(maxScroll(column), y + column.rowHeight - column.viewHeight);
  return column.scroll;
}

/** Middle of a bucket's slot above or below the rows. */
export function bucketY(column: ColumnLayout, where: 'above' | 'below', index: number, count: number): number {
  if (where === 'above') return column.top - (count - index - 0.5) * column.slot;
  return column.top + column.viewHeight + (index + 0.5) * column.slot;
}

export interface PanelLayout {
  left: number;
  width: number;
  /** Room for bars left of the query column and right of the key column. */
  barsLeft: number;
  barsRight: number;
  textWidth: number;
  /** Ends of the lines. */
  lineLeft: number;
  lineRight: number;
}

export const BAR_ROOM = BAR_LENGTH + 8;
const MAX_LINE_ROOM = 640;
const MIN_LINE_ROOM = 90;
/** Bars give way to lines that are shorter than this, words only to those under the least. */
const GOOD_LINE_ROOM = 220;
/** Bars of a narrow panel: words come first. */
const MIN_BAR_ROOM = 20;

/** Sides of a panel that bars may stand on. */
export interface BarSides { left: boolean; right: boolean }
export const BOTH_SIDES: BarSides = { left: true, right: true };

/** Splits the width into panels of text, lines and bars; the picture keeps a readable width, centred. */
export function panelLayout(width: number, panels: number, textWidth: number, bars: readonly BarSides[] = []): PanelLayout[] {
  const gap = panels > 1 ? 24 : 0;
  const each = (width - gap * (panels - 1)) / panels;
  return Array.from({ length: panels }, (_, i) => {
    const sides = bars[i] ?? BOTH_SIDES;
    const count = (sides.left ? 1 : 0) + (sides.right ? 1 : 0);
    const text = Math.min(textWidth, Math.max(56, (each - count * MIN_BAR_ROOM - MIN_LINE_ROOM) / 2));
    const most = count === 0 ? 0 : Math.max(0, (each - 2 * text - MIN_LINE_ROOM) / count);
    const good = count === 0 ? 0 : Math.max(MIN_BAR_ROOM, (each - 2 * text - GOOD_LINE_ROOM) / count);
    const bar = Math.min(BAR_ROOM, most, good);
    const lines = Math.min(MAX_LINE_ROOM, Math.max(MIN_LINE_ROOM, each - 2 * text - count * bar));
    const used = lines + 2 * text + count * bar;
    const left = i * (each + gap) + Math.max(0, (each - used) / 2);
    const barsLeft = sides.left ? bar : 0;
    return { left, width: used, barsLeft, barsRight: sides.right ? bar : 0, textWidth: text,
             lineLeft: left + barsLeft + text, lineRight: left + barsLeft + text + lines };
  });
}
