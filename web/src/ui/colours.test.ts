import { describe, expect, it } from 'vitest';
import { DEFAULTS } from './types';
import { colourLegend, colourScale, logFloor, logStrengths } from './colours';

describe('the log scale of colours', () => {
  it('is that of texts above 64 tokens, where none is chosen', () => {
    expect([64, 65].map((n) => colourScale(DEFAULTS, n))).toEqual(['common', 'log']);
    expect(colourScale({ ...DEFAULTS, colours: 'common' }, 4096)).toBe('common');
    expect(colourLegend(DEFAULTS, 512, 1)).toMatchObject({ from: '≤ 0.0002', to: '1', note: 'log, because of 512 tokens' });
  });

  it('begins at a tenth of even attention and ends at the largest', () => {
    expect([65, 128, 4096].map(logFloor)).toEqual([0.002, 0.0008, 0.00002]);
    const tile = { rows: 1, cols: 5, data: Float32Array.of(0, 0.0001, 0.0008, Math.sqrt(0.0008), 1) };
    [0, 0, 0, 0.5, 1].forEach((strength, i) => { expect(logStrengths(tile, 1, 128)[i]).toBeCloseTo(strength, 6); });
    expect(logStrengths(tile, 0.5, 128)[4]).toBe(1);
    expect(logStrengths({ rows: 1, cols: 1, data: Float32Array.of(-Infinity) }, 1, 128)[0]).toBeNaN();
  });
});
