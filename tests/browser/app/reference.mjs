// What the controls mean (ui.md 3.0), computed in the plainest way from raw matrices; and those of the
// demo trace from its file: queries, keys, log-sum-exp and norms (docs/formats.md) (B9).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../harness.mjs';

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

const HEADS = 12;

function readTensors(file) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const trace = JSON.parse(header.__metadata__.trace);
  const tensor = (name) => {
    const [first, end] = header[name].data_offsets;
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + length + first, bytes.byteOffset + 8 + length + end));
  };
  return { scale: trace.scale, query: tensor('query'), key: tensor('key'), logsumexp: tensor('logsumexp'), norm: tensor('value_norm') };
}
const demo = readTensors(path.join(root, 'data/demo/article-pair.safetensors'));
const WIDTH = demo.query.length / (12 * HEADS * N);

const matrix = (value) => Array.from({ length: N }, (_, q) => Float64Array.from({ length: N }, (_, k) => value(q, k)));

/** Of one head of the demo trace: score = scale · q·k, weight = exp(score − lse), norm = weight · ‖f(x)‖. */
function ofHead(layer, head) {
  const at = (layer * HEADS + head) * N;
  const score = matrix((q, k) => {
    let sum = 0;
    for (let d = 0; d < WIDTH; d++) sum += demo.query[(at + q) * WIDTH + d] * demo.key[(at + k) * WIDTH + d];
    return sum * demo.scale;
  });
  const weight = matrix((q, k) => Math.exp(score[q][k] - demo.logsumexp[at + q]));
  return { score, weight, norm: matrix((q, k) => weight[q][k] * demo.norm[at + k]) };
}

/** ½ · (mean over heads) + ½ · I of each layer up to `last`; rows sum to 1 (Abnar & Zuidema 2020). */
function residualLayers(last) {
  return Array.from({ length: last + 1 }, (_, layer) => {
    const heads = Array.from({ length: HEADS }, (_, head) => ofHead(layer, head).weight);
    const rows = matrix((q, k) => heads.reduce((sum, a) => sum + a[q][k], 0) / HEADS / 2 + (q === k ? 0.5 : 0));
    return rows.map((row) => { const sum = row.reduce((a, b) => a + b, 0); return row.map((x) => x / sum); });
  });
}

function rolloutOf(layer) {
  return residualLayers(layer).reduce((below, own) => (below ? matrix((q, k) => own[q].reduce((sum, a, j) => sum + a * below[j][k], 0)) : own), null);
}

/** Largest flow from each token of the layer to each input token; the layers' matrices are the capacities. */
function flowOf(layer) {
  const layers = residualLayers(layer);
  return matrix((q, k) => maximumFlow(layers, q, k));
}

/** Shortest augmenting paths (Edmonds & Karp 1972). Node (level, token); level l + 1 attends to level l. */
function maximumFlow(layers, source, sink) {
  const levels = layers.length + 1;
  const left = layers.map((m) => m.map((row) => Float64Array.from(row)));
  const back = layers.map((m) => m.map((row) => new Float64Array(row.length)));
  const start = (levels - 1) * N + source;
  for (let total = 0; ;) {
    const from = new Int32Array(levels * N).fill(-1);
    from[start] = start;
    const queue = [start];
    for (let at = 0; at < queue.length && from[sink] < 0; at++) {
      const node = queue[at];
      const [level, token] = [Math.floor(node / N), node % N];
      for (let other = 0; other < N; other++) {
        const down = (level - 1) * N + other;
        if (level > 0 && from[down] < 0 && left[level - 1][token][other] > 1e-12) { from[down] = node; queue.push(down); }
        const up = (level + 1) * N + other;
        if (level + 1 < levels && from[up] < 0 && back[level][other][token] > 1e-12) { from[up] = node; queue.push(up); }
      }
    }
    if (from[sink] < 0) return total;
    const steps = [];
    for (let node = sink; node !== start; node = from[node]) steps.push([from[node], node]);
    const room = ([a, b]) => (Math.floor(a / N) > Math.floor(b / N) ? left[Math.floor(b / N)][a % N][b % N] : back[Math.floor(a / N)][b % N][a % N]);
    const least = Math.min(...steps.map(room));
    for (const [a, b] of steps) {
      const downwards = Math.floor(a / N) > Math.floor(b / N);
      const [level, q, k] = downwards ? [Math.floor(b / N), a % N, b % N] : [Math.floor(a / N), b % N, a % N];
      left[level][q][k] += downwards ? -least : least;
      back[level][q][k] += downwards ? least : -least;
    }
    total += least;
  }
}

/** Rows [N][N] of a head of the demo trace under a quantity; rollout and flow are the layer's. */
export function quantityOf(layer, head, quantity) {
  if (quantity === 'rollout') return rolloutOf(layer);
  if (quantity === 'flow') return flowOf(layer);
  return ofHead(layer, head)[quantity];
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
