// A trace file whose layer 0 has a dense mask and whose layer 1 has none. Every score is 0, so a query
// attends evenly to the keys that it sees: weights are 1/count, log-sum-exps ln(count), and the file is exact.
import { writeFileSync } from 'node:fs';

/** sees(query, key): which keys layer 0 shows. One head a layer (docs/formats.md, format 2). */
export function writeDenseTrace(file, n, sees) {
  const seen = Array.from({ length: n }, (_, q) => Array.from({ length: n }, (_, k) => sees(q, k)));
  const counts = seen.map((row) => row.filter(Boolean).length);
  const dim = 2;
  const zeros = Array(n * dim).fill(0);
  const tensors = {};
  const layers = [0, 1].map((layer) => {
    for (const name of ['query', 'key', 'value']) tensors[`${name}.${layer}`] = [[1, n, dim], zeros];
    tensors[`logsumexp.${layer}`] = [[1, n], layer === 0 ? counts.map(Math.log) : Array(n).fill(Math.log(n))];
    tensors[`value_norm.${layer}`] = [[1, n], Array(n).fill(1)];
    const mask = { kind: layer === 0 ? 'dense' : 'none', left: null, right: null, key_length: null, of: null };
    return { layer, kind: 'attention', holds: 'vectors', heads: 1, kv_heads: 1, head_dim: dim, value_dim: dim, scale: 1, softcap: null, rule: 2,
      mask, bias: { kind: 'none', of: null }, rope: null, sinks: false };
  });
  tensors['mask.0'] = [[n, n], seen.flat().map((is) => (is ? 0 : -Infinity))];
  const tokens = Array.from({ length: n }, (_, i) => `w${i}`);
  let at = 0;
  const offsets = tokens.map((t) => { at += t.length + 1; return [at - t.length - 1, at - 1]; });
  const text = { tokens, ids: tokens.map((_, i) => 10 + i), kinds: tokens.map(() => 'text'), segment_ids: tokens.map(() => 0), offsets,
    special: tokens.map(() => 0), words: tokens.map((_, i) => i), text_a: tokens.join(' '), text_b: null, generated_from: null };
  const trace = { model: { name: 'dense-mask', family: 'synthetic', fingerprint: null, file_kind: null, quantisation: null, byte_tokens: false },
    origin: { kind: 'captured', implementation: 'dense_trace.mjs', dtype: 'float64' }, computed: null, sequences: { text },
    stacks: [{ name: 'self', query: 'text', key: 'text', layers }], settings: { ablations: [], masked: [], truncation: null, segment_ids: 'true' } };
  const header = { __metadata__: { format: 'headscope-trace', format_version: '2', trace: JSON.stringify(trace) } };
  const bodies = [];
  let offset = 0;
  for (const [name, [shape, values]] of Object.entries(tensors)) {
    bodies.push(Buffer.from(Float32Array.from(values).buffer));
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + 4 * values.length] };
    offset += 4 * values.length;
  }
  let head = JSON.stringify(header);
  head += ' '.repeat((8 - (Buffer.byteLength(head) % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(head)));
  writeFileSync(file, Buffer.concat([length, Buffer.from(head), ...bodies]));
}
