// Typing: live runs, undo, pins that survive, long texts, errors where the text is too long.
// On the tiny random model of tests/golden: its tokenizer's goldens tell what must be on screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, edges, id, idle, lines, run, state, textOf, tinyModel, wholePicture } from '../harness.mjs';

export const server = { model: tinyModel };

const tokens = (page) => page.evaluate(() => {
  const app = document.querySelector('headscope-app');
  return app.controller.trace.query.tokens;
});

export const checks = {
  async 'B3 typed text: the tokenizer’s tokens, a new label, and undo brings all back'(t) {
    const page = await t.open();
    const before = { state: await state(page), edges: await lines(page) };
    const golden = readFileSync(path.join(tinyModel, 'tokenizer_lines.jsonl'), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
    const cases = golden.filter((g) => typeof g.text === 'string' && g.text.trim() !== '' && g.tokens.length > 4 && g.tokens.length < 100).slice(0, 5);
    assert.ok(cases.length > 2, 'golden lines to type');
    await page.click(id('remove-b'));
    await idle(page);
    for (const g of cases) {
      await page.fill(id('text-a'), g.text);
      await idle(page);
      assert.deepEqual(await tokens(page), g.tokens, g.text);
      // The label is the core's of this text, asked again by itself.
      const { json } = await ask(page, 'heads', { trace: (await state(page)).trace, scope: 'input' });
      const [best] = json.heads.find((h) => h.layer === 2 && h.head === 0).labels;
      const words = await page.evaluate((name) => document.querySelector('headscope-app').controller.labels.get('L2H0').label, best);
      assert.ok((await textOf(page, 'head-label')).includes(words) && (best === undefined) === (words === 'mixed'), `${words}, ${best}`);
      await page.waitForTimeout(550);
    }
    for (let i = 0; i < cases.length + 1; i++) await page.click(id('undo'));
    await idle(page);
    const after = await state(page);
    assert.equal(after.textA, before.state.textA);
    assert.equal(after.trace, before.state.trace);
    assert.deepEqual(await lines(page), before.edges);
  },
  async 'typing letter by letter is one undo step and one entry of Back'(t) {
    // On a machine that is busy elsewhere a letter may come later than the half second that ends a step: then once more.
    let page, entries;
    for (let attempt = 0, slowest = Infinity; slowest > 450 && attempt < 5; attempt++) {
      page = await t.open();
      entries = await page.evaluate(() => {
        window.letters = [];
        addEventListener('input', () => { window.letters.push(performance.now()); }, true);
        return history.length;
      });
      await page.click(id('text-a'));
      await page.keyboard.press('End');
      await page.keyboard.type(' And back', { delay: 30 });
      slowest = await page.evaluate(() => Math.max(...window.letters.map((time, i, all) => time - (all[i - 1] ?? time))));
    }
    await idle(page);
    assert.equal((await state(page)).textA, 'I went to the store. And back');
    assert.ok((await page.evaluate(() => history.length)) <= entries + 1);
    await page.keyboard.press('Control+z');
    await idle(page);
    assert.equal((await state(page)).textA, 'I went to the store.');
    await page.keyboard.press('Control+Shift+z');
    await idle(page);
    assert.equal((await state(page)).textA, 'I went to the store. And back');
    await page.goBack();
    await idle(page);
    assert.equal((await state(page)).textA, 'I went to the store.');
  },
  async 'pins survive by word; what is lost is named'(t) {
    const page = await t.open('#hs=1&a=I%20went%20to%20the%20store.&b=the%20store');
    const old = await tokens(page);
    const pinned = async () => (await state(page)).pins.map((p) => `${p[0]} ${Number(p.slice(1))}`);
    // The same word and occurrence: the second "the", wherever it moves to.
    const second = old.lastIndexOf('the');
    await run(page, 'pin.set', { pins: [`q${second}`] });
    await page.fill(id('text-a'), 'Now I went to the store.');
    await idle(page);
    assert.equal((await tokens(page))[second + 1], 'the');
    assert.deepEqual(await pinned(), [`q ${second + 1}`]);
    // No such occurrence any more: the same index. Beyond the text: unpinned, and named.
    const before = await tokens(page);
    const last = before.length - 1;
    await run(page, 'pin.set', { pins: [`q${second + 1}`, 'k1', `k${last}`] });
    await run(page, 'text.set', { a: 'You too.', b: null });
    await idle(page);
    const after = await tokens(page);
    assert.ok(after.length <= second + 1 && !after.includes('the') && !after.includes('now'), after.join(' '));
    assert.deepEqual(await pinned(), ['k 1']);
    const notice = await textOf(page, 'error-HS-PIN-01');
    assert.match(notice, /“the”/);
    assert.match(notice, /“\[SEP\]”/);
  },
  async 'R2 edits while an engine answers late and ignores every cancel: the last text wins, and nothing older is ever shown'(t) {
    const page = await t.open();
    // The engine of a kernel that cannot be interrupted: every run is made, slower than the edits come, and handed over in the end.
    await page.evaluate(() => {
      const { engine } = document.querySelector('headscope-app').controller;
      window.made = { started: 0, answered: 0, most: 0, open: 0 };
      engine.run = async ({ a, b }) => {
        const { made } = window;
        const own = ++made.started;
        made.most = Math.max(made.most, ++made.open);
        // Under a name of its own: the server, too, knows of no newer run. The first answers come last.
        const question = { rpc: 2, client: `deaf-${own}`, id: 1, model: '', a, b };
        const [answer] = await Promise.all([fetch('/rpc/run', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question) }).then((r) => r.json()),
          new Promise((r) => { setTimeout(r, Math.max(100, 3000 - 250 * own)); })]);
        made.open--;
        made.answered++;
        return engine.readTrace(answer.trace);
      };
      const { controller } = document.querySelector('headscope-app');
      window.shown = [{ text: controller.trace.query.text_a, stale: false }];
      controller.addEventListener('change', () => {
        const { trace, session } = controller;
        const text = trace.query.text_a;
        if (window.shown.at(-1)?.text !== text) window.shown.push({ text, stale: session.stale });
      });
    });
    for (let i = 0; i < 10; i++) {
      await page.fill(id('text-a'), `edit ${i} of the store`);
      await page.waitForTimeout(300);
    }
    await page.waitForFunction(() => window.made.started > 3 && window.made.answered === window.made.started, null, { timeout: 60000 });
    await idle(page);
    const { made, shown } = await page.evaluate(() => ({ made: window.made, shown: window.shown }));
    assert.ok(made.most > 1, `${made.started} runs, at most ${made.most} at a time: none was overtaken`);
    const now = await page.evaluate(() => {
      const { controller, viewPanel } = document.querySelector('headscope-app');
      return { text: controller.trace.query.text_a, same: viewPanel.view.trace === controller.trace, stale: controller.session.stale };
    });
    assert.deepEqual(now, { text: 'edit 9 of the store', same: true, stale: false });
    const order = shown.map((s) => Number(/edit (\d+)/.exec(s.text)?.[1] ?? -1));
    assert.deepEqual(order, [...order].sort((a, b) => a - b), 'never back to an older text');
    assert.ok(shown.every((s) => !s.stale), 'what arrives is what was wanted');
  },
  async 'R2 two hundred edits in ten seconds: the last text wins'(t) {
    const page = await t.open();
    const heap = () => page.evaluate(() => performance.memory.usedJSHeapSize);
    for (let i = 0; i < 200; i++) {
      await page.fill(id('text-a'), `edit ${i} of the store`);
      await page.waitForTimeout(40);
    }
    await idle(page);
    const shown = await page.evaluate(() => {
      const { controller, viewPanel } = document.querySelector('headscope-app');
      return { text: controller.trace.query.text_a, wanted: controller.state.textA, same: viewPanel.view.trace === controller.trace, stale: controller.session.stale };
    });
    assert.deepEqual(shown, { text: 'edit 199 of the store', wanted: 'edit 199 of the store', same: true, stale: false });
    assert.ok((await heap()) < 400e6);
  },
  async 'HS-LEN-01: a text that is too long, and the two ways on'(t) {
    const page = await t.open();
    await page.fill(id('text-a'), 'store '.repeat(200));
    await page.keyboard.press('Control+Enter');
    await idle(page);
    const box = page.locator(id('error-HS-LEN-01'));
    assert.equal(await box.getAttribute('role'), 'alert');
    assert.match(await box.innerText(), /The text has \d+ tokens; \S+ has 128 positions\. Nothing was run\. Shorten it by \d+ tokens, or choose Run the first 128/);
    assert.ok((await edges(page)).length > 0, 'the old picture stays');
    assert.match(await page.locator(id('token-count')).getAttribute('class'), /over/);
    await page.click(id('run-first'));
    await idle(page);
    assert.equal((await tokens(page)).length, 128);
    assert.equal(await box.count(), 0);
  },
  async 'an empty text is no error: it says what to do, and the picture stays'(t) {
    const page = await t.open();
    await page.fill(id('text-a'), ' ');
    await idle(page);
    assert.equal(await page.locator('[role=alert]').count(), 0);
    assert.match(await textOf(page, 'hint-empty'), /^Type a sentence, or use the article’s pair\. The picture below is of the earlier text\./);
    assert.ok((await edges(page)).length > 0);
    await page.click(id('use-article'));
    await wholePicture(page);
    assert.equal(await page.locator(id('hint-empty')).count(), 0);
    assert.equal((await state(page)).textA, 'I went to the store.');
  },
  async 'a long text that waits for Run: the picture and the command are of the earlier one, and say so'(t) {
    const page = await t.open();
    const command = await textOf(page, 'command');
    await page.fill(id('text-a'), 'store '.repeat(140));
    await idle(page);
    assert.match(await textOf(page, 'hint-manual'), /^A long text runs when you press Run or Ctrl\+Enter\. The picture below is of the earlier text\./);
    assert.equal(await textOf(page, 'command'), command);
    await page.fill(id('text-a'), 'store '.repeat(40));
    await wholePicture(page);
    assert.equal(await page.locator(id('hint-manual')).count(), 0);
    assert.match(await textOf(page, 'command'), /'store store /);
  },
  async 'text A and text B are two steps of undo, however quickly they are typed'(t) {
    const page = await t.open();
    await page.evaluate(() => { const view = window.headscope.views[0]; view.run('text.set', { a: 'one store' }); view.run('text.set', { b: 'two' }); });
    await page.click(id('undo'));
    await idle(page);
    const now = await state(page);
    assert.deepEqual([now.textA, now.textB], ['one store', 'At the store, I bought fresh strawberries.']);
  },
};
