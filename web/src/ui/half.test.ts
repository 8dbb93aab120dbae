import { describe, expect, it } from 'vitest';
import { floatToHalf, floatsToHalves, halfToFloat, halvesToFloats } from './half';

// Bit patterns from IEEE 754-2019, table of binary16 values.
const known: [number, number][] = [
  [0x0000, 0], [0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [0x0400, 2 ** -14],
  [0x0001, 2 ** -24], [0x03ff, 1023 * 2 ** -24], [0x3555, 0.333251953125], [0x7c00, Infinity],
];

describe('half floats', () => {
  it.each(known)('0x%s is %s', (bits, value) => {
    expect(halfToFloat(bits)).toBe(value);
    expect(floatToHalf(value)).toBe(bits);
  });
  it('rounds to nearest even', () => {
    expect(floatToHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(floatToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(floatToHalf(65520)).toBe(0x7c00);
  });
  it('round-trips every finite half', () => {
    const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
    expect(floatsToHalves(halvesToFloats(bits))).toEqual(bits);
  });
});
