// How far each head's attention moved between two runs: the core's comparison, at any length and for
// texts that differ (their common words are compared). Of a long text a sample of the queries is.

import type { Engine, Opts } from '../../api/engine';
import { sideTokens, type TraceInfo } from '../../base/trace_info';

export type Comparing = Pick<Engine, 'compare'>;
export interface Moved {
  /** Jensen–Shannon divergence by head, nats; heads without common rows are left out. */
  js: ReadonlyMap<string, number>;
  /** Queries that were compared, of those that both texts have; null = all. */
  sample: { queries: number; of: number } | null;
}

/** The work grows with the square of the tokens: of a longer text a sample of the queries is measured, and the words say so. */
export const WHOLE_TO = 512;
export const SAMPLE = 128;

export async function divergences(engine: Comparing, trace: TraceInfo, base: TraceInfo, stack: string, opts: Omit<Opts, 'priority'>): Promise<Moved> {
  const long = [trace, base].some((t) => sideTokens(t, stack, 'q').tokens.length > WHOLE_TO);
  const request = { right: trace.id, stack, labels: false, ...(long ? { queries: SAMPLE } : {}) };
  const { heads, queries } = await engine.compare(base.id, request, { priority: 3, ...opts });
  const of = queries.matched.length;
  return { js: new Map(heads.flatMap((h): [string, number][] => (h.js === null ? [] : [[`L${h.layer}H${h.head}`, h.js]]))),
    sample: long && of > SAMPLE ? { queries: SAMPLE, of } : null };
}

interface Shared { key: string; answer: Promise<Moved>; users: number; abort: AbortController }
const asked = new WeakMap<Comparing, Shared>();

/** The same for map and inspector, asked once; given up when neither waits for it any more. */
export function sharedDivergences(engine: Comparing, trace: TraceInfo, base: TraceInfo, stack: string, signal: AbortSignal): Promise<Moved> {
  const key = [trace.id, base.id, stack].join(' ');
  let shared = asked.get(engine);
  if (shared?.key !== key) {
    const abort = new AbortController();
    shared = { key, abort, users: 0, answer: divergences(engine, trace, base, stack, { signal: abort.signal }) };
    asked.set(engine, shared);
    const made = shared;
    made.answer.catch(() => { forget(engine, made); });
  }
  const its = shared;
  its.users++;
  signal.addEventListener('abort', () => {
    if (--its.users > 0) return;
    its.abort.abort();
    forget(engine, its);
  });
  return its.answer;
}

function forget(engine: Comparing, shared: Shared): void { if (asked.get(engine) === shared) asked.delete(engine); }
