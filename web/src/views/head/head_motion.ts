// How the head view is moved: wheel, fingers and scrollbars scroll the two columns or change the height of
// their rows; when that rests, tiles are asked for and the place goes into the state.

import type { Scroll } from '../../base/state';
import type { Side } from '../../ui/axes';
import { ColumnScroll } from './column_scroll';
import type { Picture } from './head_paint';
import { rootFontScale } from './head_plan';
import { overflows, scrollTo } from './layout';
import { Pinch } from './pinch';
import { RowZoom } from './row_zoom';

const ASK_REST = 60;
const PLACE_REST = 150;
/** Pixels of a wheel with Ctrl for rows e times as high. */
const WHEEL_ZOOM = 300;

export interface MotionHost {
  /** Columns scroll apart. */
  readonly unlinked: boolean;
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly updateComplete: Promise<boolean>;
  requestUpdate(): void;
  /** On screen, and as the settings want it, whether its numbers have come or not. */
  pictures(): { current: Picture | undefined; next: Picture | undefined };
  rested(name: string, ms: number, act: () => void): void;
  /** Into the state, so that it survives a change of view and travels in the link. */
  keepPlace(scroll: Scroll): void;
}

export class HeadMotion {
  readonly scroll: ColumnScroll;
  readonly rows = new RowZoom();
  /** Tiles wait until scrolling rests. */
  scrolling = false;
  private readonly pinch = new Pinch({ scrollBy: (dy) => { this.scroll.by(dy); }, zoom: (factor, y) => { this.zoomRows(factor, y); } });

  constructor(private readonly host: MotionHost) {
    this.scroll = new ColumnScroll(() => [...host.renderRoot.querySelectorAll<HTMLElement>('.column')], () => host.unlinked);
  }

  scrolled(side: Side, element: HTMLElement): void {
    const { host } = this;
    if (!this.scroll.follow(side, element)) return;
    this.scrolling = true;
    host.requestUpdate();
    host.rested('ask', ASK_REST, () => { this.scrolling = false; host.requestUpdate(); });
    host.rested('place', PLACE_REST, () => {
      const { next } = host.pictures();
      const place = next && this.scroll.place(next);
      if (place) host.keepPlace(place);
    });
  }

  /** Over the lines the wheel scrolls both columns; with Ctrl, as a trackpad's pinch, it changes the row height. */
  wheel(event: WheelEvent): void {
    if ((event.target as HTMLElement).closest('.sheet')) return;
    const { current } = this.host.pictures();
    if (event.ctrlKey) {
      event.preventDefault();
      this.zoomRows(Math.exp(-event.deltaY / WHEEL_ZOOM), event.clientY);
    } else if (!(event.target as HTMLElement).closest('.column') && current && overflows(current)) {
      this.scroll.by(event.deltaY);
      event.preventDefault();
    }
  }

  finger(event: PointerEvent): void {
    if (event.pointerType !== 'touch') return;
    const at = { x: event.clientX, y: event.clientY };
    if (event.type === 'pointerdown') this.pinch.down(event.pointerId, at);
    else if (event.type === 'pointermove') this.pinch.move(event.pointerId, at);
    else this.pinch.up(event.pointerId);
  }

  /** y: of the page. */
  private zoomRows(factor: number, y: number): void {
    const { host } = this;
    const stage = host.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const { current } = host.pictures();
    const to = current && stage ? this.rows.by(factor, y - stage.top, current, rootFontScale()) : null;
    if (!to) return;
    host.requestUpdate();
    // The columns have their new height only then.
    void host.updateComplete.then(() => { for (const side of ['q', 'k'] as const) this.scroll.to(side, to[side]); });
  }

  /** Brings a row into view, moving as little as possible. */
  show(side: Side, index: number): void {
    const { current } = this.host.pictures();
    if (current) this.scroll.to(side, scrollTo(current[side], index));
  }
}
