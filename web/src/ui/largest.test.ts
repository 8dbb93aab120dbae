import { expect, it } from 'vitest';
import { largestValue } from './largest';

it('the largest size of a tile leaves masked scores out', () => {
  expect(largestValue(undefined)).toBe(0);
  expect(largestValue({ rows: 1, cols: 3, data: Float32Array.of(-3, 2, -Infinity) })).toBe(3);
  // 0xC000 = −2, 0x3C00 = 1, 0xFC00 = −∞ (IEEE 754 binary16)
  expect(largestValue({ rows: 1, cols: 3, data: Uint16Array.of(0xc000, 0x3c00, 0xfc00) })).toBe(2);
});
