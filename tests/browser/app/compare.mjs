// X2: the compare view. A trace with itself, heads switched off, and another text; the words that both have,
// linked hover, the difference. Expected values are computed here from the tiles of both traces.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask, close, edges, errors, id, idle, run, state, textOf, tinyModel } from '../harness.mjs';

export const server = { args: [], model: tinyModel };

const rows = (page) => page.locator('[data-testid^="cmp-row-"]').evaluateAll((all) => all.map((row) => ({
  head: row.dataset.testid.replace('cmp-row-', ''), value: Number(row.querySelector('.n').dataset.value) })));
const layerOf = (head) => Number(/^L(\d+)/.exec(head)[1]);
const compared = async (page) => {
  await page.waitForSelector(`${id('view-compare')} ~ .body, [data-testid="cmp-error"]`, { state: 'attached' });
  await idle(page);
};
const pane = (page, name) => page.locator(`[data-pane=${name}] headscope-head-view`);

export const checks = {
  async 'X2 a trace with itself: nothing differs'(t) {
    const page = await t.open('#hs=1&v=compare&a=the cat sat&wa=the cat sat');
    await compared(page);
    const list = await rows(page);
    assert.ok(list.length > 0 && list.every((r) => r.value === 0), JSON.stringify(list));
    assert.match(await textOf(page, 'status-line'), /No head differs\./);
    await run(page, 'compareAs.set', { value: 'difference' });
    assert.deepEqual(await edges(page), [], 'no line of the difference');
    assert.match(await textOf(page, 'no-lines'), /^No line is drawn: no value on screen \(Difference\) is 0\.01 or more in size\./);
    assert.deepEqual(await errors(page), []);
  },
  async 'X2 Export draws both sides'(t) {
    const page = await t.open('#hs=1&v=compare&a=the cat sat&wa=the big cat sat&h=L1H1');
    await compared(page);
    await run(page, 'app.export');
    await page.waitForSelector(id('figure-preview'));
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(id('export-svg'))]);
    const text = readFileSync(await download.path(), 'utf8');
    for (const part of ['“the cat sat”', '“the big cat sat”', 'alone on the left: 0, on the right: 1 (hatched)']) assert.ok(text.includes(part), `${part}: ${text.slice(0, 2000)}`);
    assert.deepEqual(await errors(page), []);
  },
  async 'X2 a head off: its own layer and earlier ones do not move, a later one leads'(t) {
    const page = await t.open('#hs=1&v=compare&a=the cat sat&h=L0H1');
    await page.locator(id('cmp-source')).selectOption('heads');
    await page.click(id('cmp-heads'));
    await compared(page);
    const list = await rows(page);
    for (const { head, value } of list) if (layerOf(head) === 0) assert.equal(value, 0, head);
    assert.ok(layerOf(list[0].head) > 0 && list[0].value > 0, JSON.stringify(list[0]));
    assert.deepEqual(list.map((r) => r.value), [...list.map((r) => r.value)].sort((a, b) => b - a), 'best first');
    // The link holds it.
    const link = await page.evaluate(() => location.hash);
    const again = await t.open(link);
    await compared(again);
    assert.deepEqual(await rows(again), list);
    assert.deepEqual(await errors(page), []);
  },
  async 'X2 another text: words without a partner are counted and hatched; hover and pins go across'(t) {
    const page = await t.open('#hs=1&v=compare&a=the cat sat&wa=the big cat sat');
    await compared(page);
    assert.match(await textOf(page, 'status-line'), /1 on the right have no partner/);
    // The tiny vocabulary may cut "big" into pieces; it is one word all the same.
    const tokens = (name) => pane(page, name).evaluate((view) => view.trace.query.tokens);
    const [left, right] = [await tokens('left'), await tokens('right')];
    assert.equal(await pane(page, 'right').locator('.qcol .token.alone').count(), right.length - left.length);
    assert.equal(await pane(page, 'left').locator('.token.alone').count(), 0);
    // The last word, before [SEP], stands at another place on the right.
    const [at, there] = [left.length - 2, right.length - 2];
    assert.equal(left[at], right[there]);
    await pane(page, 'left').evaluate((view, index) => { view.hover({ side: 'q', index }); }, at);
    await idle(page);
    const looked = (name) => pane(page, name).evaluate((view) => [...new Set(view.edges().map((e) => e.q))]);
    assert.deepEqual([await looked('left'), await looked('right')], [[at], [there]]);
    await pane(page, 'right').locator(id(`token-q-${there}`)).click();
    await idle(page);
    assert.deepEqual((await state(page)).pins, [`q${at}`]);
    assert.deepEqual(await errors(page), []);
  },
  async 'X2 the difference is the right side’s weights less the left’s'(t) {
    const page = await t.open('#hs=1&v=compare&a=the cat sat&h=L1H0&t=0&wx=L0H1:zero&cw=difference');
    await compared(page);
    const [left, right] = await page.evaluate(() => {
      const view = document.querySelector('headscope-app').viewPanel.view;
      return [view.trace.id, view.rights.value.id];
    });
    const ops = { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] };
    const n = await page.evaluate(() => document.querySelector('headscope-app').viewPanel.view.trace.query.tokens.length);
    const spec = { stack: '', heads: ['L1H0'], q0: 0, q1: n, k0: 0, k1: n, outQ: 0, outK: 0, pool: 'max', dtype: 'f32', ops };
    const of = async (trace) => (await ask(page, 'tiles', { trace, tiles: [spec] })).tensors['0'].values;
    const [a, b] = [await of(left), await of(right)];
    const drawn = await edges(page);
    assert.ok(drawn.length > 0);
    for (const e of drawn) close(e.weight, b[e.q * n + e.k] - a[e.q * n + e.k], 1e-6, `${e.q} → ${e.k}`);
    assert.deepEqual(await errors(page), []);
  },
};
