// Traces that the server lost — dropped for room, or gone with its process — are made again from their
// texts when something is asked of them. A trace's id is a hash of its content, so the same text on the
// same model is the same trace, and nobody who asked needs to know.

import type { EngineInfo, RunInput, TraceEntry, TraceId } from './engine';

const REMEMBERED = 64;

export interface Maker { info: () => Promise<Pick<EngineInfo, 'loading'>>; run: (input: RunInput) => Promise<TraceEntry> }

export class Revival {
  private readonly inputs = new Map<TraceId, RunInput>();
  private readonly coming = new Map<TraceId, Promise<boolean>>();

  /** pause: ms between two looks at a server that still reads its model. */
  constructor(private readonly maker: Maker, private readonly pause = 300) {}

  /** Of a run's answer, or of a run that another page made. */
  remember({ id, source, model, query, settings }: TraceEntry): void {
    if (source !== 'run' || query.text_a === undefined) return;
    const { ablations, masked, truncated, zero_segment_ids } = settings;
    this.inputs.delete(id);
    this.inputs.set(id, { model: model.name, a: query.text_a, b: query.text_b ?? null, ablations, masked, truncate: truncated, zero_segment_ids });
    const [oldest] = this.inputs.keys();
    if (this.inputs.size > REMEMBERED && oldest !== undefined) this.inputs.delete(oldest);
  }

  /** Whether the server holds the trace once more; rejects as the run does. One run for all who wait. */
  again(id: TraceId): Promise<boolean> {
    const input = this.inputs.get(id);
    if (!input) return Promise.resolve(false);
    let coming = this.coming.get(id);
    if (!coming) {
      coming = this.make(id, input).finally(() => this.coming.delete(id));
      this.coming.set(id, coming);
    }
    return coming;
  }

  private async make(id: TraceId, input: RunInput): Promise<boolean> {
    while ((await this.maker.info()).loading) await new Promise((resolve) => setTimeout(resolve, this.pause));
    return (await this.maker.run(input)).id === id;
  }
}
