import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../ui/types';
import { ramp, rampIndex } from '../../ui/ramps';
import { texels } from './thumbs';

describe('texels of a thumbnail', () => {
  it('leaves out what a mask hides, and has the ramp’s colours elsewhere', () => {
    const tile = { rows: 2, cols: 2, total: 0, data: new Float32Array([2, -Infinity, -1, NaN]) };
    const got = texels(tile, 'light', { ...DEFAULTS, quantity: 'score' }, 2);
    const signed = ramp('light', 'signed');
    const colour = (t: number): number[] => [...signed.rgba.subarray(rampIndex(signed, t) * 4, rampIndex(signed, t) * 4 + 4)];
    expect([...got]).toEqual([...colour(1), 0, 0, 0, 0, ...colour(-0.5), 0, 0, 0, 0]);
  });
  it('runs by magnitude where the views do', () => {
    const tile = { rows: 1, cols: 2, total: 0, data: new Float32Array([0.01, 1]) };
    const at = (long: number): number[] => [...texels(tile, 'light', DEFAULTS, long).subarray(0, 4)];
    const ramp_ = ramp('light', 'weight');
    const colour = (t: number): number[] => [...ramp_.rgba.subarray(rampIndex(ramp_, t) * 4, rampIndex(ramp_, t) * 4 + 4)];
    expect(at(64)).toEqual(colour(0.01));
    // Of 1,000 tokens the ramp begins at 0.0001: half way in powers of ten.
    expect(at(1000)).toEqual(colour(0.5));
  });
});
