// M4: without WebGL the same picture on Canvas, said once; and a context that is lost mid-use.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { close, edges, id, idle, launch, run, traces } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-no-gl-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const file = path.join(folder, 'long.safetensors');
// Sixteen thumbnails a row have fewer pixels than texels: each renderer reduces them by its own code.
const TOKENS = 150;
await writeTrace(file, { n: TOKENS, layers: 4, heads: 16 });

export const server = { args: ['--trace', file], model: null };
const TALL = { height: 1000 };

const painted = (page) => page.evaluate(() => {
  const canvas = document.querySelector('headscope-app').viewPanel.view.shadowRoot.querySelector('canvas');
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
});

/** Mean colour of each block of 6 × 6 pixels of the base picture, on white. */
const grid = (page) => page.evaluate(() => {
  const canvas = document.querySelector('headscope-app').viewPanel.view.shadowRoot.querySelector('canvas');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const [across, down, size] = [Math.floor(width / 6), Math.floor(height / 6), 36];
  const cells = Array.from({ length: across * down * 3 }, () => 0);
  for (let y = 0; y < down * 6; y++) for (let x = 0; x < across * 6; x++) {
    const at = (y * width + x) * 4;
    const alpha = data[at + 3] / 255;
    const cell = (Math.floor(y / 6) * across + Math.floor(x / 6)) * 3;
    for (let c = 0; c < 3; c++) cells[cell + c] += (data[at + c] * alpha + 255 * (1 - alpha)) / size;
  }
  return { across, down, cells };
});

/** The two pictures look alike: nowhere a block of another colour, and no ink lost on the whole. */
function alike(a, b, what, tolerance) {
  assert.deepEqual([a.across, a.down], [b.across, b.down], `${what}: size`);
  const ink = (cells) => cells.reduce((sum, v) => sum + 255 - v, 0);
  let worst = 0;
  a.cells.forEach((v, i) => { worst = Math.max(worst, Math.abs(v - b.cells[i])); });
  process.stdout.write(`      ${what}: worst block differs by ${worst.toFixed(1)} of 255, ink ${(ink(b.cells) / ink(a.cells)).toFixed(4)}\n`);
  assert.ok(worst < 40, `${what}: a block differs by ${worst}`);
  close(ink(b.cells) / ink(a.cells), 1, tolerance, `${what}: ink of Canvas against WebGL`);
}

export const checks = {
  async 'M4 both renderers show the same picture, in every view'(t) {
    t.allow(/Multiple readback operations/);
    const browser = await launch('off');
    try {
      const { id: trace } = (await traces(t.server)).find((e) => e.sequences.text?.tokens.length === TOKENS);
      const links = [['lines', '#hs=1&h=L2H6,L2H1'], ['grid of lines', '#hs=1&v=model'], ['grid of rasters', `#hs=1&v=model&tr=${trace}`], ['matrix', `#hs=1&v=matrix&h=L1H3&tr=${trace}`],
        ['scores', `#hs=1&v=matrix&h=L1H3&qy=score&tr=${trace}`]];
      const gl = await t.open('', TALL);
      const plain = await t.open('', { ...TALL, browser });
      for (const [what, state] of links) {
        const pictures = [];
        for (const page of [gl, plain]) {
          await run(page, 'set', { state });
          assert.equal(await page.evaluate(() => window.headscope.views[0].renderer), page === gl ? 'webgl2' : 'canvas2d');
          assert.equal(await page.locator(id('error-HS-GL-01')).count(), page === gl ? 0 : 1, `${what}: said where it is so`);
          // The notice takes a line of the view: pictures are compared at one size.
          await page.evaluate(() => {
            const { view } = document.querySelector('headscope-app').viewPanel;
            const notice = view.shadowRoot.querySelector('[data-testid=error-HS-GL-01]');
            if (notice) notice.style.display = 'none';
            view.requestUpdate();
          });
          await idle(page);
          pictures.push(await grid(page));
        }
        // Hairlines fade by their own rules in each renderer; rasters are the same pixels.
        alike(...pictures, what, what.includes('lines') ? 0.2 : 0.03);
      }
      await plain.context().close();
    } finally {
      await browser.close();
    }
  },
  async 'M4 drawn with Canvas, same edges'(t) {
    const gl = await t.open('#hs=1&h=L2H6', TALL);
    assert.equal(await gl.evaluate(() => window.headscope.views[0].renderer), 'webgl2');
    const browser = await launch('off');
    try {
      const page = await t.open('#hs=1&h=L2H6', { ...TALL, browser });
      assert.equal(await page.evaluate(() => window.headscope.views[0].renderer), 'canvas2d');
      assert.match(await page.locator(id('error-HS-GL-01')).innerText(), /WebGL 2 is not available; drawing with Canvas, at most 20,000 lines\. Numbers are unaffected\./);
      assert.ok(await painted(page));
      const wanted = await edges(gl);
      const drawn = await edges(page);
      assert.equal(drawn.length, wanted.length);
      drawn.forEach((e, i) => { close(e.width, wanted[i].width, 1e-9, 'width'); });
      for (const view of ['model', 'matrix', 'head']) await run(page, `view.${view}`);
      await page.context().close();
    } finally {
      await browser.close();
    }
  },
  async 'M4 context lost mid-use: still drawn'(t) {
    const page = await t.open('', { init: () => {
      for (const kind of [HTMLCanvasElement, OffscreenCanvas]) {
        const own = kind.prototype.getContext;
        kind.prototype.getContext = function get(type, ...more) {
          const made = own.call(this, type, ...more);
          if (type === 'webgl2' && made) (window.contexts ??= new Set()).add(made);
          return made;
        };
      }
    } });
    assert.ok(await page.evaluate(() => window.contexts?.size > 0), 'a WebGL context is used');
    await page.evaluate(() => { for (const gl of window.contexts) gl.getExtension('WEBGL_lose_context').loseContext(); });
    await page.waitForFunction(() => window.headscope.views[0].renderer === 'canvas2d');
    await idle(page);
    assert.ok(await painted(page));
    await page.click(id('head-chip-3'));
    await idle(page);
    assert.ok(new Set((await edges(page)).map((e) => e.head)).size === 2);
  },
};
