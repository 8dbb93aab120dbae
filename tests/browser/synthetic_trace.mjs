// A trace file of any length without a model: scores that depend on the distance of query and key
// alone, plus a sink on the first token, so that each row's log-sum-exp is a running sum and the
// file is exact. q·k = Σ_f a_f cos(w_f (i − j)) + s·[j = 0], made of cosine and sine pairs.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/** A head's own mixture: how sharp, at which distance, how much sink. */
function headOf(layer, head, pairs) {
  const seed = layer * 131 + head * 17;
  const frequencies = Array.from({ length: pairs }, (_, f) => 2.2 / 4 ** f);
  const shift = (seed % 7) - 3;
  return { frequencies, amplitudes: frequencies.map((_, f) => 1.5 + ((seed * (f + 3)) % 5) * 0.7), shift, sink: (seed % 4) * 3 };
}

/** Writes FILE and resolves with its trace id's ingredients; Dh = 2·pairs + 2. */
export async function writeTrace(file, { n, layers = 12, heads = 12, pairs = 3, causal = false }) {
  const dim = 2 * pairs + 2;
  const size = n * dim;
  const tokens = Array.from({ length: n }, (_, i) => (i === 0 ? '[CLS]' : i === n - 1 ? '[SEP]' : `word${i % 97}`));
  const special = tokens.map((t) => Number(t.startsWith('[')));
  const words = special.map((s, i) => (s ? null : i - 1));
  let at = 0;
  const offsets = tokens.map((t, i) => {
    if (special[i]) return null;
    at += t.length + 1;
    return [at - t.length - 1, at - 1];
  });
  const query = { tokens, ids: tokens.map((_, i) => 1000 + (i % 97)), segment_ids: tokens.map(() => 0), offsets, special, words,
    text_a: tokens.slice(1, -1).join(' '), text_b: null, generated_from: null };
  const stack = { name: 'self', layers: Array.from({ length: layers }, (_, i) => i), heads: Array(layers).fill(heads), kv_heads: Array(layers).fill(heads), head_dim: dim,
    mask: { kind: causal ? 'causal' : 'none', left: -1, right: -1, key_length: -1 }, bias: 'none', rope: null };
  const trace = { model: { name: `synthetic-${n}`, family: 'synthetic', fingerprint: '' }, precision: 'f32', precision_error: null, scale: 1, softcap: null, stacks: [stack], query, key: null, settings: {} };
  const count = layers * heads;
  const parts = [['query', [layers, heads, n, dim], 4 * count * size], ['key', [layers, heads, n, dim], 4 * count * size], ['value', [layers, heads, n, dim], 4 * count * size], ['logsumexp', [layers, heads, n], 4 * count * n], ['value_norm', [layers, heads, n], 4 * count * n]];
  const header = { __metadata__: { format: 'headscope-trace', format_version: '1', trace: JSON.stringify(trace) } };
  let offset = 0;
  for (const [name, shape, bytes] of parts) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  const out = createWriteStream(file);
  const write = async (bytes) => { if (!out.write(bytes)) await once(out, 'drain'); };
  await write(length);
  await write(Buffer.from(text));
  const each = async (make) => {
    for (let l = 0; l < layers; l++) for (let h = 0; h < heads; h++) {
      const values = make(headOf(l, h, pairs));
      await write(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  };
  await each((head) => rows(n, dim, (i, out_, at) => vector(head, i, out_, at, true)));
  await each((head) => rows(n, dim, (j, out_, at) => vector(head, j, out_, at, false)));
  await each(() => new Float32Array(size));
  await each((head) => logSumExp(head, n, causal));
  await each(() => new Float32Array(n).fill(1));
  out.end();
  await once(out, 'finish');
}

function rows(n, dim, fill) {
  const values = new Float32Array(n * dim);
  for (let i = 0; i < n; i++) fill(i, values, i * dim);
  return values;
}

function vector(head, i, out, at, isQuery) {
  head.frequencies.forEach((w, f) => {
    const x = w * (isQuery ? i + head.shift : i);
    const a = isQuery ? head.amplitudes[f] : 1;
    out[at + 2 * f] = a * Math.cos(x);
    out[at + 2 * f + 1] = a * Math.sin(x);
  });
  const last = at + 2 * head.frequencies.length;
  out[last] = isQuery ? head.sink : Number(i === 0);
}

/** [n]: running sums over distances, and the sink's share apart. */
function logSumExp(head, n, causal) {
  const score = (d) => head.frequencies.reduce((s, w, f) => s + head.amplitudes[f] * Math.cos(w * (d + head.shift)), 0);
  // d = i − j from −(n−1) to n−1.
  const sums = new Float64Array(2 * n);
  for (let d = -(n - 1); d < n; d++) sums[d + n] = sums[d + n - 1] + Math.exp(score(d));
  return Float32Array.from({ length: n }, (_, i) => {
    const low = causal ? 0 : i - (n - 1);
    const plain = sums[i + n] - sums[low + n - 1];
    return Math.log(plain + Math.exp(score(i)) * (Math.exp(head.sink) - 1));
  });
}
