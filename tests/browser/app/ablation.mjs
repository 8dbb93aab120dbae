// The ablation half of J6: switch a head off and see at once what changes, and take it back.
import assert from 'node:assert/strict';
import { ask, close, edges, id, idle, run, state, textOf, tinyModel, until } from '../harness.mjs';

export const server = { model: tinyModel };

export const checks = {
  async 'J6 a head off: later layers change, earlier and its own do not'(t) {
    const page = await t.open('#hs=1&h=L1H2');
    const plain = (await state(page)).trace;
    await page.click(id('ablate-zero'));
    await idle(page);
    const now = await state(page);
    assert.deepEqual(now.ablations, [{ head: 'L1H2', mode: 'zero' }]);
    assert.notEqual(now.trace, plain);
    const tile = async (trace, head) => (await ask(page, 'tiles', { trace, tiles: [{ stack: 'self', heads: [head], q0: 0, q1: 6, k0: 0, k1: 6, outQ: 0, outK: 0, pool: 'max', dtype: 'f32' }] })).tensors['0'].values;
    const change = async (head) => {
      const [a, b] = [await tile(plain, head), await tile(now.trace, head)];
      return Math.max(...a.map((x, i) => Math.abs(x - b[i])));
    };
    for (const head of ['L0H0', 'L0H3', 'L1H0', 'L1H2']) assert.ok((await change(head)) < 1e-6, `${head} is before`);
    assert.ok((await change('L2H0')) > 1e-6, 'L2H0 comes after');
    await page.click(id('ablate-off'));
    await idle(page);
    assert.equal((await state(page)).trace, plain);
  },
  async 'J6 the head list has a column for what changed'(t) {
    const page = await t.open('#hs=1&h=L0H1&ab=L0H1:zero');
    await run(page, 'sort.set', { sort: [{ by: 'change', descending: true }] });
    // Rows come in the order of layers until the change is measured.
    const rows = () => page.locator('[data-testid^="list-row-"]').evaluateAll((all) => all.map((r) => r.dataset.name));
    const order = await until(rows, (names) => !names[0].startsWith('L0'), 'rows by change');
    assert.deepEqual(order.slice(-4).map((name) => name.slice(0, 2)), ['L0', 'L0', 'L0', 'L0'], 'the layer of the ablated head changed least');
  },
  async 'Z: what moved is measured at any length, and between texts of different length'(t) {
    const page = await t.open('#hs=1&h=L0H1');
    const words = (n, last) => `${'the store was near the door '.repeat(30).split(' ').slice(0, n).join(' ')} ${last}`;
    await run(page, 'text.set', { a: words(82, 'store'), b: null });
    const before = (await state(page)).trace;
    await run(page, 'ablate.set', { mode: 'zero' });
    const after = (await state(page)).trace;
    assert.notEqual(before, after);
    const hint = async () => {
      await run(page, 'app.before');
      const text = await until(() => textOf(page, 'hint-before'), (now) => !/Measuring/.test(now), 'what moved');
      await run(page, 'app.before');
      return text;
    };
    // By hand from the exact weights of both runs: Jensen–Shannon divergence of every row, mean over rows, mean over heads.
    const n = await page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens.length);
    assert.ok(n > 96, `${n} tokens`);
    const maps = async (trace) => {
      const heads = Array.from({ length: 12 }, (_, i) => `L${Math.floor(i / 4)}H${i % 4}`);
      const answer = await ask(page, 'tiles', { trace, tiles: heads.map((head) => ({ stack: 'self', heads: [head], q0: 0, q1: n, k0: 0, k1: n, outQ: 0, outK: 0, pool: 'max', dtype: 'f32' })) });
      return heads.map((_, i) => answer.tensors[String(i)].values);
    };
    const half = (a, b) => (a > 0 ? 0.5 * a * Math.log((2 * a) / (a + b)) : 0);
    const [left, right] = [await maps(before), await maps(after)];
    const js = left.map((map, h) => map.reduce((sum, a, i) => sum + half(a, right[h][i]) + half(right[h][i], a), 0) / n);
    const [, mean, most] = /moved by ([\d.e-]+) nats on average, most in L\dH\d: ([\d.e-]+)\./.exec(await hint()) ?? assert.fail('no numbers');
    close(Number(mean) / (js.reduce((a, b) => a + b, 0) / 12), 1, 0.06, 'mean, as printed with two digits');
    close(Number(most) / Math.max(...js), 1, 0.06, 'most, as printed with two digits');
    await run(page, 'ablate.clear');
    await run(page, 'text.set', { a: words(40, 'garden'), b: null });
    assert.match(await hint(), /moved by [\d.e-]+ nats/);
  },
  async 'J6 the three kinds, and X on the keyboard'(t) {
    const page = await t.open('#hs=1&h=L1H0');
    const traces = new Set([(await state(page)).trace]);
    for (const mode of ['zero', 'mean', 'uniform']) {
      await page.click(id(`ablate-${mode}`));
      await idle(page);
      assert.deepEqual((await state(page)).ablations, [{ head: 'L1H0', mode }]);
      traces.add((await state(page)).trace);
    }
    assert.equal(traces.size, 4);
    await run(page, 'ablate.clear');
    await page.click(id('token-q-1'));
    await page.keyboard.press('x');
    await idle(page);
    assert.deepEqual((await state(page)).ablations, [{ head: 'L1H0', mode: 'zero' }]);
    assert.ok((await edges(page)).length > 0);
  },
};
