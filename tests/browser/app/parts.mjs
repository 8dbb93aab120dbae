// The neuron view's split of the first layer's q·k into word, position, segment and constants.
import assert from 'node:assert/strict';
import { close, id, idle, run, textOf, tinyModel, until } from '../harness.mjs';

export const server = { model: tinyModel };

const values = (page, selector) => page.locator(selector).evaluateAll((all) => all.map((e) => Number(e.dataset.value)));

export const checks = {
  async 'the parts of a score add up to it, for the key that is pointed at'(t) {
    const page = await t.open('#hs=1&v=neuron&h=L0H1&a=the%20store%20was%20near&b=the%20door&p=q2');
    const scores = await values(page, id('nv-score'));
    await page.click(id('nv-split'));
    const table = page.locator(`${id('nv-parts')} table`);
    await until(() => table.count(), (n) => n === 1, 'the table of parts');
    assert.deepEqual(await table.locator('thead th').allInnerTexts(), ['query \\ key', 'word', 'position', 'segment', 'constant', 'sum']);
    for (const key of [1, 5]) {
      const box = await page.locator(id('nv-prod')).boundingBox();
      await page.mouse.move(box.x + 5, box.y + key * 24 + 12);
      await idle(page);
      const cells = await values(page, `${id('nv-parts')} td[data-value]:not(.total)`);
      assert.equal(cells.length, 16);
      const [total] = await values(page, id('nv-parts-total'));
      close(cells.reduce((a, b) => a + b, 0), total, 1e-6, `the cells of key ${key}`);
      close(total, scores[key], 1e-5, `the score of key ${key}`);
    }
  },
  async 'later layers have none'(t) {
    const page = await t.open('#hs=1&v=neuron&h=L0H1&a=the%20store%20was%20near&p=q2');
    await page.click(id('nv-split'));
    await run(page, 'head.set', { heads: ['L1H1'] });
    assert.deepEqual([await page.locator(id('nv-split')).count(), await page.locator(id('nv-parts')).count()], [0, 0]);
    await run(page, 'head.set', { heads: ['L0H2'] });
    assert.equal(await page.locator(`${id('nv-parts')} table`).count(), 1, 'and what was chosen stays');
  },
  async 'a trace of another model has none, and says what is needed'(t) {
    const page = await t.open('#hs=1&v=neuron&h=L0H1&p=q2');
    const { traces } = await page.evaluate(() => document.querySelector('headscope-app').controller.info);
    await run(page, 'trace.open', { trace: traces[0].id });
    await page.click(id('nv-split'));
    assert.match(await until(() => textOf(page, 'nv-parts'), (text) => !/Splitting…/.test(text), 'the reason'), /needs the model that made the trace/);
  },
};
