// Choosing heads and tokens in the head view (B4, B5, B8), on the demo trace.
import assert from 'node:assert/strict';
import { close, edges, gate, id, idle, leave, run, state } from '../harness.mjs';

export const server = { model: null };
export const timing = true;
/** Every row on screen: lines of rows outside the window are not drawn. */
const TALL = { height: 1000 };

export const checks = {
  async 'B4 chips: toggle, the last stays on, solo, restore'(t) {
    const page = await t.open();
    const heads = async () => { await idle(page); return (await state(page)).heads; };
    await page.click(id('head-chip-3'));
    assert.deepEqual(await heads(), ['L2H0', 'L2H3']);
    await page.click(id('head-chip-3'));
    await page.click(id('head-chip-0'));
    assert.deepEqual(await heads(), ['L2H0'], 'the last head stays on');
    await page.dblclick(id('head-chip-5'));
    assert.deepEqual(await heads(), ['L2H5'], 'double-click solos');
    await page.dblclick(id('head-chip-5'));
    assert.equal((await heads()).length, 12, 'again restores all');
  },
  async 'B4 one click acts within 50 ms'(t) {
    const page = await t.open();
    const times = [];
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
      // One click, not a burst: what the one before set going (numbers, thumbnails) has ended.
      await idle(page);
      times.push(await page.evaluate((chip) => new Promise((resolve) => {
        const find = (root) => { for (const e of root.querySelectorAll('*')) { if (e.dataset?.testid === chip) return e; const deep = e.shadowRoot && find(e.shadowRoot); if (deep) return deep; } return null; };
        const view = window.headscope.views[0];
        const before = view.edges().length;
        const start = performance.now();
        find(document).click();
        const look = () => (view.edges().length !== before ? resolve(performance.now() - start) : requestAnimationFrame(look));
        look();
      }), `head-chip-${n}`));
    }
    gate('click to lines', times, 50);
  },
  async 'the head bar follows the layer, and Ctrl-click keeps heads of others'(t) {
    const page = await t.open();
    await page.click(id('map-cell-L6H11'), { modifiers: ['Control'] });
    await idle(page);
    assert.deepEqual((await state(page)).heads, ['L2H0', 'L6H11']);
    await run(page, 'layer.set', { layer: 5 });
    assert.deepEqual((await state(page)).heads, ['L5H0', 'L6H11']);
  },
  async 'B5 hover, pin, Escape, from both sides'(t) {
    const page = await t.open('#hs=1&h=L2H6');
    await leave(page);
    const all = (await edges(page)).length;
    for (const side of ['q', 'k']) {
      const token = id(`token-${side}-5`);
      await page.hover(token);
      await idle(page);
      const hovered = await edges(page);
      assert.ok(hovered.length > 0 && hovered.every((e) => e[side] === 5), `hover ${side}`);
      await leave(page);
      assert.equal((await edges(page)).length, all, 'all are back');
      await page.click(token);
      await leave(page);
      assert.ok((await edges(page)).every((e) => e[side] === 5), 'stays after leaving');
      await page.focus(token);
      await page.keyboard.press('Escape');
      await leave(page);
      assert.equal((await edges(page)).length, all, 'Escape clears');
    }
  },
  async 'lines end at the rows of their tokens'(t) {
    const page = await t.open('#hs=1&h=L2H6', TALL);
    const middle = async (side, token) => {
      const box = await page.locator(id(`token-${side}-${token}`)).boundingBox();
      return { y: box.y + box.height / 2, edge: side === 'q' ? box.x + box.width : box.x };
    };
    const stage = await page.locator('[role=figure]').boundingBox();
    for (const e of (await edges(page)).slice(-6)) {
      const [q, k] = [await middle('q', e.q), await middle('k', e.k)];
      close(e.y0 + stage.y, q.y, 0.6, `query end of ${e.q} → ${e.k}`);
      close(e.y1 + stage.y, k.y, 0.6, `key end of ${e.q} → ${e.k}`);
      close(e.x0 + stage.x, q.edge, 1.5, 'right of the query');
      close(e.x1 + stage.x, k.edge, 1.5, 'left of the key');
    }
  },
  async 'up to four pins, with Ctrl'(t) {
    const page = await t.open();
    for (const token of ['q-1', 'q-2', 'k-3', 'k-4', 'q-5']) await page.click(id(`token-${token}`), { modifiers: ['Control'] });
    assert.deepEqual((await state(page)).pins, ['q1', 'q2', 'k3', 'k4']);
  },
  async 'B8 width and opacity follow the weight'(t) {
    const page = await t.open('#hs=1&h=L2H6,L2H1&t=0', TALL);
    const widest = 6 / Math.SQRT2;
    const drawn = await edges(page);
    assert.ok(drawn.length >= 2 * 19 * 19 * 0.9);
    for (let i = 0; i < 200; i++) {
      const e = drawn[(i * 7919) % drawn.length];
      close(e.width, 0.6 + (widest - 0.6) * e.weight, 1e-6, 'width');
      close(e.opacity, 0.15 + 0.85 * e.weight, 1e-6, 'opacity');
    }
    for (let i = 1; i < drawn.length; i++) assert.ok(drawn[i].weight >= drawn[i - 1].weight, 'heaviest on top');
    await run(page, 'head.set', { heads: ['L2H6'] });
    const alone = new Map((await edges(page)).map((e) => [`${e.q} ${e.k}`, e]));
    for (const e of drawn.filter((d) => d.head === 'L2H6')) close(alone.get(`${e.q} ${e.k}`).opacity, e.opacity, 1e-9, 'opacity with fewer heads');
  },
};
