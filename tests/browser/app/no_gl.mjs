// M4: without WebGL the same picture on Canvas, said once; and a context that is lost mid-use.
import assert from 'node:assert/strict';
import { close, edges, id, idle, launch, run } from '../harness.mjs';

export const server = { model: null };
const TALL = { height: 1000 };

const painted = (page) => page.evaluate(() => {
  const canvas = document.querySelector('headscope-app').viewPanel.view.shadowRoot.querySelector('.stage > canvas');
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
});

export const checks = {
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
