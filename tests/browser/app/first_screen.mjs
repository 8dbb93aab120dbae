// What a user sees who only started the server: no model, no network, the article's pair.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { close, edges, errors, from, id, idle, state, textOf } from '../harness.mjs';

export const server = { model: null };

const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self' blob:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types lit-html headscope";

// pattern, query, heaviest keys with their weights (article, figures 1 to 6; weights of the real model).
const ARTICLE = [
  [1, 1, [[2, 0.9989]]], [1, 7, [[0, 0.704]]], [1, 18, [[0, 0.87]]], [2, 2, [[1, 0.757]]], [3, 5, [[5, 0.305], [10, 0.353]]],
  [4, 10, [[5, 0.933]]], [5, 15, [[16, 0.988]]], [5, 16, [[15, 0.767]]], [6, 5, [[7, 0.487], [18, 0.446]]],
];

export const checks = {
  async 'B1 first load without model and network'(t) {
    const page = await t.open();
    await page.waitForSelector(id('view-head'), { state: 'attached' });
    assert.deepEqual((await state(page)).heads, ['L2H0']);
    assert.match(await textOf(page, 'status-line'), /^Drawn: \d/);
    assert.deepEqual(await errors(page), []);
  },
  async 'the page and all that it loads are at most 300 kB, compressed'(t) {
    const get = async (where) => Buffer.from(await (await fetch(`${t.server.origin}/${where}`)).arrayBuffer());
    const page = await get('');
    const parts = [...page.toString().matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, where]) => where);
    assert.ok(parts.some((where) => where.endsWith('.js')), page.toString());
    const sizes = [page, ...await Promise.all(parts.map(get))].map((bytes) => gzipSync(bytes).length);
    const total = sizes.reduce((a, b) => a + b, 0);
    process.stdout.write(`      ${(total / 1000).toFixed(0)} kB of 300\n`);
    assert.ok(total > 50e3 && total <= 300e3, `${total} bytes: ${parts.join(', ')}`);
  },
  async 'J1 fits 1280×720: nineteen rows without scrolling'(t) {
    const page = await t.open();
    const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    assert.deepEqual(size, [1280, 720]);
    for (const side of ['q', 'k']) {
      for (const i of [0, 18]) {
        const box = await page.locator(id(`token-${side}-${i}`)).boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= 720 && box.height >= 24, `token ${side}${i} at ${JSON.stringify(box)}`);
      }
    }
    assert.equal(await page.locator(id('minimap')).count(), 0, 'nothing overflows');
    // What took the room for a while gives it back, whole.
    await page.click(id('more'));
    await idle(page);
    assert.equal(await page.locator(id('minimap')).count(), 1);
    await page.click(id('more'));
    await idle(page);
    assert.equal(await page.locator(id('minimap')).count(), 0, 'nothing overflows any more');
  },
  async 'B2 the article’s figures, by number'(t) {
    const page = await t.open();
    let current = 1;
    for (const [pattern, query, keys] of ARTICLE) {
      if (pattern !== current) {
        await page.click(id(`article-${pattern}`));
        await idle(page);
        current = pattern;
      }
      const heaviest = from(await edges(page), query).slice(0, keys.length).sort((a, b) => a.k - b.k);
      keys.forEach(([key, weight], i) => {
        assert.equal(heaviest[i]?.k, key, `pattern ${pattern}, query ${query}`);
        close(heaviest[i].weight, weight, 1e-3, `pattern ${pattern}, ${query} → ${key}`);
      });
    }
  },
  async 'the word beside a pattern pins it'(t) {
    const page = await t.open();
    for (const [n, pin] of [[1, 'q1'], [2, 'q2'], [3, 'q5'], [4, 'q10'], [5, 'q16'], [6, 'q5']]) {
      await page.click(id(`article-${n}-word`));
      await idle(page);
      assert.deepEqual((await state(page)).pins, [pin]);
    }
  },
  async 'without a model the texts are read-only and say why'(t) {
    const page = await t.open();
    assert.equal(await page.locator(id('text-a')).getAttribute('readonly'), '');
    assert.match(await textOf(page, 'read-only'), /^Read only, because no model is open\. .*headscope pull bert-base-uncased/);
    assert.equal(await page.locator(id('text-a')).getAttribute('aria-describedby'), 'reason');
  },
  async 'S1 nothing leaves the origin, nothing is kept'(t) {
    const page = await t.open();
    for (const view of ['model', 'neuron', 'matrix', 'corpus', 'head']) {
      await page.click(id(`tab-${view}`));
      await idle(page);
    }
    assert.deepEqual(await page.context().cookies(), []);
    assert.equal(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes('store')), false);
  },
  async 'S2 content security policy'(t) {
    const page = await t.open();
    assert.equal(page.answered.headers()['content-security-policy'], CSP);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('script:not([src]), style, [style], [onclick]')].map((e) => e.outerHTML)), []);
    // The policy is in force: what it forbids does not run.
    const ran = await page.evaluate(() => { const s = document.createElement('div'); try { s.innerHTML = '<b>x</b>'; return 'ran'; } catch { return 'refused'; } });
    assert.equal(ran, 'refused');
    t.allow(/^CSP require-trusted-types-for/, /TrustedHTML|Trusted Type/);
  },
};
