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
    }
    // Texts that follow each other within half a second are one step.
    let steps = 0;
    for (; (await state(page)).textB === null && steps <= cases.length; steps++) await page.click(id('undo'));
    await idle(page);
    const after = await state(page);
    assert.equal(after.textA, before.state.textA, `after ${steps} steps`);
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
    // The engine of a kernel that cannot be interrupted: every run is made and handed over in the end, when the check says so.
    await page.evaluate(() => {
      const { controller } = document.querySelector('headscope-app');
      const { engine } = controller;
      window.runs = [];
      engine.run = async ({ a, b }) => {
        const own = { answered: false };
        const told = new Promise((resolve) => { own.answer = resolve; });
        window.runs.push(own);
        // Under a name of its own: the server, too, knows of no newer run.
        const question = { rpc: 2, client: `deaf-${window.runs.length}`, id: 1, model: '', a, b };
        const answer = await (await fetch('/rpc/run', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question) })).json();
        await told;
        own.answered = true;
        return engine.readTrace(answer.trace);
      };
      window.shown = [{ text: controller.trace.query.text_a, stale: false }];
      controller.addEventListener('change', () => {
        const { trace, session } = controller;
        const text = trace.query.text_a;
        if (window.shown.at(-1)?.text !== text) window.shown.push({ text, stale: session.stale });
      });
    });
    const EDITS = 10;
    const answer = async (run) => {
      await page.evaluate((i) => { window.runs[i].answer(); }, run);
      await page.waitForFunction((i) => window.runs[i].answered, run);
    };
    for (let i = 0; i < EDITS; i++) {
      await page.fill(id('text-a'), `edit ${i} of the store`);
      await page.waitForFunction((count) => window.runs.length === count, i + 1);
      // Every other run is handed over when the next one is under way, the rest after the last one, newest first.
      if (i % 2 === 1) await answer(i - 1);
    }
    for (let i = EDITS - 1; i > 0; i -= 2) await answer(i);
    await idle(page);
    const { runs, shown } = await page.evaluate(() => ({ runs: window.runs.length, shown: window.shown }));
    assert.equal(runs, EDITS);
    const now = await page.evaluate(() => {
      const { controller, viewPanel } = document.querySelector('headscope-app');
      return { text: controller.trace.query.text_a, same: viewPanel.view.trace === controller.trace, stale: controller.session.stale };
    });
    assert.deepEqual(now, { text: 'edit 9 of the store', same: true, stale: false });
    assert.ok(shown.every((s) => !s.stale), 'what arrives is what was wanted');
    const order = shown.map((s) => Number(/edit (\d+)/.exec(s.text)?.[1] ?? -1));
    assert.deepEqual(order, [-1, EDITS - 1], 'no text that was overtaken is shown, and none comes back');
  },
  async 'R2 two hundred edits in ten seconds: the last text wins'(t) {
    const page = await t.open();
    const heap = () => page.evaluate(() => performance.memory.usedJSHeapSize);
    for (let i = 0; i < 200; i++) {
      await page.fill(id('text-a'), `edit ${i} of the store`);
      await page.waitForTimeout(40);  // the rate of the edits: nothing is waited for
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
    await page.click(id('remove-b'));
    await page.fill(id('text-a'), 'store '.repeat(200));
    await idle(page);
    // Exact, not by words: vocab.txt has “stor” and “##e”, no “store”; and there are [CLS] and [SEP].
    const counted = async (when) => {
      assert.equal(await textOf(page, 'token-count'), `${200 * 2 + 2} of 128 tokens`, when);
      assert.match(await page.locator(id('token-count')).getAttribute('class'), /over/, when);
    };
    await counted('before it is run');
    await page.keyboard.press('Control+Enter');
    await idle(page);
    await counted('after it was refused');
    const box = page.locator(id('error-HS-LEN-01'));
    assert.equal(await box.getAttribute('role'), 'alert');
    assert.match(await box.innerText(), /The text has \d+ tokens; \S+ has 128 positions\. Nothing was run\. Shorten it by \d+ tokens, or choose Run the first 128/);
    assert.ok((await edges(page)).length > 0, 'the old picture stays');
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
