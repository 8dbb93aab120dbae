// IEEE 754 half floats ↔ numbers. Rasters travel and rest as f16; every value read on the CPU
// (fallback raster, tests) goes through this table, so both renderers show the same numbers.

const table = new Float32Array(1 << 16);
let tableReady = false;

function fillTable(): void {
  for (let bits = 0; bits < 1 << 16; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  tableReady = true;
}

export function halfToFloat(bits: number): number {
  if (!tableReady) fillTable();
  return table[bits] as number;
}

export function halvesToFloats(bits: Uint16Array): Float32Array {
  if (!tableReady) fillTable();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i] as number] as number;
  return out;
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Rounds to nearest even, as the hardware does; values beyond the range become infinity. */
export function floatToHalf(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const mantissa = bits & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  if (exponent > 15) return sign | 0x7c00;
  if (exponent >= -14) {
    const half = ((exponent + 15) << 10) | (mantissa >>> 13);
    return sign | (half + roundUp(mantissa & 0x1fff, 13, half & 1));
  }
  if (exponent < -25) return sign;
  const shift = -exponent - 1;
  const full = mantissa | 0x800000;
  const half = full >>> shift;
  return sign | (half + roundUp(full & ((1 << shift) - 1), shift, half & 1));
}

function roundUp(rest: number, bits: number, odd: number): number {
  const halfway = 1 << (bits - 1);
  return rest > halfway || (rest === halfway && odd) ? 1 : 0;
}

export function floatsToHalves(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = floatToHalf(values[i] as number);
  return out;
}
