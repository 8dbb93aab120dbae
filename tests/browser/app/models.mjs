// Another model from the page: the menu lists names, the chosen one is read in the open one's place, a
// link and undo bring models back, and one that cannot be read leaves the old one open.
import assert from 'node:assert/strict';
import path from 'node:path';
import { id, idle, root, state, textOf, tinyModel, until } from '../harness.mjs';

const TINY = path.join(root, 'tests/golden/tiny');
export const server = { model: tinyModel, args: ['--models', TINY] };

const entries = (page) => page.locator(`${id('model-menu')} option`).evaluateAll((all) => all.map((o) => ({ value: o.value, text: o.text, title: o.title, off: o.disabled })));
const shape = (page) => page.evaluate(() => {
  const { trace, info } = document.querySelector('headscope-app').controller;
  return { made: trace.model.name, family: trace.model.family, open: info.models[0]?.name };
});
async function choose(page, name) {
  await page.selectOption(id('model-menu'), `m ${name}`);
  await idle(page);
}

export const checks = {
  async 'the menu lists the models of the folder by name, without a path'(t) {
    const page = await t.open();
    await page.waitForFunction(() => document.querySelector('headscope-app').controller.library.list.length > 0);
    const all = await entries(page);
    for (const name of ['bert-mlm', 'bert-cased', 'gpt2']) assert.ok(all.some((o) => o.value === `m ${name}` && !o.off), `${name} in ${all.map((o) => o.value)}`);
    assert.ok(all.some((o) => o.off && o.text.startsWith('bert-base-uncased')), 'what is not here is listed and off');
    assert.ok(all.every((o) => !`${o.value} ${o.text} ${o.title}`.includes('/golden')), 'no path');
  },
  async 'a chosen model is read and runs the text; undo reads the first one again'(t) {
    const page = await t.open('#hs=1&a=the%20store');
    await choose(page, 'bert-cased');
    assert.deepEqual(await shape(page), { made: 'bert-cased', family: 'bert', open: 'bert-cased' });
    assert.equal((await state(page)).textA, 'the store');
    assert.match(await textOf(page, 'model-menu'), /bert-cased/);
    await choose(page, 'bert-mlm');
    assert.equal((await shape(page)).made, 'bert-mlm');
    await page.click(id('undo'));
    await idle(page);
    assert.equal((await shape(page)).made, 'bert-cased');
    await choose(page, 'bert-mlm');
  },
  async 'another page keeps its own model when one page opens another'(t) {
    const mine = await t.open('#hs=1&a=the%20store');
    const other = await t.open('#hs=1&a=the%20door');
    assert.equal((await shape(mine)).made, 'bert-mlm');
    await choose(other, 'bert-cased');
    assert.deepEqual(await shape(other), { made: 'bert-cased', family: 'bert', open: 'bert-cased' });
    await mine.fill(id('text-a'), 'the store was near');
    await until(() => shape(mine), ({ made, open }) => made === 'bert-mlm' && open === 'bert-mlm', 'the page’s own model');
    await idle(mine);
    assert.equal(await mine.evaluate(() => document.querySelector('headscope-app').controller.trace.query.text_a), 'the store was near');
    assert.equal((await shape(mine)).made, 'bert-mlm');
    assert.equal(await mine.locator('[role=alert]').count(), 0);
    // What the other page shows stays; its next text brings its model back.
    await other.fill(id('text-a'), 'the door was near');
    await until(() => shape(other), ({ made, open }) => made === 'bert-cased' && open === 'bert-cased', 'the other page’s model');
    await idle(other);
    await choose(other, 'bert-mlm');
  },
  async 'a link names its model'(t) {
    const page = await t.open('#hs=1&m=bert-cased&a=the%20store');
    assert.deepEqual(await shape(page), { made: 'bert-cased', family: 'bert', open: 'bert-cased' });
    await choose(page, 'bert-mlm');
  },
  async 'a model that is none: an error that can be undone, and the old one goes on'(t) {
    const page = await t.open('#hs=1&a=the%20store');
    await page.evaluate(() => { document.querySelector('headscope-app').runCommand('model.set', { model: 'nowhere' }); });
    await idle(page);
    assert.match(await page.locator(id('error-HS-CAP-01')).first().innerText(), /nowhere/);
    await page.click(id('undo-change'));
    await idle(page);
    assert.equal((await shape(page)).open, 'bert-mlm');
    assert.equal(await page.locator('[role=alert]').count(), 0);
  },
};
