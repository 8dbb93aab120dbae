import { expect, it } from 'vitest';
import { layersGrid } from './grid';

it('rollout and flow have one thumbnail a layer', () => {
  const grid = layersGrid([{ layer: 0, heads: [0, 1] }, { layer: 1, heads: [0, 1] }, { layer: 2, heads: [0] }], 2);
  expect(grid.cells.map((c) => [c.name, c.row, c.col])).toEqual([['L0H0', 0, 0], ['L1H0', 0, 1], ['L2H0', 1, 0]]);
  expect(grid.rows).toBe(2);
});
