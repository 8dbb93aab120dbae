import { describe, expect, it } from 'vitest';
import type { Sight } from '../common/sight';
import { hiddenRects } from './thumb_hatch';

const axis = (n: number): { first: number; end: number; text: string }[] => Array.from({ length: n }, (_, i) => ({ first: i, end: i + 1, text: '' }));
const area = (rects: readonly { width: number; height: number }[]): number => rects.reduce((sum, r) => sum + r.width * r.height, 0);
const causal: Sight = { hides: true, id: 'causal', run: (q) => ({ first: 0, end: q.end }), sees: (q, k) => k.first < q.end };

describe('hatches of thumbnails', () => {
  it('lie on the cells above the diagonal', () => {
    expect(hiddenRects(causal, { q: axis(4), k: axis(4) }, 40)).toEqual([
      { x: 10, y: 0, width: 30, height: 10 }, { x: 20, y: 10, width: 20, height: 10 }, { x: 30, y: 20, width: 10, height: 10 }]);
  });
  it('cover the same part of a long text, one row a pixel', () => {
    const rects = hiddenRects(causal, { q: axis(4000), k: axis(4000) }, 50);
    expect(new Set(rects.map((r) => r.y)).size).toBeLessThanOrEqual(50);
    expect(area(rects) / 2500).toBeCloseTo(0.5, 1);
  });
  it('follow a mask that has no runs', () => {
    const odd: Sight = { hides: true, id: 'odd', sees: (q, k) => (q.first + k.first) % 2 === 0 };
    expect(hiddenRects(odd, { q: axis(2), k: axis(3) }, 60)).toEqual([
      { x: 20, y: 0, width: 20, height: 30 }, { x: 0, y: 30, width: 20, height: 30 }, { x: 40, y: 30, width: 20, height: 30 }]);
  });
});
