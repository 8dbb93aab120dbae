// K1: J1 and J3 by keyboard alone, focus always visible; single keys and their limits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { close, focused, id, idle, state, tabTo, tinyModel, until } from '../harness.mjs';

export const server = { model: tinyModel };

export const checks = {
  async 'focus order: skip link, top bar, text, map, tabs, controls, picture, inspector'(t) {
    const page = await t.open();
    await page.keyboard.press('Tab');
    assert.match((await focused(page)).name, /To the view/);
    const order = [];
    for (let i = 0; i < 70; i++) {
      await page.keyboard.press('Tab');
      const now = await focused(page);
      if (now.tag === 'body') break;
      assert.ok(now.visible, `no focus ring on ${now.testid || now.name} (${now.tag})`);
      assert.ok(now.inView, `out of view: ${now.testid || now.name}`);
      assert.ok(!now.covered, `covered: ${now.testid || now.name}`);
      order.push(now.testid || now.role || now.name);
    }
    const at = (what) => order.findIndex((o) => what.test(o));
    const places = [/model-menu/, /palette/, /export/, /text-a/, /map-cell/, /tab-head/, /layer-select/, /head-chip/, /figure|token-/, /ablate/].map(at);
    assert.deepEqual(places.map((p, i) => p >= 0 && (i === 0 || p > places[i - 1])), places.map(() => true), `${places.join(', ')} in ${order.join(' · ')}`);
    for (const composite of [/^map-cell/, /^tab-/, /^head-chip/]) assert.equal(order.filter((o) => composite.test(o)).length, 1, `${composite} is one Tab stop`);
  },
  async 'K1 J1: another text, typed and read without the mouse'(t) {
    const page = await t.open();
    await tabTo(page, (f) => f.testid === 'text-a');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('The cat sat on the mat');
    await idle(page);
    assert.equal((await state(page)).textA, 'The cat sat on the mat');
    await tabTo(page, (f) => f.testid.startsWith('map-cell'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await idle(page);
    assert.deepEqual((await state(page)).heads, ['L2H1']);
  },
  async 'K1 J3: why a word looks where it looks, without the mouse'(t) {
    const page = await t.open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await idle(page);
    assert.deepEqual((await state(page)).pins, ['q2']);
    await page.keyboard.press('3');
    await idle(page);
    assert.equal((await state(page)).view, 'neuron');
    // The numbers of that word, and the sum of one key, chosen by the arrows.
    const asked = await page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens[2]);
    assert.equal((await page.locator('.line.query .token').innerText()).trim(), asked);
    const weights = await page.locator(id('nv-softmax')).evaluateAll((cells) => cells.map((c) => Number(c.dataset.value)));
    close(weights.reduce((sum, w) => sum + w, 0), 1, 1e-5, 'softmax of the word');
    await tabTo(page, (f) => f.testid === 'nv-query' || f.role === 'option' || f.role === 'figure');
    await page.keyboard.press('t');
    await page.waitForSelector(id('table'));
    assert.equal(await page.locator(`${id('table')} tbody tr`).count(), weights.length, 'the same numbers as a table');
  },
  async 'K1 J5: the figure of a head, saved without the mouse; the focus comes back'(t) {
    const page = await t.open();
    await tabTo(page, (f) => f.testid.startsWith('map-cell'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await idle(page);
    const before = (await focused(page)).testid;
    await page.keyboard.press('e');
    await page.waitForSelector(id('figure-preview'));
    const at = await focused(page);
    assert.ok(at.visible && at.inView && !at.covered, JSON.stringify(at));
    const download = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    const saved = await download;
    assert.match(saved.suggestedFilename(), /^headscope-L2H1\.svg$/);
    const svg = readFileSync(await saved.path(), 'utf8');
    assert.match(svg, /Command: headscope render head /);
    assert.match(svg, /--heads L2H1/);
    await page.keyboard.press('Escape');
    await until(async () => (await focused(page)).testid, (testid) => testid === before, 'focus after the dialog');
  },
  async 'single keys act wherever the focus is, but not in text fields, menus and dialogs'(t) {
    const page = await t.open();
    const special = async () => { await idle(page); return (await state(page)).special; };
    await page.click(id('more'));
    // Where one is after choosing a head, a layer, a filter, a tab, an example of the article, a cell of the map.
    for (const name of ['head-chip-1', 'special-show', 'tab-head', 'map-cell-L1H1', 'filter-next', 'more', 'values', 'threshold-slider', 'undo', 'ablate-off']) {
      await page.locator(id(name)).first().focus();
      const before = await special();
      await page.keyboard.press('h');
      assert.notEqual(await special(), before, `after ${name}`);
    }
    await page.click(id('map-cell-L1H0'));
    await page.keyboard.press('x');
    await idle(page);
    assert.deepEqual((await state(page)).ablations, [{ head: 'L1H0', mode: 'zero' }], 'X on a head of the map');
    await page.keyboard.press('x');
    await idle(page);
    const before = await special();
    for (const name of ['text-a', 'text-b', 'layer-select', 'threshold', 'topk']) {
      await page.locator(id(name)).focus();
      await page.keyboard.press('h');
      assert.equal(await special(), before, `in ${name}`);
    }
    await page.locator(id('token-q-1')).click({ button: 'right' });
    await page.keyboard.press('h');
    assert.equal(await special(), before, 'in the token menu');
    await page.keyboard.press('Escape');
    for (const name of ['palette', 'help', 'export']) {
      await page.click(id(name));
      await page.waitForSelector(id(`${name}-dialog`));
      await page.keyboard.press('h');
      await page.keyboard.press('Escape');
      assert.equal(await special(), before, `in ${name}`);
    }
  },
  async 'single keys act inside a view, never in text, and can be switched off'(t) {
    const page = await t.open();
    await page.click(id('text-a'));
    await page.keyboard.press('h');
    await idle(page);
    assert.equal((await state(page)).special, 'show');
    await page.click(id('token-q-1'));
    for (const [key, field, value] of [['h', 'special', 'hide'], ['r', 'renorm', true], ['l', 'scale', 'log'], ['w', 'words', true], ['f', 'attention', 'aa'], ['c', 'combine', 'mean'], [']', 'heads', ['L2H0']], ['[', 'heads', ['L1H0']], ['.', 'heads', ['L1H1']], ['a', 'heads', ['L1H0', 'L1H1', 'L1H2', 'L1H3']], ['s', 'heads', ['L1H0']]]) {
      await page.keyboard.press(key);
      await idle(page);
      assert.deepEqual((await state(page))[field], value, key);
    }
    await page.keyboard.press('?');
    await page.locator(id('single-keys')).uncheck();
    await page.keyboard.press('Escape');
    await page.click(id('token-q-1'));
    await page.keyboard.press('h');
    await idle(page);
    assert.equal((await state(page)).special, 'hide');
  },
  async 'dialogs give the focus back'(t) {
    const page = await t.open();
    for (const name of ['palette', 'help', 'export']) {
      await page.click(id(name));
      await page.waitForSelector(id(`${name}-dialog`));
      await page.keyboard.press('Escape');
      await until(async () => (await focused(page)).testid, (testid) => testid === name, `focus after ${name}`);
    }
  },
};
