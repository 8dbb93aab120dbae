// What the controls of ui.md 3.0 mean, computed from a raw matrix in the plainest way (B9).

const A_LAST = 7;
const SPECIAL = new Set([0, 7, 18]);
export const SPLIT_WORD = [15, 16];
export const N = 19;

/** Rows [N][N] of one head from its edges at threshold 0. */
export function matrixOf(edges) {
  const rows = Array.from({ length: N }, () => new Float64Array(N));
  for (const e of edges) rows[e.q][e.k] = e.weight;
  return rows;
}

const keeps = (filter, side, i) => filter === 'all' || (filter[side === 'q' ? 0 : 1] === 'a') === (i <= A_LAST);

/** Drawn edges "q k" → weight after combination, filter, mask, renormalise, words, top-k and threshold. */
export function expected(matrices, s) {
  const combined = matrices[0].map((row, q) => row.map((_, k) => {
    const values = matrices.map((m) => m[q][k]);
    if (s.combine === 'mean') return values.reduce((a, b) => a + b, 0) / values.length;
    if (s.combine === 'max') return Math.max(...values);
    if (s.combine === 'sum') return values.reduce((a, b) => a + b, 0);
    return values[0];
  }));
  const shown = (side) => Array.from({ length: N }, (_, i) => i).filter((i) => keeps(s.attention ?? 'all', side, i) && !((s.special ?? 'show') !== 'show' && SPECIAL.has(i)));
  const queries = shown('q');
  const keys = shown('k');
  let rows = new Map(queries.map((q) => {
    const row = new Map(keys.map((k) => [k, combined[q][k]]));
    const sum = [...row.values()].reduce((a, b) => a + b, 0);
    if ((s.renorm || s.special === 'hide-renorm') && sum > 0) for (const [k, v] of row) row.set(k, v / sum);
    return [q, row];
  }));
  if (s.words) rows = mergeWords(rows);
  const out = new Map();
  for (const [q, row] of rows) {
    const sorted = [...row.values()].sort((a, b) => b - a);
    const floor = s.topk ? sorted[Math.min(s.topk, sorted.length) - 1] : 0;
    for (const [k, v] of row) if (v >= floor && v >= (s.threshold ?? 0.01) && v !== 0) out.set(`${q} ${k}`, v);
  }
  return out;
}

/** To a split word: the sum over its keys; from it: the mean over its queries. */
function mergeWords(rows) {
  const [first, second] = SPLIT_WORD;
  const merged = new Map();
  for (const [q, row] of rows) {
    const keys = new Map(row);
    if (keys.has(second)) {
      keys.set(first, (keys.get(first) ?? 0) + keys.get(second));
      keys.delete(second);
    }
    merged.set(q, keys);
  }
  if (merged.has(second)) {
    const mean = new Map([...merged.get(first)].map(([k, v]) => [k, (v + merged.get(second).get(k)) / 2]));
    merged.set(first, mean);
    merged.delete(second);
  }
  return merged;
}
