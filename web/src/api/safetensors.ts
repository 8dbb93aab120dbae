// safetensors, read and validated: 8-byte little-endian header length, JSON header, dense data.
// Twin of src/format/safetensors.cc for the three types that the wire has.

export interface Tensor { dtype: 'F32' | 'F16' | 'U8'; shape: readonly number[]; data: Float32Array | Uint16Array | Uint8Array }
export interface TensorFile { metadata: Readonly<Record<string, string>>; tensors: ReadonlyMap<string, Tensor> }

const SIZE = { F32: 4, F16: 2, U8: 1 } as const;

export function parseSafetensors(buffer: ArrayBuffer): TensorFile {
  if (buffer.byteLength < 8) throw new Error(`safetensors: ${buffer.byteLength} bytes`);
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > buffer.byteLength - 8) throw new Error(`safetensors: a header of ${length} bytes in a file of ${buffer.byteLength}`);
  const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
  if (!isObject(header)) throw new Error('safetensors: the header is no object');
  const tensors = new Map<string, Tensor>();
  const ranges: [number, number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { tensor, range } = readTensor(buffer, 8 + length, name, entry);
    tensors.set(name, tensor);
    ranges.push(range);
  }
  checkDense(ranges, buffer.byteLength - 8 - length);
  return { metadata: readMetadata(header.__metadata__), tensors };
}

function readTensor(buffer: ArrayBuffer, start: number, name: string, entry: unknown): { tensor: Tensor; range: [number, number] } {
  const wrong = (what: string): never => { throw new Error(`safetensors: tensor ${name}: ${what}`); };
  if (!isObject(entry)) return wrong('no object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'U8') return wrong(`type ${String(dtype)}`);
  if (!isSizes(shape) || shape.length > 4) return wrong('its shape');
  if (!isSizes(offsets) || offsets.length !== 2) return wrong('its offsets');
  const [begin, end] = offsets as [number, number];
  const count = shape.reduce((n, extent) => n * extent, 1);
  if (begin > end || start + end > buffer.byteLength || end - begin !== count * SIZE[dtype]) return wrong('its bytes');
  // A copy: a tile in the cache then holds its own bytes, not those of the whole answer.
  const bytes = buffer.slice(start + begin, start + end);
  const data = dtype === 'F32' ? new Float32Array(bytes) : dtype === 'F16' ? new Uint16Array(bytes) : new Uint8Array(bytes);
  return { tensor: { dtype, shape, data }, range: [begin, end] };
}

function checkDense(ranges: [number, number][], size: number): void {
  let at = 0;
  for (const [begin, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at) throw new Error('safetensors: a hole or an overlap');
    at = end;
  }
  if (at !== size) throw new Error('safetensors: bytes behind the last tensor');
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw new Error('safetensors: the metadata is no object');
  return Object.fromEntries(Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'));
}

function isObject(value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null && !Array.isArray(value); }
function isSizes(value: unknown): value is number[] { return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0); }
