// Long inputs in the app (M2, M3, M5 of the interface's acceptance table), on synthetic traces of 512,
// 2,048 and 8,192 tokens with 144 heads. Times are printed and fail at twice the target; a machine
// that does other work at the same time is given what that work takes (load per core).
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { close, id, idle, run } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-scale-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const LENGTHS = [512, 2048, 8192];
const files = LENGTHS.map((n) => path.join(folder, `trace-${n}.safetensors`));
for (const [i, n] of LENGTHS.entries()) await writeTrace(files[i], { n });

export const server = { args: files.flatMap((f) => ['--trace', f]) };

const slack = () => 2 * Math.max(1, loadavg()[0] / cpus().length);
function within(ms, target, what) {
  process.stdout.write(`      ${what}: ${ms.toFixed(0)} ms (target ${target}${slack() > 2 ? `, load ${loadavg()[0].toFixed(1)}` : ''})\n`);
  assert.ok(ms <= target * slack(), `${what}: ${ms.toFixed(0)} ms; target ${target} ms, fails at ${(target * slack()).toFixed(0)}`);
}

const nodes = (page) => page.evaluate(() => {
  let count = 0;
  const walk = (root) => { for (const e of root.querySelectorAll('*')) { count++; if (e.shadowRoot) walk(e.shadowRoot); } };
  walk(document);
  return count;
});
const view = (page, name) => page.evaluate((n) => window.headscope.views[0][n](), name);
const timings = (page) => view(page, 'timings');

/** A trace by its length, and a record of tasks that kept the page's thread from answering. */
async function openTrace(t, n, hash) {
  const page = await t.open();
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => { for (const e of list.getEntries()) window.tasks.push(e.duration); }).observe({ entryTypes: ['longtask'] });
  });
  const entry = await page.evaluate(async () => (await (await fetch('/rpc/info', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ rpc: 1, client: 'scale', id: 1 }) })).json()).traces
    .map((x) => ({ id: x.id, n: x.query.tokens.length })));
  const trace = entry.find((e) => e.n === n)?.id ?? assert.fail(`no trace of ${n} tokens among ${JSON.stringify(entry)}`);
  await run(page, 'set', { state: `#hs=1&tr=${trace}${hash}` });
  return page;
}

async function paced(page, selector, screens) {
  await page.evaluate(async ([inner, count]) => {
    const find = (root) => { for (const e of root.querySelectorAll('*')) { if (e.matches(inner)) return e; const deep = e.shadowRoot && find(e.shadowRoot); if (deep) return deep; } return null; };
    const element = find(document);
    for (let i = 0; i < count; i++) {
      element.scrollTop += element.clientHeight;
      await new Promise((r) => { setTimeout(r, 70); });
    }
  }, [selector, screens]);
}

export const checks = {
  async 'M2 512 tokens: the grid at once, few elements'(t) {
    const page = await openTrace(t, 512, '&v=model');
    within((await timings(page)).gridFirstPaint, 1000, '144 thumbnails of 512 tokens');
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
  },
  async 'M3 2,048 tokens: a preview, then exact'(t) {
    const page = await openTrace(t, 2048, '&v=model');
    const times = await timings(page);
    within(times.gridFirstPaint, 1000, 'preview of 2,048 tokens');
    assert.ok(times.gridExact > times.gridFirstPaint, 'exact thumbnails come after the preview');
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
    const approximate = () => page.locator('[data-testid^="thumb-L"][data-glyph^="≈"]').count();
    assert.equal(await approximate(), 0, 'no ≈ is left');
  },
  async 'M3 8,192 tokens: preview, scrolling cancels, the page answers'(t) {
    const page = await openTrace(t, 8192, '&v=head&h=L2H0');
    await page.evaluate(() => { window.tasks.length = 0; });
    await page.click(id('tab-model'));
    await page.waitForFunction(() => window.headscope.views[0].timings().gridFirstPaint > 0);
    within((await timings(page)).gridFirstPaint, 2000, 'preview of 8,192 tokens');
    assert.match(await page.locator(id('thumb-L0H0')).getAttribute('data-glyph'), /^≈/);
    await page.click(id('refine'));
    await idle(page);
    const stopped = await view(page, 'tiles');
    assert.equal(stopped.inflight, 0, 'refining stops when told to');
    assert.ok((await nodes(page)) < 3000, `${await nodes(page)} elements`);
    await page.click(id('tab-head'));
    await idle(page);
    await paced(page, '.qcol', 20);
    const tiles = await view(page, 'tiles');
    assert.ok(tiles.cancelled > 0, `scrolling cancels: ${JSON.stringify(tiles)}`);
    assert.ok(tiles.inflight <= 4 && tiles.bytes <= 256 * 2 ** 20, JSON.stringify(tiles));
    const longest = await page.evaluate(() => Math.max(0, ...window.tasks));
    within(longest, 100, 'longest task while scrolling 20 screens');
  },
  async 'M5 virtual rows, rows that follow, sums that stay whole'(t) {
    for (const n of LENGTHS) {
      const page = await openTrace(t, n, '&v=head&h=L3H5&t=0&k=off');
      for (const side of ['q', 'k']) assert.ok((await page.locator(`.${side}col .token`).count()) <= 80, `${n}: rows of ${side}`);
      const whole = async (when) => {
        const sums = new Map();
        for (const e of await view(page, 'edges')) sums.set(e.q, (sums.get(e.q) ?? 0) + e.weight);
        assert.ok(sums.size > 10, `${n}, ${when}: ${sums.size} queries drawn`);
        for (const [q, sum] of sums) close(sum, 1, 1e-4, `${n}, ${when}: buckets and window of query ${q}`);
      };
      await whole('first');
      const before = await view(page, 'rows');
      await paced(page, '.qcol', 4);
      await page.waitForTimeout(200);
      await idle(page);
      const after = await view(page, 'rows');
      assert.ok(after[0].first > before[0].last && after[1].first === after[0].first, `${n}: rows follow scrolling, columns together`);
      await whole('scrolled');
      await page.context().close();
    }
  },
  async 'the matrix of 8,192 tokens zooms down to one weight'(t) {
    const page = await openTrace(t, 8192, '&v=matrix&h=L2H3');
    await page.focus(id('view-matrix'));
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator(id('matrix-cursor')).innerText(), /queries 0–\d+ × keys 0–\d+: max/);
    await page.keyboard.press('Enter');
    await idle(page);
    await page.keyboard.press('ArrowRight');
    await idle(page);
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator(id('matrix-cursor')).innerText(), /→ .*: \d/);
  },
};
