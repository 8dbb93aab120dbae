import { describe, expect, it } from 'vitest';
import { focusOf, togglePin } from '../../ui/pins';
import { gutter, keyY, lineAt, lineLayer, type Columns } from './head_scene';
import { bucketBelow, rowEdges } from './edges';
import { panelLayout } from './layout';
import { palette } from '../../ui/identity';

describe('pins', () => {
  it.each([
    [[], 'q1', false, ['q1']], [['q1'], 'q1', false, []], [['q1'], 'k2', false, ['k2']], [['q1'], 'k2', true, ['q1', 'k2']],
    [['q1', 'k2'], 'q1', true, ['k2']], [['q1', 'k2'], 'q1', false, ['q1']],
    [['q1', 'q2', 'q3', 'q4'], 'q5', true, ['q1', 'q2', 'q3', 'q4']],
  ])('%s, click %s (add %s) → %s', (pins, pin, add, expected) => { expect(togglePin(pins, pin, add)).toEqual(expected); });
  const axis = [{ first: 0, end: 1, text: 'a' }, { first: 2, end: 4, text: 'b' }];
  it('finds pinned tokens in merged words, drops hidden ones, previews the hovered', () => {
    expect(focusOf(['q3', 'k1'], null, axis, axis)).toEqual({ q: new Set([1]), k: new Set() });
    expect(focusOf(['q1'], null, axis, axis)).toBeNull();
    expect(focusOf(['q3'], { side: 'k', index: 0 }, axis, axis)).toEqual({ q: new Set(), k: new Set([0]) });
  });
});

describe('lines', () => {
  const q = { count: 100, rowHeight: 24, viewHeight: 240, scroll: 0, top: 0, slot: 3 };
  const columns: Columns = { q, k: q, bucketsAbove: 0, bucketsBelow: 4, sinkY: 0 };
  const panel = panelLayout(600, 1, 100)[0] as ReturnType<typeof panelLayout>[number];
  const series = [{ name: 'L0H0', heads: ['L0H0'], slot: { colour: 0, dash: 0 } }];
  const values = new Float32Array(100);
  values.set([0.5, 0.2], 2);
  values[40] = 0.25;
  values[41] = 0.05;
  const edges = rowEdges(0, 1, { first: 0, values }, { threshold: 0.01, topk: 0, scale: 'linear', largest: 1, seriesCount: 1 });
  it('hits the line under the pointer', () => {
    const layer = lineLayer(edges, series, columns, panel, palette('light'), { x: 0, y: 0, width: 600, height: 240 }, 9);
    expect(edges[lineAt(layer, panel.lineRight, 2.5 * 24)]?.k).toBe(2);
    expect(lineAt(layer, panel.lineRight, 1)).toBe(-1);
  });
  it('sums what leaves the viewport', () => {
    const badges = gutter(edges, columns);
    expect(badges.above).toBeNull();
    expect(badges.below).toMatchObject({ keys: 2, heaviest: 40 });
    expect(badges.below?.weight).toBeCloseTo(0.3, 6);
  });
  it('places buckets below the rows', () => { expect(keyY(columns, bucketBelow(0))).toBe(241.5); });
});
