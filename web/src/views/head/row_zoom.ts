// The row height that fingers or a trackpad have pulled the rows to. It is the view's own, and goes
// when a density is chosen (docs/decisions/231-a-pinch-is-no-density.md).

import type { Density } from '../../base/state';
import { rowHeight, type ColumnLayout } from './layout';

const LARGEST_ROW = 48;

export class RowZoom {
  /** CSS pixels; null: as the density has it. */
  height: number | null = null;
  private density: Density | undefined;
  /** Where the columns are about to be, while the picture still has the rows of before. */
  private next = { q: 0, k: 0 };

  /** Another density, or another picture: its own row height. */
  take(density: Density): void {
    if (density !== this.density) this.height = null;
    this.density = density;
  }

  /**
   * Rows higher by a factor, with the row under `y` (of the stage) staying there. Returns the scroll positions that
   * this takes; null where the rows cannot be higher or lower.
   */
  by(factor: number, y: number, { q, k }: { q: ColumnLayout; k: ColumnLayout }, fontScale: number): { q: number; k: number } | null {
    const late = this.height !== null && this.height !== q.rowHeight;
    const from = late ? this.height as number : q.rowHeight;
    const least = Math.min(from, rowHeight('compact', q.count, q.viewHeight, fontScale), rowHeight('fit', Math.max(q.count, k.count), q.viewHeight, fontScale));
    const to = Math.min(LARGEST_ROW * fontScale, Math.max(least, from * factor));
    if (Math.abs(to - from) < 0.01) return null;
    this.height = to;
    const at = y - q.top;
    const scrolled = (scroll: number): number => Math.max(0, ((scroll + at) * to) / from - at);
    this.next = { q: scrolled(late ? this.next.q : q.scroll), k: scrolled(late ? this.next.k : k.scroll) };
    return this.next;
  }
}
