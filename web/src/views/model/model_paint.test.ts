import { describe, expect, it } from 'vitest';
import { makeAxis } from '../../ui/axes';
import { DEFAULTS, type ViewSettings } from '../../ui/types';
import { LINE_STRIDE, type LineLayer } from '../gl/scene';
import { TileAtlas } from '../gl/tile_atlas';
import { thumbLayers } from './model_paint';

const tokens = { tokens: ['a', 'b'], words: [0, 1], special: [0, 0], sentences: [0, 0] };
const axis = makeAxis(tokens, 'q', { filter: 'all', special: 'show', words: false });

/** Width and opacity of a thumbnail's lines, by query and key. */
function lines(settings: Partial<ViewSettings>, values: number[], largest = 1): { width: number; opacity: number }[] {
  const s = { ...DEFAULTS, ...settings } as ViewSettings;
  const rect = { x: 0, y: 0, width: 40, height: 40 };
  const layers = thumbLayers({ thumbs: [{ name: 'L0H0', rect, tile: { rows: 2, cols: 2, data: Float32Array.from(values) }, key: '' }], kind: 'lines',
    atlas: new TileAtlas(64, 4), axes: { q: axis, k: axis }, settings: s, theme: 'light', scale: 'common', largest, clip: rect });
  const { count, data } = layers[1] as LineLayer;
  return Array.from({ length: count }, (_, i) => ({ width: data[i * LINE_STRIDE + 4] as number, opacity: data[i * LINE_STRIDE + 5] as number }));
}

// A line of strength s is 0.5 + s px wide and 0.15 + 0.85·s opaque, by hand.
describe('lines of thumbnails', () => {
  it.each([
    ['linear', [0.5, 0.25, 0.1]], ['log', [0.9247425, 0.8494850, 0.75]], ['row', [1, 0.5, 1]],
  ] as const)('have the ink of the %s scale', (scale, strengths) => {
    // The second row's 0.04 is below 0.05: no scale brings it back.
    const found = lines({ scale }, [0.5, 0.25, 0.1, 0.04]);
    expect(found).toHaveLength(3);
    strengths.forEach((s, i) => {
      expect(found[i]?.width).toBeCloseTo(0.5 + s, 5);
      expect(found[i]?.opacity).toBeCloseTo(0.15 + 0.85 * s, 5);
    });
  });
  it('are relative to the largest value shown, in size', () => {
    expect(lines({ scale: 'row', quantity: 'score' }, [-4, 2, 0, -1], 4).map(({ width }) => width)).toEqual([1.5, 1, 1.5]);
  });
});
