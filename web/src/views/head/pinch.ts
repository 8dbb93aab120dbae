// Fingers on the head view: two pan the columns and, as they part or close, make the rows higher or lower.

export interface PinchHost {
  /** By so many CSS pixels, as a wheel does. */
  scrollBy(dy: number): void;
  /** Rows higher by a factor, about a point of the page. */
  zoom(factor: number, y: number): void;
}

interface Point { x: number; y: number }

export class Pinch {
  private readonly pointers = new Map<number, Point>();

  constructor(private readonly host: PinchHost) {}

  down(id: number, at: Point): void { this.pointers.set(id, at); }

  move(id: number, at: Point): void {
    const before = this.pointers.get(id);
    if (!before) return;
    const from = this.distance();
    this.pointers.set(id, at);
    if (this.pointers.size !== 2) return;
    this.host.scrollBy((before.y - at.y) / 2);
    const [a, b] = [...this.pointers.values()] as [Point, Point];
    const factor = this.distance() / from;
    if (factor !== 1) this.host.zoom(factor, (a.y + b.y) / 2);
  }

  up(id: number): void { this.pointers.delete(id); }

  private distance(): number {
    const [a, b] = [...this.pointers.values()];
    return a && b ? Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) : 1;
  }
}
