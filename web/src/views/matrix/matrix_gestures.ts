// Pointers and wheel on the matrix: a click points out a cell, a drag pans, Shift-drag or the brush
// marks a rectangle, two fingers pinch and pan. Gestures decide what is meant; the view does it.

import type { Rect } from '../gl/scene';
import { spanned, type Point } from './lod';

/** A press that moves less is a click. */
const CLICK = 4;

/** Ctrl or Cmd adds to the pins, Alt names the other word of a link. */
export interface Held { add: boolean; link: boolean }

export interface GestureHost {
  plotAt(x: number, y: number): Rect | null;
  isBrush(): boolean;
  /** Pointer without a button. */
  point(at: Point): void;
  /** A press that stayed, with the keys held at its end. */
  pick(at: Point, held: Held): void;
  /** By so many CSS pixels. */
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  brush(rect: Rect | null): void;
  zoomToBrush(rect: Rect, plot: Rect): void;
}

interface Drag { from: Point; last: Point; plot: Rect; moved: boolean; brush: boolean }

export class MatrixGestures {
  private readonly pointers = new Map<number, Point>();
  private drag: Drag | null = null;

  constructor(private readonly host: GestureHost) {}

  down(id: number, at: Point, button: number, shift: boolean): boolean {
    const plot = this.host.plotAt(at.x, at.y);
    this.pointers.set(id, at);
    if (this.pointers.size === 2) this.drop();
    if (!plot || button !== 0 || this.pointers.size > 1) return this.pointers.size > 1;
    this.drag = { from: at, last: at, plot, moved: false, brush: shift || this.host.isBrush() };
    return true;
  }

  move(id: number, at: Point): void {
    const before = this.pointers.get(id);
    if (this.pointers.size === 2 && before) {
      this.pinch(id, before, at);
      return;
    }
    if (before) this.pointers.set(id, at);
    const { drag } = this;
    if (!drag) {
      this.host.point(at);
      return;
    }
    drag.moved ||= Math.hypot(at.x - drag.from.x, at.y - drag.from.y) >= CLICK;
    if (!drag.moved) return;
    if (drag.brush) this.host.brush(spanned(drag.from, at, drag.plot));
    else this.host.pan(at.x - drag.last.x, at.y - drag.last.y);
    drag.last = at;
  }

  up(id: number, at: Point, held: Held): void {
    this.pointers.delete(id);
    const { drag } = this;
    this.drag = null;
    this.host.brush(null);
    if (!drag) return;
    if (!drag.moved) this.host.pick(at, held);
    else if (drag.brush) {
      const rect = spanned(drag.from, at, drag.plot);
      if (rect.width > 3 && rect.height > 3) this.host.zoomToBrush(rect, drag.plot);
    }
  }

  /** The system took the pointer, or Escape was pressed. */
  cancel(id?: number): void {
    if (id === undefined) this.pointers.clear();
    else this.pointers.delete(id);
    this.drop();
  }

  private drop(): void {
    this.drag = null;
    this.host.brush(null);
  }

  /** Zoom at the middle of two fingers, and pan with it. */
  private pinch(id: number, before: Point, at: Point): void {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1] ?? at;
    const distance = (a: Point): number => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    this.pointers.set(id, at);
    this.host.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.host.zoom(distance(at) / distance(before), middle);
  }
}
