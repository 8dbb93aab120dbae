import { describe, expect, it } from 'vitest';
import { ramp, rampIndex } from '../../ui/ramps';
import { texels } from './thumbs';

describe('texels of a thumbnail', () => {
  it('leaves out what a mask hides, and has the ramp’s colours elsewhere', () => {
    const tile = { rows: 2, cols: 2, total: 0, data: new Float32Array([2, -Infinity, -1, NaN]) };
    const got = texels(tile, 'light', 'score');
    const signed = ramp('light', 'signed');
    const colour = (t: number): number[] => [...signed.rgba.subarray(rampIndex(signed, t) * 4, rampIndex(signed, t) * 4 + 4)];
    expect([...got]).toEqual([...colour(1), 0, 0, 0, 0, ...colour(-0.5), 0, 0, 0, 0]);
  });
});
