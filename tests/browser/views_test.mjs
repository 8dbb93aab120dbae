// The views in a real headless browser on synthetic traces: checks B4–B6, B8, B10, M1, M4, M5, N1
// and X1 of the interface's acceptance table, as far as they need no server. Run in web/ after
// `npm ci`:  node ../tests/browser/views_test.mjs   (CHROMIUM names another browser).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

const checks = {
  async 'B4 head bar'() {
    const page = await open('head');
    await page.click('[data-testid=head-chip-3]');
    assert.deepEqual((await settings(page)).heads, ['L2H0', 'L2H3']);
    await page.click('[data-testid=head-chip-3]', { delay: 600 });
    await page.waitForTimeout(600);
    assert.deepEqual((await settings(page)).heads, ['L2H0']);
    await page.click('[data-testid=head-chip-0]');
    assert.deepEqual((await settings(page)).heads, ['L2H0'], 'the last head stays on');
    await page.waitForTimeout(600);
    await page.dblclick('[data-testid=head-chip-5]');
    assert.deepEqual((await settings(page)).heads, ['L2H5'], 'double-click solos');
    await page.waitForTimeout(600);
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
      for (let i = 0; i < 3; i++) await page.keyboard.press('Escape');
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
      await page.waitForTimeout(100);
      const inner = await page.evaluate(() => window.view.shadowRoot.querySelector('headscope-head-view').edges());
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
      await page.waitForTimeout(200);
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
    await page.locator('[data-testid=nv-prod]').nth(4).hover();
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
      const canvas = window.view.shadowRoot.querySelector('.stage > canvas');
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

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const start = performance.now();
  try {
    const page = await check();
    if (page) {
      assert.deepEqual(page.problems, []);
      await page.close();
    }
    process.stdout.write(`ok    ${name} (${Math.round(performance.now() - start)} ms)\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`FAIL  ${name}: ${error.message.split('\n').slice(0, 6).join(' ')}\n`);
  }
}
await browser.close();
await vite.close();
process.exit(failed > 0 ? 1 : 0);
