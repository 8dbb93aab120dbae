// Which tiles the model view asks for, in which order. Up to 1024 tokens: one exact tile a head, a
// batch a grid row, visible rows first. Above (ui.md §4): first a preview of 64 evenly spaced
// queries of every head, then exact tiles, the heads nearest the pointer first, a few at a time, so
// that scrolling leaves little to cancel. Refinement can be stopped.

import type { Priority, Tile, TileSpec } from '../../base/tiles';
import { TileStore } from '../../ui/tile_store';
import type { GridCell } from './grid';

export const PREVIEW_QUERIES = 64;
const REFINE_BATCH = 4;
const REFINE_MOST = 8;

export interface Shown { tile: Tile; exact: boolean }

/** A head's exact tile made cheaper: only some of its queries are computed. */
export function previewOf(exact: TileSpec): TileSpec {
  const rows = exact.q1 - exact.q0;
  const outQ = exact.outQ === 1 ? PREVIEW_QUERIES : Math.min(exact.outQ || rows, PREVIEW_QUERIES);
  return { ...exact, outQ, preview: PREVIEW_QUERIES };
}

/** Nearest the pointer first; without one in reading order. */
export function byDistance(cells: readonly GridCell[], pointer: { row: number; col: number } | null): GridCell[] {
  if (!pointer) return [...cells];
  const distance = (c: GridCell): number => Math.hypot(c.row - pointer.row, c.col - pointer.col);
  return [...cells].sort((a, b) => distance(a) - distance(b));
}

export interface Plan {
  /** Trace id. */
  trace: string;
  long: boolean;
  spec: (name: string) => TileSpec;
  /** On screen, and one screen around, both in grid order. */
  visible: readonly GridCell[];
  near: readonly GridCell[];
  pointer: { row: number; col: number } | null;
  refine: boolean;
}

export class ModelTiles {
  constructor(private readonly store: TileStore, private readonly scope: string) {}

  shown(plan: Plan, name: string): Shown | undefined {
    const exact = this.store.peek(plan.trace, plan.spec(name));
    if (exact) return { tile: exact, exact: true };
    const preview = plan.long ? this.store.peek(plan.trace, previewOf(plan.spec(name))) : undefined;
    return preview && { tile: preview, exact: false };
  }

  /** `masks`: what else the picture is read off; it comes after the previews. */
  request(plan: Plan, masks: readonly TileSpec[] = []): void {
    const { store, scope } = this;
    const seen = new Set(plan.visible.map((c) => c.name));
    const first = (name: string): TileSpec => (plan.long ? previewOf(plan.spec(name)) : plan.spec(name));
    const wanted = plan.near.map((c) => first(c.name));
    if (plan.long && plan.refine) wanted.push(...plan.visible.map((c) => plan.spec(c.name)));
    store.keepOnly(scope, new Set([...wanted, ...masks].map((s) => TileStore.key(plan.trace, s))));
    for (const cells of rowsOf(plan.near.filter((c) => !this.shown(plan, c.name)))) {
      const priority: Priority = cells.some((c) => seen.has(c.name)) ? 1 : 2;
      store.request(plan.trace, cells.map((c) => first(c.name)), priority, scope);
    }
    if (masks.length > 0) store.request(plan.trace, masks, 2, scope);
    if (plan.long && plan.refine) this.refine(plan);
  }

  private refine(plan: Plan): void {
    if (plan.visible.some((c) => !this.shown(plan, c.name))) return;
    const open = plan.visible.filter((c) => this.store.peek(plan.trace, plan.spec(c.name)) === undefined);
    let waiting = open.filter((c) => this.store.waiting(plan.trace, plan.spec(c.name))).length;
    const next = byDistance(open.filter((c) => !this.store.waiting(plan.trace, plan.spec(c.name))), plan.pointer);
    while (next.length > 0 && waiting < REFINE_MOST) {
      const batch = next.splice(0, REFINE_BATCH);
      waiting += batch.length;
      this.store.request(plan.trace, batch.map((c) => plan.spec(c.name)), 3, this.scope);
    }
  }
}

export function rowsOf(cells: readonly GridCell[]): GridCell[][] {
  const rows = new Map<number, GridCell[]>();
  for (const cell of cells) {
    const row = rows.get(cell.row);
    if (row) row.push(cell);
    else rows.set(cell.row, [cell]);
  }
  return [...rows.values()];
}
