// Which keys a query sees, as the masks of the drawn heads' layers have it. Causal and window masks
// tell it by numbers of tokens. A dense mask is an array of the trace: it is read off the scores, which
// are −∞ exactly where it hides a key.

import { hidesKeys, visibleKeys, widest, type MaskInfo } from '../../base/layer_rule';
import type { Tile, TileSpec } from '../../base/tiles';
import { isBlock, parseHead, ruleOf, sideTokens, stackOf, type TraceInfo } from '../../base/trace_info';
import type { AxisItem } from '../../ui/axes';
import type { TileStore } from '../../ui/tile_store';

export interface Sight {
  /** Some query does not see some key. */
  hides: boolean;
  /** A word sees what one of its tokens sees. */
  sees: (query: AxisItem, key: AxisItem) => boolean;
  /** The tokens that a query sees, where they are one run. */
  run?: (query: AxisItem) => { first: number; end: number };
  /** Changes with what is hidden; for pictures that are kept. */
  id: string;
}

export const SEES_EVERYTHING: Sight = { hides: false, sees: () => true, id: '' };

/** Items [first, end) of the keys' axis; where they are smaller than a pixel, every `step`th is looked at. */
export interface KeyWindow { axis: readonly AxisItem[]; first: number; end: number; step: number }

/** Runs [from, to) of the window that a query does not see. */
export function hiddenRuns(sight: Sight, query: AxisItem, { axis, first, end, step }: KeyWindow): [number, number][] {
  if (sight.run) {
    // Tokens, not rows: filters may leave out some on either side.
    const seen = sight.run(query);
    const [from, to] = [axisFrom(axis, seen.first), axisFrom(axis, seen.end)];
    const runs: [number, number][] = [[first, Math.min(end, from)], [Math.max(first, to), end]];
    return runs.filter(([a, b]) => b > a);
  }
  const runs: [number, number][] = [];
  let from = -1;
  for (let k = first; k < end; k += step) {
    const hidden = !sight.sees(query, axis[k] as AxisItem);
    if (hidden && from < 0) from = k;
    if (!hidden && from >= 0) {
      runs.push([from, k]);
      from = -1;
    }
  }
  if (from >= 0) runs.push([from, end]);
  return runs;
}

/** The first item of an axis that lies at or behind a token. */
function axisFrom(axis: readonly AxisItem[], token: number): number {
  let [low, high] = [0, axis.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((axis[mid] as AxisItem).first >= token) high = mid;
    else low = mid + 1;
  }
  return low;
}

/** A dense mask is read with at most so many cells a side: of longer texts a cell hides where all of its weights are hidden. */
const MOST = 512;

/** One head of each layer with a dense mask, in the order of the heads. */
function denseHeads(trace: TraceInfo, stackName: string, heads: readonly string[]): string[] {
  const stack = stackOf(trace, stackName);
  const layers = new Map(heads.map((name) => [parseHead(name)?.layer ?? -1, name]));
  return [...layers].filter(([layer]) => ruleOf(stack, layer).mask.kind === 'dense').map(([, name]) => name);
}

const made = new WeakMap<TraceInfo, Map<string, TileSpec>>();

function maskSpec(trace: TraceInfo, stack: string, head: string): TileSpec {
  let specs = made.get(trace);
  if (!specs) made.set(trace, specs = new Map());
  const key = `${stack} ${parseHead(head)?.layer ?? ''}`;
  let spec = specs.get(key);
  if (!spec) {
    const [rows, cols] = [sideTokens(trace, stack, 'q').tokens.length, sideTokens(trace, stack, 'k').tokens.length];
    const out = (n: number): number => (Math.max(rows, cols) > MOST ? Math.min(n, MOST) : 0);
    spec = { stack: stackOf(trace, stack).name, heads: [head], q0: 0, q1: rows, k0: 0, k1: cols, outQ: out(rows), outK: out(cols), pool: 'max', dtype: 'f32',
      ops: { quantity: 'score', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] } };
    specs.set(key, spec);
  }
  return spec;
}

/** The tiles that the dense masks of these heads are read off; none where the trace has no scores. */
export function maskSpecs(trace: TraceInfo | undefined, stack: string, heads: readonly string[]): TileSpec[] {
  if (!trace || isBlock(trace, stack) || typeof trace.quantities?.['score'] === 'string') return [];
  return denseHeads(trace, stack, heads).map((head) => maskSpec(trace, stack, head));
}

/** Hidden is what no layer of these heads shows; a dense mask that has not come yet hides nothing. */
export function sightOf(trace: TraceInfo, stackName: string, heads: readonly string[], store: Pick<TileStore, 'peek'> | null): Sight {
  if (isBlock(trace, stackName)) return SEES_EVERYTHING;
  const stack = stackOf(trace, stackName);
  const dense = maskSpecs(trace, stackName, heads);
  const layers = new Set(heads.map((name) => parseHead(name)?.layer ?? -1));
  const plain = [...layers].map((layer) => ruleOf(stack, layer).mask).filter((mask) => mask.kind !== 'dense');
  if (plain.length === layers.size) return byNumbers(widest(plain), sideTokens(trace, stackName, 'k').tokens.length);
  const tiles = dense.map((spec) => ({ spec, tile: store?.peek(trace.id, spec) }));
  if (tiles.length + plain.length < layers.size || tiles.some(({ tile }) => tile === undefined)) return SEES_EVERYTHING;
  const sights = [...tiles.map(({ spec, tile }) => byTile(spec, tile as Tile)),
    ...(plain.length === 0 ? [] : [byNumbers(widest(plain), sideTokens(trace, stackName, 'k').tokens.length)])];
  return { hides: sights.every((s) => s.hides), sees: (q, k) => sights.some((s) => s.sees(q, k)), id: `${trace.id} ${stackName} ${[...layers].join()}` };
}

function byNumbers(mask: MaskInfo, keys: number): Sight {
  if (!hidesKeys(mask)) return SEES_EVERYTHING;
  return { hides: true, id: `${JSON.stringify(mask)} ${keys}`,
    run: (q) => ({ first: visibleKeys(mask, q.first, keys).first, end: visibleKeys(mask, q.end - 1, keys).end }),
    sees: (q, k) => k.end > visibleKeys(mask, q.first, keys).first && k.first < visibleKeys(mask, q.end - 1, keys).end };
}

function byTile({ q1, k1 }: TileSpec, { rows, cols, data }: Tile): Sight {
  // Texel of a token; texel i starts at token ⌊i · tokens / texels⌋ (web/README.md).
  const texel = (token: number, tokens: number, texels: number): number => Math.ceil(((token + 1) * texels) / tokens) - 1;
  return { hides: true, id: '', sees: (q, k) => {
    for (let r = texel(q.first, q1, rows); r <= texel(q.end - 1, q1, rows); r++) {
      for (let c = texel(k.first, k1, cols); c <= texel(k.end - 1, k1, cols); c++) if (data[r * cols + c] !== -Infinity) return true;
    }
    return false;
  } };
}
