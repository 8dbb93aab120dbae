// How far each head's attention moved between two runs: the core's comparison, at any length and for
// texts that differ (their common words are compared).

import type { Engine, Opts } from '../../api/engine';
import type { TraceInfo } from '../../base/trace_info';

export type Comparing = Pick<Engine, 'compare'>;
/** Jensen–Shannon divergence by head, nats; heads without common rows are left out. */
export type Moved = ReadonlyMap<string, number>;

export async function divergences(engine: Comparing, trace: TraceInfo, base: TraceInfo, stack: string, opts: Omit<Opts, 'priority'>): Promise<Moved> {
  const { heads } = await engine.compare(base.id, { right: trace.id, stack, labels: false }, { priority: 3, ...opts });
  return new Map(heads.flatMap((h): [string, number][] => (h.js === null ? [] : [[`L${h.layer}H${h.head}`, h.js]])));
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
