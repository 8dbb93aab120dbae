// The views in a real headless browser on synthetic traces: checks B4–B6, B8, B10, M1, M4, M5, N1
// and X1 of the interface's acceptance table, as far as they need no server. Run in web/ after
// `npm ci`:  node ../tests/browser/views_test.mjs   (CHROMIUM names another browser).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runChecks } from './checks.mjs';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../web');
const require = createRequire(path.join(web, 'package.json'));
const { chromium } = require('playwright-core');
const { createServer } = await import(pathToFileURL(path.join(web, 'node_modules/vite/dist/node/index.js')));

const common = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const softwareGl = [...common, '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const noGl = [...common, '--disable-gpu', '--disable-3d-apis'];

const vite = await createServer({ root: web, configFile: false, server: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
await vite.listen();
const origin = `http://127.0.0.1:${vite.httpServer.address().port}`;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
let browser = await chromium.launch({ executablePath, args: softwareGl });

async function open(view, query = {}, settings = {}) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  page.setDefaultTimeout(120000);  // A state comes late on a busy machine; a page that hangs is told all the same.
  page.problems = [];
  page.on('pageerror', (e) => page.problems.push(e.message));
  const search = new URLSearchParams({ view, ...query, s: JSON.stringify(settings) });
  await page.goto(`${origin}/dev.html?${search}`);
  await page.waitForFunction(() => window.view);
  await idle(page);
  return page;
}
const idle = (page) => page.evaluate(() => window.view.idle());
const edges = (page) => page.evaluate(() => window.view.edges());
const settings = (page) => page.evaluate(() => window.view.settings);
const close = (a, b, tolerance, what) => assert.ok(Math.abs(a - b) <= tolerance, `${what}: ${a} instead of ${b} ± ${tolerance}`);

/** Script time of the page's thread, ms, while the pointer makes `moves` steps over an element. */
async function hovering(page, selector, moves) {
  const box = await page.locator(selector).first().boundingBox();
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const script = async () => (await client.send('Performance.getMetrics')).metrics.find((m) => m.name === 'ScriptDuration').value * 1000;
  const point = (i) => [box.x + box.width * (0.3 + 0.4 * ((i * 7) % moves) / moves), box.y + box.height * (0.3 + 0.4 * i / moves)];
  await page.mouse.move(...point(0));
  await idle(page);
  const paints = await page.evaluate(() => window.view.paints);
  const before = await script();
  for (let i = 1; i <= moves; i++) {
    await page.mouse.move(...point(i));
    await page.evaluate(() => new Promise((r) => { requestAnimationFrame(() => { setTimeout(r, 0); }); }));
  }
  const each = (await script() - before) / moves;
  return { each, paints: await page.evaluate(() => window.view.paints) - paints };
}

const checks = {
  async 'a pointer move redraws no base picture, and takes little script, at 512 tokens'() {
    for (const [view, selector] of [['head', '.kcol'], ['head', '.lines'], ['model', '.scroller'], ['neuron', '[data-testid=nv-prod]'], ['matrix', '.stage']]) {
      const page = await open(view, { n: '512', worker: 'fast' }, { heads: ['L2H5'] });
      const { each, paints } = await hovering(page, selector, 30);
      const load = loadavg()[0];
      process.stdout.write(`      ${view} ${selector}: ${each.toFixed(2)} ms of script a move (limit 4, load ${load.toFixed(1)})\n`);
      assert.equal(paints, 0, `${view} ${selector}: ${paints} base pictures for 30 moves`);
      assert.ok(each <= 4 || load > 2 * availableParallelism(), `${view}: ${each} ms a move`);
      await page.close();
    }
  },
  async 'never blank: the old picture stays whole until lines of the new trace are there'() {
    const page = await open('head', { delay: '150' }, { heads: ['L2H3'] });
    const frames = await page.evaluate(async () => {
      const { syntheticTrace } = await import('/src/views/dev/synthetic_engine.ts');
      const { SyntheticEngine } = await import('/src/views/dev/synthetic_engine.ts');
      const old = window.view.trace;
      const next = { ...syntheticTrace(14), id: 'another' };
      const engine = new SyntheticEngine([old, next], 150);
      window.view.engine = engine;
      await window.view.idle();
      const seen = [];
      window.view.trace = next;
      const words = () => window.view.shadowRoot.querySelectorAll('.qcol .token').length;
      for (let done = false; !done;) {
        await new Promise((r) => { requestAnimationFrame(r); });
        const lines = window.view.edges();
        const canvas = window.view.shadowRoot.querySelector('canvas.base');
        seen.push({ lines: lines.length, rows: window.view.rows()[0].total, words: words(), ink: canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0) });
        done = window.view.rows()[0].total === 14 && !window.view.pendingWork();
      }
      return seen;
    });
    assert.ok(frames.length > 3 && frames[0].rows === 19 && frames[frames.length - 1].rows === 14, JSON.stringify(frames));
    for (const f of frames) assert.ok(f.lines > 0 && f.ink && f.words === f.rows, `blank or mixed frame ${JSON.stringify(f)}`);
    return page;
  },
  async 'single keys off: letters and digits do nothing, arrows and Enter act'() {
    for (const [view, focus, key] of [['head', '.token[tabindex="0"]', 't'], ['matrix', '.stage', '+'], ['matrix', '.stage', 'b'], ['neuron', '.scroller', ' ']]) {
      const page = await open(view);
      const look = () => page.evaluate(() => JSON.stringify([window.view.table, window.view.brushMode ?? null, window.view.settings.zoom, window.view.settings.computation]));
      const press = async () => { await page.locator(focus).first().focus(); await page.keyboard.press(key); await idle(page); return look(); };
      const before = await look();
      await page.evaluate(() => { window.view.singleKeys = false; });
      assert.equal(await press(), before, `${view} ${key}: off`);
      await page.evaluate(() => { window.view.singleKeys = true; });
      assert.notEqual(await press(), before, `${view} ${key}: on`);
      await page.close();
    }
  },
  async 'three views of two traces on one page; one is moved, one is closed'() {
    const page = await open('head', {}, { heads: ['L2H3'] });
    const result = await page.evaluate(async () => {
      const { syntheticTrace, SyntheticEngine } = await import('/src/views/dev/synthetic_engine.ts');
      const a = window.view.trace;
      const b = { ...syntheticTrace(12), id: 'b' };
      const engine = new SyntheticEngine([a, b]);
      const boxes = ['one', 'two'].map(() => { const box = document.createElement('div'); box.style.height = '300px'; document.body.append(box); return box; });
      const make = (name, trace, theme) => Object.assign(document.createElement(`headscope-${name}-view`), { engine, trace, theme, settings: { ...window.view.settings, heads: ['L1H1'] } });
      const [second, third] = [make('head', b, 'dark'), make('matrix', b, 'light')];
      boxes[0].append(second, third);
      second.style.height = third.style.height = '300px';
      const all = [window.view, second, third];
      for (const v of all) await v.idle();
      const alone = { first: window.view.edges().length, second: second.edges().length };
      // Moved: it draws on, and still hears its engine.
      boxes[1].append(second);
      second.settings = { ...second.settings, heads: ['L1H2'] };
      await second.idle();
      const moved = second.edges().map((e) => e.head);
      // A second bundle: the same names again.
      const { define } = await import('/src/ui/define.ts');
      define('headscope-head-view', class extends HTMLElement {});
      third.remove();
      const busy = second.tiles().inflight;
      const background = getComputedStyle(second).backgroundColor;
      window.view.settings = { ...window.view.settings };
      await window.view.idle();
      return { alone, moved: [...new Set(moved)], busy, background, first: window.view.edges().length, listeners: engine.constructor.name };
    });
    assert.ok(result.alone.first > 0 && result.alone.second > 0, JSON.stringify(result));
    assert.deepEqual(result.moved, ['L1H2']);
    assert.equal(result.busy, 0);
    assert.equal(result.background, 'rgb(20, 23, 28)', 'its own theme');
    assert.equal(result.first, result.alone.first, 'the others are as they were');
    return page;
  },
  async 'B4 head bar'() {
    const page = await open('head');
    await page.click('[data-testid=head-chip-3]');
    assert.deepEqual((await settings(page)).heads, ['L2H0', 'L2H3']);
    await page.click('[data-testid=head-chip-3]');
    assert.deepEqual((await settings(page)).heads, ['L2H0']);
    await page.click('[data-testid=head-chip-0]');
    assert.deepEqual((await settings(page)).heads, ['L2H0'], 'the last head stays on');
    await page.dblclick('[data-testid=head-chip-5]');
    assert.deepEqual((await settings(page)).heads, ['L2H5'], 'double-click solos');
    await page.dblclick('[data-testid=head-chip-5]');
    assert.equal((await settings(page)).heads.length, 12, 'again restores all');
    return page;
  },
  async 'B5 hover, pin, Escape, from both sides'() {
    const page = await open('head', {}, { heads: ['L2H3'] });
    const all = (await edges(page)).length;
    for (const side of ['q', 'k']) {
      const token = `[data-testid=token-${side}-3]`;
      await page.hover(token);
      await idle(page);
      const hovered = await edges(page);
      assert.ok(hovered.length > 0 && hovered.every((e) => e[side] === 3));
      await page.mouse.move(500, 690);
      await idle(page);
      assert.equal((await edges(page)).length, all);
      await page.click(token);
      await page.mouse.move(500, 690);
      await idle(page);
      assert.ok((await edges(page)).every((e) => e[side] === 3), 'stays after leaving');
      await page.focus(token);
      await page.keyboard.press('Escape');
      await page.mouse.move(500, 691);
      await idle(page);
      assert.equal((await edges(page)).length, all, 'Escape clears');
    }
    return page;
  },
  async 'B6 sentence filter, renormalised rows'() {
    const page = await open('head', {}, { attention: 'ab', threshold: 0 });
    const before = await edges(page);
    assert.ok(before.length > 0 && before.every((e) => e.q <= 7 && e.k > 7));
    await page.evaluate(() => { window.view.settings = { ...window.view.settings, renorm: true }; });
    await idle(page);
    const sums = new Map();
    for (const e of await edges(page)) sums.set(e.q, (sums.get(e.q) ?? 0) + e.weight);
    for (const sum of sums.values()) close(sum, 1, 1e-5, 'renormalised row');
    return page;
  },
  async 'B8 width and opacity'() {
    const page = await open('head', {}, { heads: ['L2H0', 'L2H3'], threshold: 0 });
    const drawn = await edges(page);
    const widest = 6 / Math.SQRT2;
    for (const e of drawn.slice(0, 200)) {
      close(e.width, 0.6 + (widest - 0.6) * e.weight, 1e-6, 'width');
      close(e.opacity, 0.15 + 0.85 * e.weight, 1e-6, 'opacity');
    }
    for (let i = 1; i < drawn.length; i++) assert.ok(drawn[i].weight >= drawn[i - 1].weight, 'heaviest on top');
    return page;
  },
  async 'B10 masses of the status line add up'() {
    for (const s of [{}, { special: 'hide' }, { topk: 3 }, { attention: 'ba', threshold: 0.05 }]) {
      const page = await open('head', {}, s);
      const text = await page.evaluate(() => window.view.shadowRoot.querySelector('[data-testid=status-line]').textContent);
      const parts = [...text.matchAll(/([\d.]+) %/g)].map((m) => Number(m[1]));
      close(parts.reduce((a, b) => a + b, 0), 100, 0.1, text);
      await page.close();
    }
  },
  async 'M1 thumbnails and details'() {
    const big = await open('model', { n: '128', layers: '24', heads: '16' });
    assert.equal(await big.locator('[data-testid^=thumb-L]').count(), 384);
    await big.close();
    const page = await open('model');
    assert.equal(await page.locator('[data-testid^=thumb-L]').count(), 144);
    await page.click('[data-testid=thumb-L5H3]');
    await page.waitForSelector('[data-testid=detail-L5H3]');
    for (const side of ['q', 'k']) {
      await page.hover(`[data-testid=detail-L5H3] [data-testid=token-${side}-2]`);
      const inner = await page.evaluate(async () => {
        const detail = window.view.shadowRoot.querySelector('headscope-head-view');
        await detail.idle();
        return detail.edges();
      });
      assert.ok(inner.length > 0 && inner.every((e) => e[side] === 2));
    }
    await page.click('[data-testid=thumb-L5H3]');
    await idle(page);
    assert.equal(await page.locator('[data-testid=detail-L5H3]').count(), 0);
    return page;
  },
  async 'M5 virtual rows and buckets'() {
    for (const n of [512, 2048]) {
      const page = await open('head', { n: String(n) }, { threshold: 0, topk: 0, heads: ['L2H5'] });
      for (const side of ['q', 'k']) assert.ok((await page.locator(`.${side}col .token`).count()) <= 80);
      const sums = new Map();
      for (const e of await edges(page)) sums.set(e.q, (sums.get(e.q) ?? 0) + e.weight);
      for (const sum of sums.values()) close(sum, 1, 1e-4, `n = ${n}, buckets + visible`);
      const before = await page.evaluate(() => window.view.rows());
      await page.evaluate(() => window.view.scrollTo_('q', 300));
      await page.waitForFunction((first) => window.view.rows()[0].first > first, before[0].last);
      await idle(page);
      const after = await page.evaluate(() => window.view.rows());
      assert.ok(after[0].first > before[0].last && after[1].first === after[0].first, 'columns scroll together');
      await page.close();
    }
  },
  async 'N1 neuron numbers'() {
    const page = await open('neuron');
    const cells = (id) => page.evaluate((name) => [...window.view.shadowRoot.querySelectorAll(`[data-testid=${name}]`)].map((e) => Number(e.dataset.value)), id);
    const scores = await cells('nv-score');
    const weights = await cells('nv-softmax');
    const total = scores.reduce((a, s) => a + Math.exp(s), 0);
    weights.forEach((w, i) => close(w, Math.exp(scores[i]) / total, 1e-5, 'softmax'));
    const check = () => page.evaluate(() => window.view.shadowRoot.querySelector('[data-testid=nv-check]').textContent.replace(/\s+/g, ' '));
    await page.locator('[data-testid=nv-prod]').hover({ position: { x: 20, y: 4 * 24 + 12 } });
    await idle(page);
    const text = await check();
    const [, q, k, product] = /neuron \d+: (\S+) × (\S+) = ([^\s;]+)/.exec(text.replaceAll('−', '-'));
    close(Number(q) * Number(k), Number(product), 5e-3, text);
    await page.mouse.move(500, 690);
    await idle(page);
    assert.equal(await check(), text, 'stays after the pointer leaves');
    return page;
  },
  async 'X1 a matrix cell is the head view’s edge'() {
    const head = await open('head', {}, { heads: ['L2H3'], threshold: 0 });
    const edge = (await edges(head)).find((e) => e.q === 3 && e.k === 2);
    await head.close();
    const page = await open('matrix', {}, { heads: ['L2H3'] });
    await page.focus('.stage');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    const text = await page.evaluate(async () => { await window.view.idle(); return window.view.shadowRoot.querySelector('[data-testid="matrix-cursor"]').textContent; });
    close(Number(/: ([\d.]+)$/.exec(text)[1]), edge.weight, 5e-5, text);
    return page;
  },
  async 'M4 context loss mid-use'() {
    const page = await open('head');
    assert.equal(await page.evaluate(() => window.view.renderer), 'webgl2');
    const painted = () => page.evaluate(() => {
      const canvas = window.view.shadowRoot.querySelector('canvas.base');
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
    });
    await page.evaluate(async () => (await import('/src/views/gl/shared_gl.ts')).sharedGl().loseContext());
    await page.waitForFunction(() => window.view.renderer === 'canvas2d');
    assert.ok(await painted(), 'still drawn');
    await page.close();
    await browser.close();
    browser = await chromium.launch({ executablePath, args: noGl });
    const plain = await open('head');
    assert.equal(await plain.evaluate(() => window.view.renderer), 'canvas2d');
    assert.equal(await plain.locator('[data-testid=error-HS-GL-01]').count(), 1);
    return plain;
  },
};

const failed = await runChecks(checks, async (check) => {
  const page = await check();
  if (!page) return;
  assert.deepEqual(page.problems, []);
  await page.close();
});
await browser.close();
await vite.close();
process.exit(failed > 0 ? 1 : 0);
