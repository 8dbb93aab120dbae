// The article's model itself, live: figures, typing, long texts, predictions, and how long it takes.
// Label "weights": bert-base-uncased is in the user's cache.
import assert from 'node:assert/strict';
import { close, edges, from, gate, id, idle, run, state, tabTo, textOf } from '../harness.mjs';

export const server = { model: 'real' };
export const timing = true;

const ready = (page) => page.waitForFunction(() => document.querySelector('headscope-app').controller.can('run') === true, null, { timeout: 60000 });
const tokenCount = (page) => page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens.length);

export const checks = {
  async 'J1 another sentence, by keyboard alone: the verdict of L2H0 on it'(t) {
    const page = await t.open();
    await ready(page);
    await tabTo(page, (f) => f.testid === 'remove-b');
    await page.keyboard.press('Enter');
    await page.keyboard.down('Shift');
    await tabTo(page, (f) => f.testid === 'text-a');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('The quick brown fox jumps over the lazy dog.');
    await idle(page);
    assert.match(await textOf(page, 'verdict'), /^Pattern 1 of 6: next word/);
    // Ten tokens and two special ones: every word but the last has a next one.
    assert.match(await textOf(page, 'verdict-text'), /Holds on this text: \d+ of \d+ words look most at the next token\./);
    assert.match(await textOf(page, 'head-label'), /next token/i);
    const drawn = await edges(page);
    for (const q of [1, 2, 3, 4]) assert.equal(from(drawn, q)[0].k, q + 1, `query ${q}`);
  },
  async 'B2 a fresh run of the article’s pair is the demo trace'(t) {
    const page = await t.open();
    await ready(page);
    const demo = await edges(page);
    await page.fill(id('text-a'), 'I went to the store');
    await idle(page);
    await page.fill(id('text-a'), 'I went to the store.');
    await idle(page);
    const again = await edges(page);
    assert.equal(again.length, demo.length);
    close(from(again, 1)[0].weight, 0.9989, 1e-3, 'i → went');
    close(from(again, 7)[0].weight, 0.704, 1e-3, '[SEP] → [CLS]');
  },
  async 'live re-run: the new attention after a keystroke'(t) {
    const page = await t.open();
    await ready(page);
    await page.fill(id('text-a'), 'warm up');
    await idle(page);
    const times = [];
    for (let i = 0; i < 8; i++) {
      const before = (await state(page)).trace;
      await page.evaluate((text) => { window.typed = performance.now(); document.querySelector('headscope-app').runCommand('text.set', { a: text }); }, `I went to the store ${i}.`);
      times.push(await page.evaluate((old) => new Promise((resolve) => {
        const view = window.headscope.views[0];
        const look = () => (view.state().trace !== old && view.edges().length > 0 ? resolve(performance.now() - window.typed) : requestAnimationFrame(look));
        look();
      }), before));
      await idle(page);
    }
    gate('keystroke to lines, the 250 ms of waiting included', times, 100, 250);
  },
  async 'long texts run when told to'(t) {
    const page = await t.open();
    await ready(page);
    const before = (await state(page)).trace;
    await page.fill(id('text-a'), 'the store sold fresh strawberries '.repeat(40));
    await page.waitForSelector(id('hint-manual'));
    await idle(page);
    assert.equal((await state(page)).trace, before, 'not by itself');
    assert.match(await textOf(page, 'token-count'), /^2\d\d tokens$/);
    await page.click(id('run'));
    await idle(page);
    assert.ok((await tokenCount(page)) > 200);
    assert.ok((await page.evaluate(() => window.headscope.views[0].rows()))[0].total > 200);
  },
  async 'M2 the grid of 144 heads at 128 and 512 tokens'(t) {
    const page = await t.open('#hs=1&v=model');
    await ready(page);
    for (const [words, limit] of [[120, 300], [500, 1000]]) {
      await page.fill(id('text-a'), Array.from({ length: words }, (_, i) => ['the', 'store', 'sold', 'fresh', 'fruit', 'and', 'bread', 'to', 'people', 'who', 'came'][i % 11]).join(' '));
      await run(page, 'text.remove-b');
      await run(page, 'app.run');
      const { gridFirstPaint } = await page.evaluate(() => window.headscope.views[0].timings());
      const nodes = await page.evaluate(() => { const all = (root) => [...root.querySelectorAll('*')].reduce((n, e) => n + 1 + (e.shadowRoot ? all(e.shadowRoot) : 0), 0); return all(document); });
      process.stdout.write(`      ${await tokenCount(page)} tokens: first paint ${gridFirstPaint.toFixed(0)} ms (target ${limit}), ${nodes} nodes\n`);
      assert.ok(nodes < 3000, `${nodes} nodes`);
      assert.ok(gridFirstPaint < 2 * limit, `${gridFirstPaint} ms`);
    }
  },
  async 'predictions of the pinned word, masked'(t) {
    const page = await t.open();
    await ready(page);
    await run(page, 'pin.set', { pins: ['q5'] });
    await page.waitForFunction(() => /store/.test(document.querySelector('headscope-app').shadowRoot.querySelector('headscope-inspector').shadowRoot.querySelector('[data-testid=predictions]')?.textContent ?? ''), null, { timeout: 20000 });
    assert.match(await textOf(page, 'predictions'), /store.*0\.\d/);
  },
};
