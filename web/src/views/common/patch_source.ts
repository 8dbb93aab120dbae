// From a view to the picture beside it: its bytes, asked once a trace, and what of it is marked.

import type { ReactiveControllerHost } from 'lit';
import { patchOf, type Pixels } from '../../base/patches';
import { sideTokens, type TraceInfo } from '../../base/trace_info';
import type { AxisItem, Side } from '../../ui/axes';
import { Latest } from '../../ui/latest';
import type { PictureAxes } from '../../ui/picture_axes';
import type { ViewEngine } from '../../ui/types';
import type { PatchMarks } from './patch_picture';

export class PatchSource {
  private readonly pictures: Latest<Pixels>;
  constructor(host: ReactiveControllerHost) { this.pictures = new Latest<Pixels>(host); }

  /** null until it has come, and where the trace has none. */
  ask(engine: ViewEngine | undefined, trace: TraceInfo | undefined): Pixels | null {
    const there = engine?.picture && trace?.picture ? trace.id : '';
    this.pictures.ask(there, (signal) => (engine as Required<ViewEngine>).picture(there, { signal }));
    return this.pictures.value ?? null;
  }

  get busy(): boolean { return this.pictures.busy; }
}

/** row: the weights of the query's row, one an item of the key axis; null where they have not come. */
export function patchMarks(trace: TraceInfo, stack: string, axes: PictureAxes, at: { q: number | null; k: number | null },
  row: ArrayLike<number> | null): PatchMarks | null {
  const { picture } = trace;
  if (!picture) return null;
  const patch = (side: Side, index: number | null): number | null => {
    const item: AxisItem | undefined = index === null ? undefined : axes[side][index];
    return item ? patchOf(sideTokens(trace, stack, side), item.first) : null;
  };
  let heat: Float32Array | null = null;
  if (row) {
    heat = new Float32Array(picture.rows * picture.columns);
    for (let k = 0; k < axes.k.length; k++) {
      const own = patch('k', k);
      const value = row[k] ?? 0;
      if (own !== null && own < heat.length && Number.isFinite(value)) heat[own] = Math.abs(value);
    }
  }
  return { query: patch('q', at.q), key: patch('k', at.k), heat };
}
