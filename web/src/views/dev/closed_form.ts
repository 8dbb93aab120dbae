// Weights in closed form, so that pooled tiles of any length cost nothing: half of a query's
// attention on the next token, 0.3 on the first, the rest evenly. For timing the front end alone.
// No part of the app.

import { floatsToHalves } from '../../ui/half';
import type { Tile, TileSpec } from '../../ui/tile_store';

function weight(i: number, j: number, n: number): number {
  return 0.2 / n + (j === 0 ? 0.3 : 0) + (j === Math.min(n - 1, i + 1) ? 0.5 : 0);
}

export function closedFormTile(s: TileSpec, n: number): Tile {
  const rows = s.q1 - s.q0;
  const cols = s.k1 - s.k0;
  const outQ = Math.min(s.outQ || rows, rows, s.preview || rows);
  const outK = Math.min(s.outK || cols, cols);
  const data = new Float32Array(outQ * outK);
  const start = (first: number, size: number, out: number, at: number): number => first + Math.floor((at * size) / out);
  for (let r = 0; r < outQ; r++) {
    const q0 = start(s.q0, rows, outQ, r);
    const q1 = start(s.q0, rows, outQ, r + 1);
    for (let c = 0; c < outK; c++) {
      const k0 = start(s.k0, cols, outK, c);
      const k1 = start(s.k0, cols, outK, c + 1);
      // Queries q0 … q1−1 put their half on the keys q0+1 … q1 (the last query on itself).
      const hits = Math.max(0, Math.min(k1, q1 + 1) - Math.max(k0, q0 + 1));
      const first = k0 === 0 ? 1 : 0;
      const area = (q1 - q0) * (k1 - k0);
      const cell = area === 1 ? weight(q0, k0, n) : s.pool === 'max' ? 0.2 / n + Math.max(first * 0.3, hits > 0 ? 0.5 : 0)
        : 0.2 / n + (first * 0.3) / (k1 - k0) + (hits * 0.5) / area;
      data[r * outK + c] = cell;
    }
  }
  return { rows: outQ, cols: outK, data: s.dtype === 'f16' ? floatsToHalves(data) : data };
}
