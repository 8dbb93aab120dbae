// Where the two columns are scrolled to: linked or apart, kept in the state by the token in the first
// row, and brought to a pin that is new and out of sight.

import type { Scroll, ViewSettings } from '../../base/state';
import { axisIndex, type Side } from '../../ui/axes';
import type { PictureAxes } from '../../ui/picture_axes';
import { parsePin } from '../../ui/pins';
import { isVisible, scrollToMiddle, visibleRows, type ColumnLayout } from './layout';

const SIDES = ['q', 'k'] as const;

export interface Scrolled { settings: ViewSettings; axes: PictureAxes; q: ColumnLayout; k: ColumnLayout }

export class ColumnScroll {
  /** CSS pixels. */
  readonly offset = { q: 0, k: 0 };
  /** The place that the state has, as last sent or taken, and pins that have been seen. */
  private known = { scroll: '', pins: '' };
  private pending: { q: number; k: number } | null = null;

  /** columns: all of them; of two panels there are four. */
  constructor(private readonly columns: () => readonly HTMLElement[], private readonly apart: () => boolean) {}

  column(side: Side): HTMLElement | null { return this.columns().find((c) => c.dataset['side'] === side) ?? null; }

  /** A place that is not our own: a link, undo, or the view is new. */
  take(settings: ViewSettings, axes: PictureAxes): void {
    const scroll = JSON.stringify(settings.scroll);
    if (scroll === this.known.scroll) return;
    const first = this.known.scroll === '';
    this.known.scroll = scroll;
    const row = (side: Side): number => Math.max(0, axisIndex(axes[side], settings.scroll[side]));
    this.pending = { q: row('q'), k: row('k') };
    if (first && this.pending.q + this.pending.k > 0) this.known.pins = settings.pins.join();
  }

  /** In another place the columns begin at the top: the place of the state is gone to again. */
  forget(): void { this.known = { scroll: '', pins: '' }; }

  /** A column was scrolled: its fellows go along. False where nothing has moved. */
  follow(side: Side, element: HTMLElement): boolean {
    if (this.offset[side] === element.scrollTop) return false;
    this.offset[side] = element.scrollTop;
    for (const other of this.columns()) {
      const otherSide = other.dataset['side'] as Side;
      if (other === element || (this.apart() && otherSide !== side)) continue;
      if (other.scrollTop !== element.scrollTop) other.scrollTop = element.scrollTop;
      this.offset[otherSide] = other.scrollTop;
    }
    return true;
  }

  to(side: Side, top: number): void {
    const element = this.column(side);
    if (element && Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
  }

  by(dy: number): void {
    const element = this.column('k');
    if (element) element.scrollTop += dy;
  }

  /** To the place of the state, or to a new pin. */
  go(p: Scrolled): void {
    const { pending } = this;
    this.pending = null;
    if (pending) for (const side of SIDES) this.to(side, pending[side] * p[side].rowHeight);
    const pins = p.settings.pins.join();
    if (pins === this.known.pins) return;
    const before = this.known.pins.split(',');
    this.known.pins = pins;
    for (const text of p.settings.pins) {
      const pin = parsePin(text);
      const index = pin && !before.includes(text) ? axisIndex(p.axes[pin.side], pin.token) : -1;
      if (pin && index >= 0 && !isVisible(p[pin.side], index)) this.to(pin.side, scrollToMiddle(p[pin.side], index));
    }
  }

  /** For the state; null where it has this place already. */
  place(p: Scrolled): Scroll | null {
    const first = (side: Side): number => (p[side].scroll > 0 ? p.axes[side][visibleRows(p[side]).first]?.first ?? 0 : 0);
    const scroll = { q: first('q'), k: first('k') };
    this.known.scroll = JSON.stringify(scroll);
    return JSON.stringify(p.settings.scroll) === this.known.scroll ? null : scroll;
  }
}
