// Fingers on the head view: two pan the columns and, as they part or close, step through the row heights.

import type { Density } from '../../base/state';

const DENSITIES: readonly Density[] = ['fit', 'compact', 'comfortable'];
/** Fingers this much further apart, or closer, take the next row height. */
const STEP = 1.35;

export interface PinchHost {
  /** By so many CSS pixels, as a wheel does. */
  scrollBy(dy: number): void;
  /** +1: higher rows. */
  density(step: 1 | -1): void;
}

interface Point { x: number; y: number }

export class Pinch {
  private readonly pointers = new Map<number, Point>();
  /** Distance that the last step was taken at. */
  private from = 0;

  constructor(private readonly host: PinchHost) {}

  down(id: number, at: Point): void {
    this.pointers.set(id, at);
    this.from = this.distance();
  }

  move(id: number, at: Point): void {
    const before = this.pointers.get(id);
    if (!before) return;
    this.pointers.set(id, at);
    if (this.pointers.size !== 2) return;
    this.host.scrollBy((before.y - at.y) / 2);
    const distance = this.distance();
    if (distance > this.from * STEP || distance < this.from / STEP) {
      this.host.density(distance > this.from ? 1 : -1);
      this.from = distance;
    }
  }

  up(id: number): void { this.pointers.delete(id); }

  private distance(): number {
    const [a, b] = [...this.pointers.values()];
    return a && b ? Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) : 1;
  }
}

/** The next row height in a direction; the same at the end. */
export function nextDensity(now: Density, step: 1 | -1): Density {
  return DENSITIES[Math.min(DENSITIES.length - 1, Math.max(0, DENSITIES.indexOf(now) + step))] as Density;
}
