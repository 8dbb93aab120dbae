// Long inputs and many heads in the app (M1, M2, M3, M5 of the interface's acceptance table), on
// synthetic traces: 144 heads of 512, 2,048 and 8,192 tokens, 384 heads of 128, and 8 heads of 8,192,
// few enough to be computed exactly while a test waits. Times are printed and gated.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, close, gate, id, idle, run, traces, wholePicture } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-scale-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const LENGTHS = [512, 2048, 8192];
const SHAPES = [{ n: 128, layers: 24, heads: 16 }, { n: 128, layers: 12, heads: 12 }, ...LENGTHS.map((n) => ({ n, layers: 12, heads: 12 })), { n: 8192, layers: 2, heads: 4 }];
const files = [];
for (const shape of SHAPES) {
  files.push(path.join(folder, `trace-${shape.n}-${shape.layers}.safetensors`));
  await writeTrace(files.at(-1), shape);
}

export const server = { args: files.flatMap((f) => ['--trace', f]) };
export const timing = true;

const nodes = (page) => page.evaluate(() => {
  let count = 0;
  const walk = (root) => { for (const e of root.querySelectorAll('*')) { count++; if (e.shadowRoot) walk(e.shadowRoot); } };
  walk(document);
  return count;
});
const view = (page, name) => page.evaluate((n) => window.headscope.views[0][n](), name);
const timings = (page) => view(page, 'timings');
const approximate = (page) => page.locator('[data-testid^="thumb-L"][data-glyph^="≈"]').count();
const painted = (page) => page.waitForFunction(() => window.headscope.views[0].timings().gridFirstPaint > 0);

async function traceOf(t, n, layers) {
  const entry = (await traces(t.server)).find((e) => e.sequences.text?.tokens.length === n && e.stacks[0].layers.length === layers);
  return entry?.id ?? assert.fail(`no trace of ${n} tokens and ${layers} layers`);
}

/** A page that shows the trace, and keeps a record of tasks that kept its thread from answering, and of what it asked. */
async function openTrace(t, n, hash, { layers = 12, wait = true } = {}) {
  const trace = await traceOf(t, n, layers);
  const page = await t.open();
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => { for (const e of list.getEntries()) window.tasks.push(e.duration); }).observe({ entryTypes: ['longtask'] });
  });
  page.asked = [];
  page.on('request', (r) => { const method = /\/rpc\/(\w+)$/.exec(r.url())?.[1]; if (method) page.asked.push({ method, body: r.postDataJSON() }); });
  const state = `#hs=1&tr=${trace}${hash}`;
  if (wait) await run(page, 'set', { state });
  else await page.evaluate((s) => { window.headscope.views[0].run('set', { state: s }); }, state);
  page.trace = trace;
  return page;
}

/** Scrolls by whole screens; resolves with the most that was in flight and held at any time. */
async function paced(page, selector, screens) {
  return page.evaluate(async ([inner, count]) => {
    const find = (root) => { for (const e of root.querySelectorAll('*')) { if (e.matches(inner)) return e; const deep = e.shadowRoot && find(e.shadowRoot); if (deep) return deep; } return null; };
    const element = find(document);
    const most = { inflight: 0, bytes: 0 };
    const [view] = window.headscope.views;
    for (let i = 0; i < count; i++) {
      const before = view.tiles();
      element.scrollTop += element.clientHeight;
      // On to the next screen as soon as this one's tiles are asked for, or all of them are here.
      let here = false;
      void document.querySelector('headscope-app').viewPanel.view.idle().then(() => { here = true; });
      let now;
      do {
        await new Promise((r) => { requestAnimationFrame(r); });
        now = view.tiles();
        for (const key of Object.keys(most)) most[key] = Math.max(most[key], now[key]);
      } while (!here && ['inflight', 'cached', 'cancelled'].every((key) => now[key] === before[key]));
    }
    return most;
  }, [selector, screens]);
}

/** What the matrix says of a cell is the row's value. */
async function oneWeight(page, head, text) {
  const [, q, k, shown] = new RegExp(`\\((\\d+)\\) → .* \\((\\d+)\\), ${head}: ([\\d.e-]+)$`).exec(text.replace('−', '-')) ?? assert.fail(`one weight of ${head}: ${text}`);
  const { tensors } = await ask(page, 'row', { trace: page.trace, stack: '', heads: [head], side: 'q', index: Number(q), top: 1 });
  const value = tensors.values.values[Number(k)];
  assert.ok(value > 0 && Math.abs(Number(shown) - value) <= 5e-4 * value + 1e-12, `${q} → ${k}: ${shown} shown, ${value} in the row`);
}

async function rowsFollow(page, n) {
  const few = async () => { for (const side of ['q', 'k']) assert.ok((await page.locator(`.${side}col .token`).count()) <= 80, `${n}: rows of ${side}`); };
  await few();
  const whole = async (when) => {
    const sums = new Map();
    for (const e of await view(page, 'edges')) sums.set(e.q, (sums.get(e.q) ?? 0) + e.weight);
    const [{ first, last }] = await view(page, 'rows');
    assert.ok(last > first && sums.size === last - first + 1, `${n}, ${when}: ${sums.size} queries drawn, ${first} to ${last} on screen`);
    for (const [q, sum] of sums) close(sum, 1, 1e-4, `${n}, ${when}: buckets and window of query ${q}`);
  };
  await whole('first');
  const before = await view(page, 'rows');
  await paced(page, '.qcol', 4);
  await idle(page);
  const after = await view(page, 'rows');
  assert.ok(after[0].first > before[0].last && after[1].first === after[0].first, `${n}: rows follow scrolling, columns together`);
  await few();
  await whole('scrolled');
}

export const checks = {
  async 'M1 all 384 heads of a 24×16 model'(t) {
    const page = await openTrace(t, 128, '&v=model', { layers: 24 });
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 384);
    gate('384 thumbnails of 128 tokens', [(await timings(page)).gridFirstPaint], 1000);
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
    await page.click(id('thumb-L23H15'));
    await page.waitForSelector(id('detail-L23H15'));
  },
  async 'M2 128 tokens: the grid at once'(t) {
    const page = await openTrace(t, 128, '&v=model');
    gate('144 thumbnails of 128 tokens', [(await timings(page)).gridFirstPaint], 300);
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
  },
  async 'M2 512 tokens: the grid at once, few elements'(t) {
    const page = await openTrace(t, 512, '&v=model');
    gate('144 thumbnails of 512 tokens', [(await timings(page)).gridFirstPaint], 1000);
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
  },
  async 'J4 512 tokens: sort by reach, open the first head, brush in its matrix'(t) {
    const page = await openTrace(t, 512, '&v=model');
    const { json } = await ask(page, 'heads', { trace: page.trace, scope: 'input' });
    const [far] = [...json.heads].sort((a, b) => b.reach - a.reach || a.layer - b.layer || a.head - b.head);
    const name = `L${far.layer}H${far.head}`;
    await page.selectOption(id('grid-order'), 'reach');
    await idle(page);
    const first = page.locator('[data-testid^="thumb-L"]').first();
    assert.equal(await first.getAttribute('data-testid'), `thumb-${name}`);
    assert.equal(await first.getAttribute('data-name'), `${name} · ${far.reach.toFixed(1)}`);
    await first.click();
    await idle(page);
    await page.waitForSelector(id(`detail-${name}`));
    await page.click(id('tab-matrix'));
    await idle(page);
    const box = await page.locator(id('view-matrix')).boundingBox();
    const cursor = () => page.locator(id('matrix-cursor')).innerText();
    const pooled = `^${name}, queries \\d+–\\d+ × keys`;
    // From below right to above left: a brush goes in every direction.
    const [x, y] = [box.x + box.width * 0.5, box.y + box.height * 0.6];
    await page.mouse.move(x, y);
    await idle(page);
    assert.match(await cursor(), new RegExp(pooled));
    // X1: the pooled pixel says the largest of its weights, where it is, and their mean.
    const pixel = new RegExp(`^${name}, queries (\\d+)–(\\d+) × keys (\\d+)–(\\d+): max (\\S+) \\((\\d+)→(\\d+)\\), mean (\\S+)\\.`);
    const [, q0, q1, k0, k1, most, q, k, mean] = pixel.exec((await cursor()).replaceAll('−', '-')).map((v) => Number(v) || 0);
    const block = [];
    for (let i = q0; i <= q1; i++) {
      const { tensors } = await ask(page, 'row', { trace: page.trace, stack: '', heads: [name], side: 'q', index: i, top: 1 });
      for (let j = k0; j <= k1; j++) block.push({ i, j, v: tensors.values.values[j] });
    }
    const top = block.reduce((a, b) => (b.v > a.v ? b : a));
    assert.deepEqual([q, k], [top.i, top.j]);
    close(most, top.v, 6e-4 * top.v, 'the largest weight of the pixel');
    close(mean, block.reduce((sum, b) => sum + b.v, 0) / block.length, 6e-4 * mean, 'their mean');
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.move(x - 30, y - 20, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.mouse.move(x, y - 5);
    await idle(page);
    await oneWeight(page, name, await cursor());
  },
  async 'F13 go to any token: the head view goes there'(t) {
    const page = await openTrace(t, 2048, '&v=head&h=L3H5');
    for (const token of [1500, 20]) {
      await run(page, 'pin.token', { token });
      const [{ first, last }] = await view(page, 'rows');
      assert.ok(first <= token && token <= last, `${token} is in ${first}–${last}`);
      assert.ok((await view(page, 'edges')).every((e) => e.q === token));
    }
  },
  async 'M3 2,048 tokens: a preview, then exact'(t) {
    const page = await openTrace(t, 2048, '&v=model');
    const times = await timings(page);
    gate('preview of 2,048 tokens', [times.gridFirstPaint], 1000);
    assert.ok(times.gridExact > times.gridFirstPaint, 'exact thumbnails come after the preview');
    assert.equal(await approximate(page), 0, 'no ≈ is left');
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
  },
  async 'M3 8,192 tokens, 8 heads: ≈ goes when all is exact'(t) {
    const page = await openTrace(t, 8192, '&v=model', { layers: 2, wait: false });
    await page.waitForSelector('[data-testid^="thumb-L"][data-glyph^="≈"]');
    await idle(page);
    const times = await timings(page);
    process.stdout.write(`      8 heads of 8,192 tokens: preview ${times.gridFirstPaint.toFixed(0)} ms, exact ${times.gridExact.toFixed(0)} ms\n`);
    assert.equal(await approximate(page), 0, 'no ≈ is left');
    const urgency = (method, what) => [...new Set(page.asked.filter((a) => a.method === method && what(a.body)).map((a) => a.body.priority))];
    const whole = (tile) => !tile.preview && tile.q1 - tile.q0 === 8192;
    assert.deepEqual([urgency('tiles', (b) => b.tiles[0].preview > 0), urgency('tiles', (b) => b.tiles.length > 1 && b.tiles.every(whole)), urgency('heads', () => true)],
      [[1], [3], [4]], 'previews before exact thumbnails before labels');
  },
  async 'M3 8,192 tokens: preview, refining stops, scrolling cancels, the page answers'(t) {
    const page = await openTrace(t, 8192, '&v=model', { wait: false });
    await painted(page);
    gate('preview of 8,192 tokens', [(await timings(page)).gridFirstPaint], 2000);
    assert.ok((await approximate(page)) > 0, 'a preview is marked ≈');
    await page.click(id('refine'));
    await page.waitForFunction(() => window.headscope.views[0].tiles().inflight === 0);
    assert.ok((await approximate(page)) > 0, 'what is not exact stays marked');
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
    await page.click(id('tab-head'));
    await page.waitForFunction(() => window.headscope.views[0].edges().length > 0);
    await page.evaluate(() => { window.tasks.length = 0; });
    const most = await paced(page, '.qcol', 20);
    assert.ok(most.inflight <= 4 && most.bytes <= 256 * 2 ** 20, JSON.stringify(most));
    const longest = await page.evaluate(() => Math.max(0, ...window.tasks));
    gate('longest task while scrolling 20 screens', [longest], 100);
    await idle(page);
    // The server's answers are held back: what was asked for one place is cancelled at the next.
    const held = [];
    await page.route('**/rpc/tiles', (route) => { held.push(route); });
    const { cancelled } = await view(page, 'tiles');
    await paced(page, '.qcol', 10);
    await page.waitForFunction(() => window.headscope.views[0].tiles().inflight > 0);
    await paced(page, '.qcol', 10);
    await page.waitForFunction((n) => window.headscope.views[0].tiles().cancelled > n, cancelled);
    await page.unroute('**/rpc/tiles');
    await Promise.all(held.map((route) => route.continue().catch(() => {})));
    await wholePicture(page);
  },
  async 'M5 virtual rows, rows that follow, sums that stay whole'(t) {
    for (const n of LENGTHS) {
      const page = await openTrace(t, n, '&v=head&h=L3H5&t=0&k=off', n === 8192 ? { layers: 2, wait: true } : {});
      await rowsFollow(page, n);
      await page.context().close();
    }
  },
  async 'the matrix of 8,192 tokens zooms down to one weight: the row’s value'(t) {
    const page = await openTrace(t, 8192, '&v=matrix&h=L1H3', { layers: 2 });
    await page.focus(id('view-matrix'));
    await page.keyboard.press('ArrowRight');
    await idle(page);
    const cursor = () => page.locator(id('matrix-cursor')).innerText();
    assert.match(await cursor(), /queries \d+–\d+ × keys \d+–\d+: max/);
    for (const key of ['b', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    await idle(page);
    await oneWeight(page, 'L1H3', await cursor());
  },
};
