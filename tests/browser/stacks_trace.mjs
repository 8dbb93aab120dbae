// A small encoder–decoder trace without a model (check B11): 3 + 2 layers of 2 heads, 5 and 4 tokens,
// random queries and keys, log-sum-exps computed here. Returns every weight, so that a check can
// compare.
import { writeFileSync } from 'node:fs';

const HEADS = 2;
const DIM = 4;
export const ENCODER_TOKENS = ['the', 'cat', 'sat', '.', '</s>'];
export const DECODER_TOKENS = ['<pad>', 'un', 'chat', '</s>'];

/** Any fixed sequence does: a linear congruential one, in [−1, 1). */
function noise(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function tokenList(tokens) {
  const special = tokens.map((t) => Number(t === '</s>'));
  let at = 0;
  const offsets = tokens.map((t, i) => {
    if (special[i]) return null;
    at += t.length + 1;
    return [at - t.length - 1, at - 1];
  });
  let word = 0;
  return { tokens, ids: tokens.map((_, i) => i + 1), segment_ids: tokens.map(() => 0), offsets, special, words: special.map((s) => (s ? null : word++)),
    text_a: tokens.filter((_, i) => !special[i]).join(' '), text_b: null, generated_from: null };
}

function stackInfo(name, layers, mask) {
  return { name, layers: Array.from({ length: layers }, (_, i) => i), heads: Array(layers).fill(HEADS), kv_heads: Array(layers).fill(HEADS), head_dim: DIM,
    mask: { kind: mask, left: -1, right: -1, key_length: -1 }, bias: 'none', rope: null };
}

/** Writes FILE; weights: "encoder L0H1" → [queries][keys]. */
export function writeStacksTrace(file) {
  const plan = [['encoder', 3, ENCODER_TOKENS.length, ENCODER_TOKENS.length, 'none'], ['decoder', 2, DECODER_TOKENS.length, DECODER_TOKENS.length, 'causal'], ['cross', 2, DECODER_TOKENS.length, ENCODER_TOKENS.length, 'none']];
  const weights = new Map();
  const tensors = [];
  const next = noise(7);
  for (const [name, layers, n, m, mask] of plan) {
    const count = layers * HEADS;
    const q = Float32Array.from({ length: count * n * DIM }, () => 2 * next());
    const k = Float32Array.from({ length: count * m * DIM }, () => 2 * next());
    const lse = new Float32Array(count * n);
    for (let h = 0; h < count; h++) {
      const rows = Array.from({ length: n }, (_, i) => {
        const scores = Array.from({ length: m }, (_x, j) => (mask === 'causal' && j > i ? -Infinity
          : Array.from({ length: DIM }, (_y, d) => q[(h * n + i) * DIM + d] * k[(h * m + j) * DIM + d]).reduce((a, b) => a + b, 0) * 0.5));
        const total = Math.log(scores.reduce((s, x) => s + Math.exp(x), 0));
        lse[h * n + i] = total;
        return scores.map((x) => Math.exp(x - total));
      });
      weights.set(`${name} L${Math.floor(h / HEADS)}H${h % HEADS}`, rows);
    }
    tensors.push([`${name}.query`, [layers, HEADS, n, DIM], q], [`${name}.key`, [layers, HEADS, m, DIM], k], [`${name}.value`, [layers, HEADS, m, DIM], new Float32Array(count * m * DIM)],
      [`${name}.logsumexp`, [layers, HEADS, n], lse], [`${name}.value_norm`, [layers, HEADS, m], new Float32Array(count * m).fill(1)]);
  }
  const trace = { model: { name: 'tiny-encoder-decoder', family: 't5', fingerprint: '' }, precision: 'f32', precision_error: null, scale: 0.5, softcap: null,
    stacks: plan.map(([name, layers, , , mask]) => stackInfo(name, layers, mask)), query: tokenList(DECODER_TOKENS), key: tokenList(ENCODER_TOKENS), settings: {} };
  const header = { __metadata__: { format: 'headscope-trace', format_version: '1', trace: JSON.stringify(trace) } };
  let offset = 0;
  for (const [name, shape, values] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  writeFileSync(file, Buffer.concat([length, Buffer.from(text), ...tensors.map(([, , v]) => Buffer.from(v.buffer))]));
  return weights;
}
