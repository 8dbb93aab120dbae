// What a stranger reads: the article's patterns with their names and scores, the verdict on the own
// text (J1), heads by a link, the state before, effects of an ablation in sight; on the real weights'
// demo trace, or on the tiny model where something runs.
import assert from 'node:assert/strict';
import { ask, edges, id, idle, lines, run, startServer, state, textOf, tinyModel } from '../harness.mjs';

export const server = { model: null };

export const checks = {
  async 'J1 P goes through the six: the article’s sentence, and whether it holds on this text'(t) {
    const page = await t.open();
    // Scores of the pair: ../patterns.md, computed apart from the program in NumPy.
    const scores = { 1: '1.00', 2: '.50', 3: '.54', 6: '.73' };
    for (const [n, score] of Object.entries(scores)) assert.ok((await textOf(page, `article-${n}`)).includes(` ${score}`), `chip ${n}`);
    assert.match(await textOf(page, 'verdict'), /^Pattern 1 of 6: next word/);
    assert.match(await textOf(page, 'verdict-text'), /Holds on this text: 14 of 14 words look most at the next token\. Share 1\.00, by chance 0\.14\./);
    for (const [n, head, answer] of [[2, 'L6H11', /Holds on this text: \d+ of 14 words look most at the previous token/], [3, 'L2H6', /Holds on this text/], [4, 'L10H10', /Holds on this text/], [5, 'L2H1', /Not measured yet|Holds on this text/], [6, 'L6H4', /Holds on this text: .*\[SEP\]/], [1, 'L2H0', /Holds/]]) {
      await page.keyboard.press('p');
      await idle(page);
      assert.deepEqual((await state(page)).heads, [head]);
      assert.match(await textOf(page, 'verdict'), new RegExp(`^Pattern ${n} of 6`));
      assert.match(await textOf(page, 'verdict-text'), answer, head);
    }
    await run(page, 'head.select', { head: 'L0H0' });
    assert.equal(await page.locator(id('verdict')).count(), 0, 'other heads are no pattern of the article');
  },
  async 'what was never computed is said to be so, and not to be absent'(t) {
    const tiny = await startServer([], { model: tinyModel });
    const page = await t.open('#hs=1&a=the%20store%20of%20fresh%20bread&h=L0H0', { server: tiny });
    assert.match(await textOf(page, 'not-computed'), /Pattern 5, words that predict the word, has not been computed for this text\./);
    await page.click(id('compute-predictive'));
    await page.waitForFunction(() => document.querySelector('headscope-app').shadowRoot.querySelector('headscope-inspector').shadowRoot.querySelector('[data-testid=not-computed]') === null);
    await page.context().close();
    await tiny.stop();
  },
  async 'the threshold beside a label is the one that the core used'(t) {
    const page = await t.open('#hs=1&h=L6H4');
    const { trace } = await state(page);
    const { json } = await ask(page, 'head', { trace, scope: 'input', head: 'L6H4' });
    // [SEP] on texts under 40 tokens: .67, not .60 (docs/patterns.md).
    assert.equal(json.head.label_details.sep.threshold, 0.67);
    assert.match(await textOf(page, 'head-numbers'), /\(threshold 0\.67\)/);
  },
  async 'the labels of a pair travel as what is shown: a tenth of what they were'(t) {
    const page = await t.open();
    const { trace } = await state(page);
    const bytes = await page.evaluate(async (id) => (await (await fetch('/rpc/heads', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ rpc: 2, client: 'browser-test', id: 1, trace: id, scope: 'input' }) })).arrayBuffer()).byteLength, trace);
    assert.ok(bytes < 160e3, `${bytes} bytes`);
  },
  async 'heads by a link: two words, every head by that one weight, the same order as the core'(t) {
    const page = await t.open('#hs=1&mp=list');
    await page.click(id('token-q-5'));
    await page.locator(id('token-k-10')).click({ button: 'right' });
    await page.click(id('token-menu-link'));
    await page.waitForFunction(() => document.querySelector('headscope-app').shadowRoot.querySelector('headscope-map').shadowRoot.querySelectorAll('[data-testid=link] button').length > 3);
    const now = await state(page);
    assert.deepEqual([now.ranking, now.selection], ['link', { q: 5, k: 10 }]);
    assert.match(await textOf(page, 'link'), /^Heads by “store” \(5\) → “store” \(10\)/);
    const { json } = await ask(page, 'link', { trace: now.trace, query: 5, key: 10 });
    const rows = () => page.locator('[data-testid^=list-row-]').evaluateAll((all) => all.map((r) => r.dataset.name));
    assert.deepEqual((await rows()).slice(0, 8), json.heads.slice(0, 8).map((h) => `L${h.layer}H${h.head}`));
    // Independent of the ranking: each weight is that of its row.
    const best = json.heads[0];
    const row = await ask(page, 'row', { trace: now.trace, stack: '', heads: [`L${best.layer}H${best.head}`], side: 'q', index: 5, top: 1 });
    assert.ok(Math.abs(row.tensors.values.values[10] - best.weight) < 1e-6);
    assert.match(now.link, /at=q5k10/);
    assert.match(now.link, /by=link/);
    await page.click(id('link-clear'));
    await idle(page);
    assert.equal((await state(page)).ranking, 'labels');
  },
  async 'heads by a link: Alt-click on the second word, in either column, and on a cell of the matrix'(t) {
    const page = await t.open('#hs=1&h=L2H0');
    const now = async () => { await idle(page); const { ranking, selection, pins } = await state(page); return { ranking, selection, pins }; };
    await page.click(id('token-q-5'));
    await page.click(id('token-k-10'), { modifiers: ['Alt'] });
    assert.deepEqual(await now(), { ranking: 'link', selection: { q: 5, k: 10 }, pins: ['q5'] });
    await page.click(id('link-clear'));
    await page.click(id('token-q-2'), { modifiers: ['Alt'] });
    assert.deepEqual(await now(), { ranking: 'link', selection: { q: 5, k: 2 }, pins: ['q5'] }, 'both words among the queries');
    await page.click(id('link-clear'));
    await run(page, 'pin.clear');
    await run(page, 'view.matrix');
    const box = await page.locator(id('view-matrix')).boundingBox();
    const [x, y] = [box.x + box.width * 0.45, box.y + box.height * 0.6];
    await page.mouse.move(x, y);
    await idle(page);
    const [, q, k] = /\((\d+)\) → .*\((\d+)\), L2H0:/.exec(await textOf(page, 'matrix-cursor')) ?? assert.fail(await textOf(page, 'matrix-cursor'));
    await page.keyboard.down('Alt');
    await page.mouse.click(x, y);
    await page.keyboard.up('Alt');
    assert.deepEqual(await now(), { ranking: 'link', selection: { q: Number(q), k: Number(k) }, pins: [] });
  },
  async 'J6 effects of an ablation are in sight at 1280×720, and Z held shows the state before'(t) {
    const tiny = await startServer([], { model: tinyModel });
    const page = await t.open('#hs=1&a=the%20store%20of%20fresh%20bread&h=L0H1&p=q2', { server: tiny });
    const before = await state(page);
    const drawn = await edges(page);
    await page.keyboard.press('x');
    await idle(page);
    await page.waitForSelector(id('ablate-changes'));
    for (const name of ['ablate-changes', 'prediction-change']) await page.waitForSelector(id(name));
    await idle(page);
    for (const name of ['ablate-changes', 'prediction-change']) {
      const box = await page.locator(id(name)).boundingBox();
      assert.ok(box.y + box.height <= 720, `${name} ends at ${box.y + box.height}`);
    }
    await run(page, 'head.select', { head: 'L2H1' });
    const ablated = await lines(page);
    await page.keyboard.down('z');
    await page.waitForFunction(() => document.querySelector('headscope-app').controller.moved !== null);
    await idle(page);
    assert.match(await textOf(page, 'hint-before'), /This is the state before\. Attention moved by \S+ nats on average, most in L[12]H\d: \S+\./);
    const held = await lines(page);
    assert.notDeepEqual(held, ablated);
    const tinted = await page.locator('[data-testid^=map-cell-].valued').count();
    assert.equal(tinted, 12, 'the map tells what moved');
    await page.keyboard.up('z');
    await idle(page);
    assert.equal(await page.locator(id('hint-before')).count(), 0);
    assert.deepEqual(await lines(page), ablated);
    assert.deepEqual((await state(page)).ablations, [{ head: 'L0H1', mode: 'zero' }], 'looking changes nothing');
    void before;
    void drawn;
    await page.context().close();
    await tiny.stop();
  },
  async 'J2 a filter ranks the list by its own score, with its columns in sight'(t) {
    const page = await t.open('#hs=1&mp=list&lb=family:delimiter');
    const rows = await page.locator('[data-testid^=list-row-]').evaluateAll((all) => all.slice(0, 6).map((r) => [r.dataset.name, r.className.includes('dim'), r.cells[1].innerText.trim(), Number(r.cells[2].innerText)]));
    assert.ok(rows.every(([, dim]) => !dim), 'heads that match lead');
    for (let i = 1; i < rows.length; i++) assert.ok(rows[i][3] <= rows[i - 1][3], 'by the score');
    const score = await page.locator(id('sort-score')).boundingBox();
    const panel = await page.locator('aside.map').boundingBox();
    assert.ok(score.x + score.width <= panel.x + panel.width, 'the Score column is inside the panel');
  },
};
