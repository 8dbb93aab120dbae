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
      const inner = await detail.locator('headscope-head-view').evaluate(async (v) => { await v.idle(); return v.edges(); });
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
    const d = q.length;
    const scores = await values(page, 'nv-score');
    const weights = await values(page, 'nv-softmax');
    assert.equal(scores.length, 19);
    scores.forEach((score, j) => {
      const sum = q.reduce((s, x, i) => s + x * k[j * d + i], 0);
      close(score, sum * json.scale, 1e-5, `score of key ${j}`);
      close(weights[j], Math.exp(sum * json.scale - json.logsumexp), 1e-5, `weight of key ${j}`);
      close(weights[j], tensors.weights.values[j], 1e-5, `weight ${j} of the API`);
    });
    close(weights.reduce((a, b) => a + b, 0), 1, 1e-5, 'softmax');
    const check = async () => (await textOf(page, 'nv-check')).replaceAll('−', '-');
    // Key 10, first cell: by contribution that is the neuron with the largest sum over keys of weight · |q·k|.
    await page.locator(id('nv-prod')).hover({ position: { x: 1, y: 10 * 24 + 12 } });
    await idle(page);
    const text = await check();
    const [, neuron, a, b, product] = /neuron (\d+): (\S+) × (\S+) = ([^\s;]+)/.exec(text) ?? assert.fail(text);
    const contribution = (i) => weights.reduce((s, w, j) => s + w * Math.abs(q[i] * k[j * d + i]), 0);
    const order = [...q.keys()].sort((x, y) => contribution(y) - contribution(x));
    assert.equal(Number(neuron), order[0], 'neurons are sorted by contribution');
    for (const [shown, value] of [[a, q[order[0]]], [b, k[10 * d + order[0]]], [product, q[order[0]] * k[10 * d + order[0]]]]) close(Number(shown), value, Math.abs(value) * 6e-4, text);
    const last = await page.locator(id('nv-prod')).boundingBox();
    await page.mouse.move(last.x + last.width - 1, last.y + 10 * 24 + 12);
    await idle(page);
    assert.match(await check(), new RegExp(`neuron ${order[d - 1]}:`), 'the least contribution is last');
    // The sum line multiplies out with what it prints.
    const [, sum, scale, score, again, lse, weight] = /sum of 64 products (\S+) × (\S+) = (\S+); exp\((\S+) - lse (\S+)\) = (\S+)/.exec(await check())?.map((x) => Number(x) || x) ?? assert.fail(await check());
    close(sum * scale, score, 2e-5, 'sum × scale');
    assert.equal(score, again);
    close(Math.exp(score - lse), weight, Math.max(2e-5, weight * 1e-3), 'exp(score − lse)');
    close(score, scores[10], 1e-5, 'of the key under the pointer');
    const before = await check();
    await leave(page);
    assert.equal(await check(), before, 'numbers stay after the pointer leaves');
  },
  async 'N1 numbers never stand under another name: the old ones keep theirs until the new come'(t) {
    const page = await t.open('#hs=1&v=neuron&p=q5');
    const shown = async () => ({ head: await textOf(page, 'nv-head'), query: (await page.locator('.line.query .token').innerText()).trim(), weight: (await values(page, 'nv-softmax'))[6] });
    for (const [name, change, value] of [
      ['query', () => page.locator(`${id('nv-query')} [data-index="2"]`).click(), 'went'],
      ['head', () => page.evaluate(() => { location.hash = '#hs=1&v=neuron&p=q2&h=L1H3'; }), 'L1H3']]) {
      const old = await shown();
      let answer;
      const asked = new Promise((resolve) => {
        void page.route('**/rpc/neuron', async (route) => { await new Promise((r) => { answer = r; resolve(); }); await route.continue(); }, { times: 1 });
      });
      await change();
      await asked;
      await page.waitForSelector(id('nv-updating'));
      assert.deepEqual(await shown(), old, `the old numbers, under the old ${name}`);
      answer();
      await page.waitForSelector(id('nv-updating'), { state: 'detached' });
      await idle(page);
      const now = await shown();
      assert.match(now[name], new RegExp(`\\b${value}\\b`));
      assert.notEqual(now.weight, old.weight, name);
    }
  },
  async 'N1 a click on a cell pins its neuron and nothing else; again unpins it'(t) {
    const page = await t.open('#hs=1&v=neuron&p=q5');
    const cell = { position: { x: 1, y: 3 * 24 + 12 } };
    await page.locator(id('nv-prod')).click(cell);
    await idle(page);
    assert.deepEqual((await state(page)).pins, ['q5']);
    const pinned = /neuron (\d+)/.exec(await textOf(page, 'nv-check'))[1];
    await page.locator(id('nv-prod')).hover({ position: { x: 60, y: 3 * 24 + 12 } });
    await idle(page);
    assert.equal(/neuron (\d+)/.exec(await textOf(page, 'nv-check'))[1], pinned, 'pinned');
    await page.locator(id('nv-prod')).click(cell);
    await page.locator(id('nv-prod')).hover({ position: { x: 60, y: 3 * 24 + 12 } });
    await idle(page);
    assert.notEqual(/neuron (\d+)/.exec(await textOf(page, 'nv-check'))[1], pinned, 'unpinned');
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
  async 'F16 scroll, zoom and the chosen link survive a change of view and travel in the link'(t) {
    const page = await t.open('#hs=1&h=L10H10', { height: 560 });
    const rows = (on = page) => on.evaluate(() => window.headscope.views[0].rows()[0].first);
    // Query and key under a place of the stage: what is drawn, not what the state says.
    const cellAt = async (on = page) => {
      const box = await on.locator(id('view-matrix')).boundingBox();
      for (const dx of [4, 0]) await on.mouse.move(box.x + box.width / 2 + dx, box.y + 0.7 * box.height);
      await idle(on);
      const text = await textOf(on, 'matrix-cursor');
      await leave(on);
      const [, q, k] = /\((\d+)\) → .*\((\d+)\), L10H10: /.exec(text) ?? assert.fail(text);
      return [Number(q), Number(k)];
    };
    // A zoom is kept as whole rows and columns.
    const sameCell = (got, wanted, what) => { got.forEach((at, i) => { close(at, wanted[i], 1, what); }); };
    await page.locator('.qcol').first().evaluate((e) => { e.scrollTop = 120; });
    await idle(page);
    const first = await rows();
    assert.ok(first > 0, 'scrolled');
    await run(page, 'view.matrix');
    await page.focus(id('view-matrix'));
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'b', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    await idle(page);
    const { zoom, selection, link } = await state(page);
    assert.deepEqual(selection, { q: 5, k: 3 });
    assert.ok(zoom && zoom.q0 === 2 && zoom.k0 === 1, JSON.stringify(zoom));
    const cell = await cellAt();
    await run(page, 'view.head');
    assert.equal(await rows(), first, 'the head view is where it was');
    await run(page, 'view.matrix');
    assert.deepEqual((await state(page)).zoom, zoom);
    sameCell(await cellAt(), cell, 'the matrix is drawn where it was');
    await run(page, 'view.neuron');
    assert.match(await textOf(page, 'nv-check'), /^store → to: /, 'the chosen link');
    const other = await t.open(link, { height: 560 });
    assert.deepEqual([(await state(other)).zoom, (await state(other)).selection], [zoom, selection]);
    await run(other, 'view.matrix');
    sameCell(await cellAt(other), cell, 'the matrix is drawn where the link says');
    await run(other, 'view.head');
    assert.equal(await rows(other), first);
  },
  async 'pins, menu and table in the matrix'(t) {
    const page = await t.open('#hs=1&v=matrix&h=L10H10');
    await page.focus(id('view-matrix'));
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    await idle(page);
    assert.deepEqual((await state(page)).pins, ['q1', 'k2']);
    await page.keyboard.press('Shift+F10');
    await page.waitForSelector('[role=menu]');
    await page.keyboard.press('Escape');
    await page.focus(id('view-matrix'));
    await page.keyboard.press('Escape');
    await idle(page);
    assert.deepEqual((await state(page)).pins, []);
  },
  async 'A2 T opens a table in every view, with the picture’s numbers'(t) {
    const page = await t.open('#hs=1&h=L10H10&t=0', { height: 1000 });
    const drawn = new Map((await edges(page)).map((e) => [`${e.q} ${e.k}`, e.weight]));
    const cells = (column) => page.locator(`${id('table')} tbody tr`).evaluateAll((rows, c) => rows.map((r) => { const cell = r.cells[c]; return cell.dataset.value === undefined ? cell.innerText : Number(cell.dataset.value); }), column);
    const token = (text) => Number(/\((\d+)\)$/.exec(text)?.[1]);
    for (const [view, focus] of [['head', id('token-q-0')], ['matrix', id('view-matrix')]]) {
      await run(page, `view.${view}`);
      await page.focus(focus);
      await page.keyboard.press('t');
      await page.waitForSelector(id('table'));
      const [queries, keys, weights] = [await cells(1), await cells(2), await cells(3)];
      assert.ok(weights.length === 100, `${view}: ${weights.length} rows`);
      weights.forEach((w, i) => { close(w, drawn.get(`${token(queries[i])} ${token(keys[i])}`), 1e-6, `${view}: ${queries[i]} → ${keys[i]}`); });
      assert.ok(weights.every((w, i) => i === 0 || w <= weights[i - 1]), `${view}: heaviest first`);
      await page.keyboard.press('t');
      assert.equal(await page.locator(id('table')).count(), 0);
    }
    await run(page, 'view.neuron');
    await page.focus(id('nv-query'));
    await page.keyboard.press('t');
    const weights = await values(page, 'nv-softmax');
    (await cells(4)).forEach((w, j) => { close(w, weights[j], 1e-8, `neuron: key ${j}`); });
    await page.keyboard.press('t');
    await run(page, 'view.model');
    await page.focus(id('thumb-L0H0'));
    await page.keyboard.press('t');
    assert.equal((await cells(0)).length, 144);
  },
  async 'every view says in words what it shows (A2)'(t) {
    const page = await t.open();
    for (const view of ['head', 'model', 'neuron', 'matrix']) {
      await run(page, `view.${view}`);
        assert.match(await page.evaluate(() => window.headscope.views[0].alt()), view === 'model' ? /144 heads/ : /L2H0|Layer 2, head 0/, view);
    }
    // The head view's words name head, label, score and the mass that is left out, as the API and the picture have them.
    await run(page, 'view.head');
    const { json } = await ask(page, 'heads', { trace: (await state(page)).trace, scope: 'input' });
    const own = json.heads.find((h) => h.layer === 2 && h.head === 0);
    const [label] = own.labels;
    const score = own.scores[label];
    const shown = await edges(page);
    const left = 1 - shown.reduce((sum, e) => sum + e.weight, 0) / new Set(shown.map((e) => e.q)).size;
    const words = await page.evaluate(() => window.headscope.views[0].alt());
    assert.match(words, /^Layer 2, head 0, .*: next token, \d/);
    close(Number(/: next token, ([\d.]+)\./.exec(words)[1]), score, 0.006, `score in ${words}`);
    close(Number(/left out: ([\d.]+) %/.exec(words)[1]), 100 * left, 0.06, `left out in ${words}`);
  },
};
