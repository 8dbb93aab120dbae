import { describe, expect, it } from 'vitest';
import type { Tile } from '../base/tiles';
import rule from '../../../tests/data/colour_scales.json';
import { strength, type ScaleName } from './ink';
import { DEFAULTS, type ViewSettings } from './types';
import { colourLegend, colourScale, inked, logFloor, logStrengths } from './colours';

// The table is read by the tests of figures too (src/figure/colour_scale_test.cc).
describe('the colours of maps', () => {
  it.each(rule.scales)('$colours, $scale, $quantity of $items tokens: $is', ({ colours, scale, quantity, items, is, low, high, note }) => {
    const s = { ...DEFAULTS, colours, scale, quantity } as ViewSettings;
    expect(colourScale(s, items)).toBe(is);
    const legend = colourLegend(s, items, 1);
    if (low !== undefined) expect(legend.from).toBe(low);
    if (high !== undefined) expect(legend.to).toBe(high);
    if (note !== undefined) expect(legend.note).toBe(note);
  });

  it('begin at a tenth of even attention and end at the largest', () => {
    for (const [items, floor] of rule.floors) expect(logFloor(items as number)).toBe(floor);
    for (const { items, largest, values, are } of rule.strengths) {
      const found = logStrengths({ rows: 1, cols: values.length, data: Float32Array.from(values) }, largest, items);
      are.forEach((strength, i) => { expect(found[i]).toBeCloseTo(strength, 6); });
    }
    expect(logStrengths({ rows: 1, cols: 1, data: Float32Array.of(-Infinity) }, 1, 128)[0]).toBeNaN();
  });

  it('are beside the ink of lines, which the scale alone makes', () => {
    for (const { scale, value, row, is } of rule.ink) expect(strength(value, scale as ScaleName, row)).toBeCloseTo(is, 6);
  });

  it('of rows: each against its largest, of the whole row where the tile is a part', () => {
    const tile = (rows: number[][]): Tile => ({ rows: rows.length, cols: rows[0]?.length ?? 0, data: Float32Array.from(rows.flat()) });
    for (const { values, largest, are } of rule.rows) {
      const { values: found, factor } = inked(tile(values), 'row', 1, 512, largest && tile(largest.map((v) => [v])));
      are.flat().forEach((strength, i) => { expect(found()[i]).toBeCloseTo(strength, 6); });
      expect(factor).toBe(1);
    }
  });
});
