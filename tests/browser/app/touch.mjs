// Two fingers on the picture: rows of the head view grow as the fingers part, the matrix is zoomed about
// the point between them; neither chooses anything.
import assert from 'node:assert/strict';
import { id, idle, state, until } from '../harness.mjs';

export const server = { model: null };

const touch = { context: { hasTouch: true } };

/** Two fingers one above the other, `from` px from each other about a point, move until they are `to` px apart. */
async function pinch(page, { x, y }, from, to) {
  const client = await page.context().newCDPSession(page);
  const fingers = (gap) => [{ x, y: y - gap / 2, id: 1 }, { x, y: y + gap / 2, id: 2 }];
  const send = (type, touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints });
  await send('touchStart', fingers(from).slice(0, 1));
  await send('touchStart', fingers(from));
  for (let i = 1; i <= 8; i++) await send('touchMove', fingers(from + ((to - from) * i) / 8));
  await send('touchEnd', []);
  await idle(page);
}

const rowHeight = async (page) => (await page.locator(id('token-q-1')).boundingBox()).height;
const inView = (page, expression) => page.evaluate((e) => Function('view', `return ${e};`)(document.querySelector('headscope-app').viewPanel.view), expression);

/** A finger goes down in the middle of an element, moves, and is taken by the system; then the same pointer is heard of once more. */
async function takenDrag(page, locator, { x, y }) {
  const box = await locator.boundingBox();
  const client = await page.context().newCDPSession(page);
  const at = (n) => [{ x: box.x + box.width / 2 + x * n, y: box.y + box.height / 2 + y * n, id: 1 }];
  const send = (type, touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints });
  await send('touchStart', at(0));
  for (let n = 1; n <= 4; n++) await send('touchMove', at(n));
  return {
    async cancel() { await send('touchCancel', []); },
    async late() {
      // To the other side of where it began: a drag that goes on would show.
      await locator.evaluate((e, { x: clientX, y: clientY }) => { e.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true })); }, at(-4)[0]);
      await idle(page);
    },
  };
}

export const checks = {
  async 'D13 a drag that the system takes is over: the map’s edge, which is kept once, and the minimap'(t) {
    const page = await t.open('#hs=1&v=head&h=L10H10', { ...touch, height: 560 });
    await page.evaluate(() => {
      window.kept = 0;
      const own = Storage.prototype.setItem;
      Storage.prototype.setItem = function set(...entry) { window.kept++; return own.apply(this, entry); };
    });
    const kept = () => page.evaluate(() => window.kept);
    const edge = page.locator('[role=separator]');
    const width = async () => { await idle(page); return Number(await edge.getAttribute('aria-valuenow')); };
    const before = await width();
    const drag = await takenDrag(page, edge, { x: 8, y: 0 });
    const dragged = await until(width, (now) => now > before, 'the edge follows');
    assert.equal(await kept(), 0, 'not while it moves');
    await drag.cancel();
    await until(kept, (times) => times === 1, 'kept where it was let go');
    await drag.late();
    assert.deepEqual([await width(), await kept()], [dragged, 1], 'over');
    const first = () => page.evaluate(() => window.headscope.views[0].rows()[0].first);
    const map = await takenDrag(page, page.locator(id('minimap')), { x: 0, y: 6 });
    const row = await until(first, (now) => now > 0, 'the rows follow');
    await map.cancel();
    await idle(page);
    const stays = await first();
    assert.ok(stays >= row);
    await map.late();
    assert.equal(await first(), stays, 'over');
  },
  async 'two fingers make the rows of the head view higher, and lower again'(t) {
    const page = await t.open('#hs=1&v=head', touch);
    const before = await rowHeight(page);
    const box = await page.locator('.lines').first().boundingBox();
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await pinch(page, middle, 100, 150);
    const high = await rowHeight(page);
    assert.ok(Math.abs(high / before - 1.5) < 0.05, `rows of ${before} px became ${high} px`);
    await pinch(page, middle, 150, 100);
    const again = await rowHeight(page);
    assert.ok(Math.abs(again / before - 1) < 0.05, `rows of ${high} px became ${again} px, not ${before}`);
    const { pins, selection, density } = await state(page);
    assert.deepEqual([pins, selection, density], [[], { q: null, k: null }, 'comfortable']);
  },
  async 'two fingers zoom the matrix about the point between them, and the link has it'(t) {
    const page = await t.open('#hs=1&v=matrix&h=L2H0&zm=4-14,4-14', touch);
    const stage = await page.locator(id('view-matrix')).boundingBox();
    const plot = await inView(page, 'view.frame_().plots[0]');
    const at = { x: plot.x + plot.width * 0.6, y: plot.y + plot.height * 0.4 };
    const cellThere = () => inView(page, `JSON.stringify(view.hitAt(${JSON.stringify(at)}))`);
    const [cell, there] = [await inView(page, 'view.camera.view.cell'), await cellThere()];
    await pinch(page, { x: stage.x + at.x, y: stage.y + at.y }, 100, 120);
    const now = await inView(page, 'view.camera.view.cell');
    assert.ok(Math.abs(now / cell - 1.2) < 0.02, `cells of ${cell} px became ${now} px`);
    assert.equal(await cellThere(), there);
    const { zoom, pins, selection } = await state(page);
    assert.ok(zoom && zoom.q1 - zoom.q0 < 10, JSON.stringify(zoom));
    assert.deepEqual([pins, selection], [[], { q: null, k: null }]);
  },
};
