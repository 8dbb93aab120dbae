// Traces that the server lost — dropped for room, or gone with its process — are made again when
// something is asked of them. A trace's id is a hash of its content, so the same text on the same
// model, or the same file, is the same trace, and nobody who asked needs to know
// (docs/decisions/093-lost-traces.md).

import type { TraceEntry, TraceId } from './engine';

const REMEMBERED = 64;

export class Revival {
  private readonly makers = new Map<TraceId, () => Promise<TraceEntry>>();
  private readonly coming = new Map<TraceId, Promise<boolean>>();

  /** How to make it again: its run, or its file. */
  remember(id: TraceId, make: () => Promise<TraceEntry>): void {
    this.makers.delete(id);
    this.makers.set(id, make);
    const [oldest] = this.makers.keys();
    if (this.makers.size > REMEMBERED && oldest !== undefined) this.makers.delete(oldest);
  }

  /** Whether the server holds the trace once more; rejects as its maker does. One making for all who wait. */
  again(id: TraceId): Promise<boolean> {
    const make = this.makers.get(id);
    if (!make) return Promise.resolve(false);
    let coming = this.coming.get(id);
    if (!coming) {
      coming = make().then((made) => made.id === id).finally(() => this.coming.delete(id));
      this.coming.set(id, coming);
    }
    return coming;
  }
}
