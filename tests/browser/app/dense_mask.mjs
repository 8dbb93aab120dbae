// Keys that a dense mask hides are hatched, not coloured as zero, in the matrix and on thumbnails: read
// off the pixels, against the mask that the trace was written with.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errors, idle, run, traces } from '../harness.mjs';
import { writeDenseTrace } from '../dense_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-dense-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const N = 6;
// Two packed texts of three tokens; besides, nobody looks back at token 1. No causal or window mask looks like it.
const sees = (q, k) => Math.floor(q / 3) === Math.floor(k / 3) && (k !== 1 || q === 1);
const file = path.join(folder, 'dense.safetensors');
writeDenseTrace(file, N, sees);

export const server = { args: ['--trace', file], model: null };

/** How many colours the base canvas has in each of N × N cells of a plot. */
const coloursOfCells = (page, plotOf) => page.evaluate(([source, n]) => {
  const { view } = document.querySelector('headscope-app').viewPanel;
  const { x, y, cell } = Function('view', source)(view);
  const canvas = view.shadowRoot.querySelector('canvas.base, .scroller > canvas');
  const ctx = canvas.getContext('2d');
  const ratio = window.devicePixelRatio;
  const all = ctx.getImageData(0, 0, canvas.width, canvas.height);
  // The upper left corner of a cell: its number stands in the middle.
  const size = Math.max(5, Math.floor(cell * 0.2)) * ratio;
  return Array.from({ length: n }, (_, q) => Array.from({ length: n }, (_, k) => {
    const [left, top] = [x + (k + 0.1) * cell, y + (q + 0.1) * cell].map((at) => Math.round(at * ratio));
    const colours = new Set();
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) {
      const from = 4 * ((top + i) * canvas.width + left + j);
      colours.add(all.data.slice(from, from + 4).join());
    }
    return colours.size;
  }));
}, [plotOf, N]);

const hatched = (colours) => colours.map((row) => row.map((count) => count > 1));
const hidden = (mask) => Array.from({ length: N }, (_, q) => Array.from({ length: N }, (_, k) => !mask(q, k)));
const PLOT = 'const [plot] = view.frame_().plots; const { view: at } = view.camera; return { x: plot.x - at.x * at.cell, y: plot.y - at.y * at.cell, cell: at.cell };';

async function open(t, link) {
  t.allow(/willReadFrequently/);
  const trace = (await traces(t.server)).find((e) => e.model.name === 'dense-mask');
  return t.open(`#hs=1&tr=${trace.id}&${link}`);
}

export const checks = {
  async 'the matrix hatches what a dense mask hides, and nothing of a layer without one'(t) {
    const page = await open(t, 'v=matrix&h=L0H0');
    assert.deepEqual(hatched(await coloursOfCells(page, PLOT)), hidden(sees));
    await run(page, 'head.set', { heads: ['L1H0'] });
    assert.deepEqual(hatched(await coloursOfCells(page, PLOT)), hidden(() => true));
    assert.deepEqual(await errors(page), []);
  },
  async 'thumbnails are hatched by the mask of their own layer'(t) {
    const page = await open(t, 'v=model&tn=matrix&h=L0H0');
    await idle(page);
    for (const [head, mask] of [['L0H0', sees], ['L1H0', () => true]]) {
      const plot = `const r = view.shadowRoot.querySelector('[data-testid="thumb-${head}"]').getBoundingClientRect();
        const s = view.shadowRoot.querySelector('.scroller').getBoundingClientRect(); return { x: r.x - s.x, y: r.y - s.y, cell: r.width / ${N} };`;
      assert.deepEqual(hatched(await coloursOfCells(page, plot)), hidden(mask), head);
    }
  },
};
