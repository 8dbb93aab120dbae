// How far attention moved between two runs of one text: per head, the Jensen–Shannon divergence
// (natural log) of each query's row, mean over queries. For the effect of an ablation; short texts
// only, since it needs every weight of both runs.

import { allHeads } from '../../base/heads';
import type { ViewSettings } from '../../base/state';
import { stackOf, type TraceInfo } from '../../base/trace_info';
import type { Tile, TileEngine, TileSpec } from '../../base/tiles';

export const DIVERGENCE_MAX_TOKENS = 96;

/** Of two distributions over the same keys, nats; 0 … ln 2. */
export function jensenShannon(p: Float32Array, q: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] as number;
    const b = q[i] as number;
    const m = (a + b) / 2;
    if (a > 0) sum += 0.5 * a * Math.log(a / m);
    if (b > 0) sum += 0.5 * b * Math.log(b / m);
  }
  return Math.max(0, sum);
}

export function meanDivergence(a: Tile, b: Tile): number {
  const row = (t: Tile, i: number): Float32Array => (t.data as Float32Array).subarray(i * t.cols, (i + 1) * t.cols);
  let sum = 0;
  for (let i = 0; i < a.rows; i++) sum += jensenShannon(row(a, i), row(b, i));
  return a.rows > 0 ? sum / a.rows : 0;
}

/** true, or why the two runs cannot be compared. */
export function comparable(trace: TraceInfo, base: TraceInfo): true | string {
  const n = trace.query.tokens.length;
  if (n !== base.query.tokens.length) return 'The texts differ in length.';
  return n <= DIVERGENCE_MAX_TOKENS ? true : `The change of every head is measured up to ${DIVERGENCE_MAX_TOKENS} tokens.`;
}

export async function divergences(engine: TileEngine, trace: TraceInfo, base: TraceInfo, settings: Pick<ViewSettings, 'stack'>,
  signal: AbortSignal): Promise<Map<string, number>> {
  const stack = stackOf(trace, settings.stack);
  const n = trace.query.tokens.length;
  const heads = allHeads(stack);
  const spec = (head: string): TileSpec => ({ stack: stack.name, heads: [head], q0: 0, q1: n, k0: 0, k1: n, outQ: 0, outK: 0, pool: 'max', dtype: 'f32',
    ops: { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] } });
  const specs = heads.map(spec);
  const [after, before] = await Promise.all([trace, base].map((t) => engine.tiles(t.id, specs, { signal, priority: 3 })));
  return new Map(heads.map((head, i) => [head, meanDivergence(after?.[i] as Tile, before?.[i] as Tile)]));
}

const asked = new WeakMap<TileEngine, { key: string; answer: Promise<Map<string, number>> }>();
/** The same for map and inspector, asked once. */
export function sharedDivergences(engine: TileEngine, trace: TraceInfo, base: TraceInfo, settings: Pick<ViewSettings,
  'stack'>): Promise<Map<string, number>> {
  const key = [trace.id, base.id, settings.stack].join(' ');
  const held = asked.get(engine);
  if (held?.key === key) return held.answer;
  const answer = divergences(engine, trace, base, settings, new AbortController().signal);
  asked.set(engine, { key, answer });
  answer.catch(() => { asked.delete(engine); });
  return answer;
}
