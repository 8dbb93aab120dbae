// Model, neuron and matrix view in the app (M1, N1, X1), on the demo trace.
import assert from 'node:assert/strict';
import { ask, close, edges, id, idle, leave, run, state, textOf } from '../harness.mjs';

export const server = { model: null };

const values = (page, name) => page.locator(id(name)).evaluateAll((cells) => cells.map((c) => Number(c.dataset.value)));

export const checks = {
  async 'M1 a thumbnail a head; details beside the grid, both columns alive'(t) {
    const page = await t.open('#hs=1&v=model');
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 144);
    await page.click(id('thumb-L5H3'));
    await idle(page);
    const detail = page.locator(id('detail-L5H3'));
    for (const side of ['q', 'k']) {
      await detail.locator(id(`token-${side}-2`)).hover();
      await page.waitForTimeout(150);
      const inner = await detail.locator('headscope-head-view').evaluate((v) => v.edges());
      assert.ok(inner.length > 0 && inner.every((e) => e[side] === 2), `hover ${side}`);
    }
    assert.deepEqual((await state(page)).details, ['L5H3']);
    await page.click(id('thumb-L5H3'));
    await idle(page);
    assert.equal(await detail.count(), 0);
    await page.dblclick(id('thumb-L6H11'));
    await idle(page);
    assert.deepEqual([(await state(page)).view, (await state(page)).heads], ['head', ['L6H11']]);
  },
  async 'M1 first paint of the grid'(t) {
    const page = await t.open('#hs=1&v=model');
    const { gridFirstPaint } = await page.evaluate(() => window.headscope.views[0].timings());
    process.stdout.write(`      144 thumbnails of 19 tokens: ${gridFirstPaint.toFixed(0)} ms\n`);
    assert.ok(gridFirstPaint > 0);
  },
  async 'N1 the neuron view’s numbers are the API’s, and multiply out'(t) {
    const page = await t.open('#hs=1&v=neuron&p=q5');
    const trace = (await state(page)).trace;
    const { tensors, json } = await ask(page, 'neuron', { trace, stack: 'self', head: 'L2H0', query: 5, rotated: true });
    const { values: q } = tensors.query;
    const { values: k } = tensors.key;
    const scores = await values(page, 'nv-score');
    const weights = await values(page, 'nv-softmax');
    assert.equal(scores.length, 19);
    scores.forEach((score, j) => {
      const sum = q.reduce((s, x, d) => s + x * k[j * q.length + d], 0);
      close(score, sum * json.scale, 1e-4, `score of key ${j}`);
      close(weights[j], Math.exp(sum * json.scale - json.logsumexp), 1e-5, `weight of key ${j}`);
      close(weights[j], tensors.weights.values[j], 1e-5, `weight ${j} of the API`);
    });
    close(weights.reduce((a, b) => a + b, 0), 1, 1e-5, 'softmax');
    const check = () => textOf(page, 'nv-check');
    await page.locator(id('nv-prod')).nth(10).hover();
    await idle(page);
    const text = (await check()).replaceAll('−', '-');
    const [, a, b, product] = /neuron \d+: (\S+) × (\S+) = ([^\s;]+)/.exec(text) ?? assert.fail(text);
    close(Number(a) * Number(b), Number(product), Math.max(2e-3, Math.abs(Number(product)) * 2e-3), text);
    await leave(page);
    assert.equal((await check()).replaceAll('−', '-'), text, 'numbers stay after the pointer leaves');
  },
  async 'J3 click a word, press 3: the neuron view of that word'(t) {
    const page = await t.open();
    await page.click(id('token-q-4'));
    await page.keyboard.press('3');
    await idle(page);
    assert.equal((await state(page)).view, 'neuron');
    const chosen = page.locator(`${id('nv-query')} [aria-selected=true]`);
    assert.equal((await chosen.innerText()).trim(), 'the');
  },
  async 'X1 a matrix cell is the head view’s edge'(t) {
    const page = await t.open('#hs=1&h=L10H10&t=0', { height: 1000 });
    const edge = (await edges(page)).find((e) => e.q === 3 && e.k === 2);
    await run(page, 'view.matrix');
    await page.focus(id('view-matrix'));
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    await idle(page);
    const text = await textOf(page, 'matrix-cursor');
    close(Number(/(\d\.\d+(?:e[−-]\d+)?)\D*$/.exec(text)[1].replace('−', '-')), edge.weight, Math.max(1e-6, edge.weight * 1e-3), text);
  },
  async 'every view says in words what it shows (A2)'(t) {
    const page = await t.open();
    for (const view of ['head', 'model', 'neuron', 'matrix']) {
      await run(page, `view.${view}`);
      assert.match(await page.evaluate(() => window.headscope.views[0].alt()), view === 'model' ? /144 heads/ : /L2H0|Layer 2, head 0/, view);
    }
  },
};
