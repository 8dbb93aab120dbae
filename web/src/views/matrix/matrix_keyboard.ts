// The matrix by keyboard: a cursor that arrows move, Enter that chooses its cell, a brush that two
// corners span, zoom about the cursor.

import type { Zoom } from '../../base/state';
import type { Side } from '../../ui/axes';
import type { PictureAxes } from '../../ui/picture_axes';
import type { Rect } from '../gl/scene';
import type { Camera, Shape } from './camera';
import type { CellActs } from './cell_acts';
import { between, rectOf } from './lod';
import type { matrixKey } from './matrix_keys';
import type { Cell } from './matrix_plan';

export const ZOOM_STEP = 1.5;

/** What the keyboard asks of the view. */
export interface KeyboardHost {
  cursor: Cell | null;
  /** The next drag, or the next two corners, mark a rectangle to zoom into. */
  brushMode: boolean;
  readonly camera: Camera;
  readonly acts: CellActs;
  axes(): PictureAxes;
  shape(): Shape;
  /** Where zoom and keys act. */
  firstPlot(): Rect;
  /** The chosen link as a cell; null where it is not in the picture. */
  chosen(axes: PictureAxes): Cell | null;
  zoomBy(factor: number): void;
  zoomTo(zoom: Zoom): void;
  fit(): void;
  moved(): void;
  brush(rect: Rect | null): void;
  openMenu(at: { side: Side; token: number; x: number; y: number }): void;
  /** The cursor has moved: what it says, and the link that follows it once it rests. */
  cursorMoved(to: Cell): void;
}

export class MatrixKeyboard {
  private corner: Cell | null = null;

  constructor(private readonly host: KeyboardHost) {}

  toggleBrush(): void {
    const { host } = this;
    host.brushMode = !host.brushMode;
    this.corner = host.brushMode ? host.cursor : null;
  }

  act(key: NonNullable<ReturnType<typeof matrixKey>>, stage: HTMLElement): void {
    const { host } = this;
    const at = host.cursor ?? host.chosen(host.axes()) ?? { q: 0, k: 0 };
    if (typeof key === 'object') this.moveCursor({ q: at.q + key.move[0], k: at.k + key.move[1] });
    else if (key === 'choose') this.enter(at);
    else if (key === 'menu') this.menu(at, stage);
    else if (key === 'zoom-in') host.zoomBy(ZOOM_STEP);
    else if (key === 'zoom-out') host.zoomBy(1 / ZOOM_STEP);
    else if (key === 'fit') host.fit();
    else this.toggleBrush();
  }

  /** With the brush: zooms to what the arrows spanned; else pins. */
  private enter(c: Cell): void {
    const { host, corner } = this;
    if (!host.brushMode || !corner) {
      host.acts.choose(c);
      return;
    }
    this.toggleBrush();
    host.brush(null);
    host.zoomTo(between(c, corner));
  }

  private menu(c: Cell, stage: HTMLElement): void {
    const { host } = this;
    const { view } = host.camera;
    if (!view || !host.axes().q[c.q]) return;
    const box = stage.getBoundingClientRect();
    const at = host.camera.pointOf(c, host.firstPlot());
    host.openMenu({ side: 'q', token: host.acts.token('q', c.q), x: box.left + at.x, y: box.top + at.y + view.cell / 2 });
  }

  private moveCursor(to: Cell): void {
    const { host } = this;
    const { rows, cols } = host.shape();
    if (to.q < 0 || to.k < 0 || to.q >= rows || to.k >= cols) return;
    host.cursor = to;
    this.corner ??= host.brushMode ? to : null;
    if (host.camera.reveal(to, host.firstPlot())) host.moved();
    host.cursorMoved(to);
    this.showBrush();
  }

  /** What the brush spans so far. */
  private showBrush(): void {
    const { host, corner } = this;
    const { cursor, camera: { view } } = host;
    if (!host.brushMode || !view || !corner || !cursor) return;
    host.brush(rectOf(between(corner, cursor), host.firstPlot(), view));
  }
}
