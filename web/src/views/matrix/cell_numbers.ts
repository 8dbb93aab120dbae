// The numbers under the matrix's cursor. A pooled pixel is first said as it is drawn; the weights behind
// it are asked for when the pointer stays, and change no picture when they come.

import { TileStore, type TileSpec } from '../../ui/tile_store';
import { blockSpec, valueAt, type MatrixSource } from './matrix_data';
import { blockOf, isSingle, readout, type Block } from './matrix_words';
import type { Cell } from './matrix_plan';

export class CellNumbers {
  /** The pooled pixel under the pointer, by the key of the weights behind it. */
  private pixel = '';
  /** Weights that were asked for and have not come. */
  private readonly asked = new Map<string, TileSpec>();

  /** stays: calls back once the pointer has rested. */
  constructor(private readonly stays: (act: () => void) => void, private readonly request: (spec: TileSpec) => void) {}

  /** Of the cell, as finely as it is shown, for every plot. */
  text(source: MatrixSource, at: Cell): string {
    return source.series.map((series, i) => {
      const hit = valueAt(source, series, at.q, at.k);
      let block: Block | null = null;
      if (hit && !isSingle(hit)) {
        const spec = blockSpec(source, series, hit);
        const tile = source.store.peek(source.trace.id, spec);
        if (tile) block = blockOf(tile, hit);
        else if (i === 0) this.ask(TileStore.key(source.trace.id, spec), spec);
      }
      return readout(series.name, hit, block, source.axes, source.settings.pool);
    }).join(' · ');
  }

  private ask(key: string, spec: TileSpec): void {
    if (this.pixel === key) return;
    this.pixel = key;
    this.stays(() => {
      if (this.pixel !== key) return;
      this.asked.set(key, spec);
      this.request(spec);
    });
  }

  /** What must not be taken back while it is on its way. */
  get wanted(): TileSpec[] { return [this.asked.get(this.pixel) ?? []].flat(); }

  /** Tiles came, or failed: how many of those asked for here, and how many are there now. */
  take(store: TileStore, trace: string): { settled: number; came: number } {
    const counts = { settled: 0, came: 0 };
    for (const [key, spec] of this.asked) {
      if (store.waiting(trace, spec)) continue;
      this.asked.delete(key);
      counts.settled++;
      if (store.peek(trace, spec)) counts.came++;
    }
    return counts;
  }
}
