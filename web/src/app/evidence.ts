// Evidence of heads, asked for by whoever looks at one: what is here or on its way is not asked for
// again. What is known of the corpus outlives the text.

import type { Engine, HeadEvidence, HeadSummary, TraceEntry } from '../api/engine';
import type { Scope } from '../base/state';

export interface EvidenceEvents { changed: () => void; failed: (error: unknown) => void }
export interface EvidenceQuestion { trace: TraceEntry; scope: Scope; listed: readonly HeadSummary[]; stack: string; predictive: boolean; priority: 0 | 1 | 2 }

export class Evidence {
  /** By "scope name"; a new map whenever more has come. */
  known: ReadonlyMap<string, HeadEvidence> = new Map();
  private readonly asked = new Map<string, AbortController>();

  constructor(private readonly engine: Pick<Engine, 'head'>, private readonly events: EvidenceEvents) {}

  get busy(): boolean { return this.asked.size > 0; }

  /** Heads that are not listed have none. */
  want(heads: readonly string[], question: EvidenceQuestion): void {
    const there = new Set(question.listed.map((s) => `L${s.layer}H${s.head}`));
    for (const head of heads) {
      const key = `${question.scope} ${head}`;
      if (!this.known.has(key) && !this.asked.has(key) && there.has(head)) void this.load(head, key, question);
    }
  }

  private async load(head: string, key: string, { trace, scope, stack, predictive, priority }: EvidenceQuestion): Promise<void> {
    const abort = new AbortController();
    this.asked.set(key, abort);
    const found = await this.engine.head(trace.id, scope, head, { signal: abort.signal, priority, predictive, stack }).catch((error: unknown) => {
      if (!abort.signal.aborted) this.events.failed(error);
      return null;
    });
    if (abort.signal.aborted) return;
    this.asked.delete(key);
    if (found) this.known = new Map(this.known).set(key, found);
    this.events.changed();
  }

  /** input: another text, or the same with pattern 5. corpus: another stack. */
  forget(scope: Scope): void {
    for (const [key, abort] of this.asked) {
      if (!key.startsWith(scope)) continue;
      abort.abort();
      this.asked.delete(key);
    }
    this.known = new Map([...this.known].filter(([key]) => !key.startsWith(scope)));
  }

  stop(): void {
    for (const abort of this.asked.values()) abort.abort();
    this.asked.clear();
  }
}
