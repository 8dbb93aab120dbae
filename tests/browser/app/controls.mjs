// The controls of ui.md 3.0 against a reference computed here from the raw matrix (B6, B7, B9, B10).
import assert from 'node:assert/strict';
import { ask, close, edges, id, idle, run, state, textOf } from '../harness.mjs';
import { expected, matrixOf, N, quantityOf } from './reference.mjs';

export const server = { model: null };
/** Every row on screen: lines of rows outside the window are not drawn. */
const TALL = { height: 1000 };

async function raw(page, heads) {
  const out = [];
  for (const head of heads) {
    await run(page, 'set', { state: `#hs=1&h=${head}&t=0&k=off` });
    out.push(matrixOf(await edges(page)));
  }
  return out;
}

// [name, link, what the reference is told]
const CASES = [
  ['threshold 0.05', 't=0.05', { threshold: 0.05 }], ['threshold 0', 't=0', { threshold: 0 }], ['top 3', 'k=3', { topk: 3 }], ['top 1, threshold 0', 'k=1&t=0', { topk: 1, threshold: 0 }],
  ['A → B', 'f=ab', { attention: 'ab' }], ['B → A, renormalised', 'f=ba&r=1', { attention: 'ba', renorm: true }], ['within A', 'f=aa&t=0', { attention: 'aa', threshold: 0 }], ['within B', 'f=bb', { attention: 'bb' }],
  ['special hidden', 's=hide', { special: 'hide' }], ['hidden + renormalised', 's=hide-renorm&t=0', { special: 'hide-renorm', threshold: 0 }],
  ['words', 'w=1&t=0', { words: true, threshold: 0 }], ['words, A → B, hidden, top 2', 'w=1&f=ab&s=hide&k=2&r=1', { words: true, attention: 'ab', special: 'hide', renorm: true, topk: 2 }],
  ['mean', 'c=mean', { combine: 'mean' }], ['max', 'c=max&t=0.1', { combine: 'max', threshold: 0.1 }], ['sum', 'c=sum', { combine: 'sum' }],
];

export const checks = {
  async 'B9 every control equals the reference'(t) {
    const page = await t.open('', TALL);
    const heads = ['L2H6', 'L6H11'];
    const matrices = await raw(page, heads);
    for (const [name, link, settings] of CASES) {
      const combined = settings.combine !== undefined;
      await run(page, 'set', { state: `#hs=1&h=${combined ? heads.join(',') : heads[0]}&${link}` });
      const drawn = new Map((await edges(page)).map((e) => [`${e.q} ${e.k}`, e.weight]));
      const want = expected(combined ? matrices : [matrices[0]], settings);
      // Values within float error of the threshold may fall on either side.
      const line = settings.threshold ?? 0.01;
      for (const [key, value] of want) if (Math.abs(value - line) > 1e-6) assert.ok(drawn.has(key), `${name}: ${key} (${value}) is not drawn`);
      for (const [key, value] of drawn) {
        assert.ok(want.has(key) || Math.abs(value - line) < 1e-6, `${name}: ${key} (${value}) should not be drawn`);
        if (want.has(key)) close(value, want.get(key), 2e-6, `${name}: ${key}`);
      }
    }
  },
  async 'B9 the scale changes ink, not weights'(t) {
    const page = await t.open('#hs=1&h=L2H6&t=0', TALL);
    const linear = await edges(page);
    const rowMax = new Map();
    for (const e of linear) rowMax.set(e.q, Math.max(rowMax.get(e.q) ?? 0, e.weight));
    for (const [scale, strength] of [['log', (e) => Math.max(0, 1 + Math.log10(e.weight) / 4)], ['row', (e) => e.weight / rowMax.get(e.q)]]) {
      await run(page, 'scale.set', { value: scale });
      const drawn = await edges(page);
      assert.equal(drawn.length, linear.length);
      for (const e of drawn) close(e.opacity, 0.15 + 0.85 * strength(e), 1e-5, `${scale} ${e.q} ${e.k}`);
    }
  },
  async 'the scale is that of thumbnails and matrices too, and of their figures'(t) {
    const page = await t.open('#hs=1&h=L2H6');
    // [picture, scale, what both legends say]
    const cases = [['v=model', 'log', ['0.1', '0.5', '1']], ['v=model', 'row', ['0.1', '0.5', '1']], ['v=model&tn=matrix', 'log', ['≤ 0.002', '1 (log)']],
      ['v=model&tn=matrix', 'row', ['0', 'row’s largest']], ['v=matrix', 'log', ['≤ 0.002', '1 (log)']], ['v=matrix', 'row', ['0', 'row’s largest']],
      ['v=matrix&cs=common', 'row', ['0', '1']], ['v=matrix&qy=score', 'row', ['−']]];
    for (const [picture, scale, words] of cases) {
      await run(page, 'set', { state: `#hs=1&h=L2H6&${picture}&sc=${scale}` });
      const legend = await textOf(page, 'legend');
      const { trace, link } = await state(page);
      const { json } = await ask(page, 'figure', { trace, state: link, format: 'svg', width_mm: null, title: null, note: null, output: 'f.svg' });
      const texts = [...json.svg.matchAll(/>([^<>]+)<\/text>/g)].map((m) => m[1]);
      for (const word of words) {
        assert.ok(legend.includes(word), `${picture}, ${scale}: ${word} in “${legend}”`);
        assert.ok(texts.some((text) => text.startsWith(word)), `figure of ${picture}, ${scale}: ${word} in ${texts.slice(-12).join(' · ')}`);
      }
      const samples = await page.locator(`${id('legend')} i`).evaluateAll((all) => all.map((e) => Number(getComputedStyle(e).opacity)));
      if (words.length !== 3) continue;
      [0.1, 0.5, 1].forEach((v, i) => { close(samples[i], 0.15 + 0.85 * (scale === 'log' ? 1 + Math.log10(v) / 4 : v), 1e-3, `sample ${v}, ${scale}`); });
    }
  },
  async 'B9 every quantity equals the reference from queries, keys and norms'(t) {
    const page = await t.open('', TALL);
    const able = await page.evaluate(() => document.querySelector('headscope-app').controller.trace.quantities);
    for (const [quantity, words] of [['weight', /of weight/], ['norm', /norm/], ['score', /score/], ['rollout', /rollout/], ['flow', /flow/]]) {
      assert.equal(able[quantity], true, quantity);
      await run(page, 'set', { state: `#hs=1&h=L2H6&t=0&k=off&qy=${quantity}` });
      const want = quantityOf(2, 6, quantity);
      const drawn = await edges(page);
      const zeros = want.flatMap((row) => [...row]).filter((x) => x === 0).length;
      assert.ok(drawn.length >= N * N - zeros - 2, `${quantity}: ${drawn.length} lines`);
      for (const e of drawn) close(e.weight, want[e.q][e.k], 2e-5 * Math.max(1, Math.abs(want[e.q][e.k])), `${quantity} ${e.q} ${e.k}`);
      assert.match(await textOf(page, 'status-line'), words);
    }
  },
  async 'B6 sentence filter'(t) {
    const page = await t.open('#hs=1&h=L10H10&f=ab&t=0', TALL);
    const drawn = await edges(page);
    assert.ok(drawn.length > 0 && drawn.every((e) => e.q <= 7 && e.k > 7));
    await run(page, 'renorm.toggle');
    const sums = new Map();
    for (const e of await edges(page)) sums.set(e.q, (sums.get(e.q) ?? 0) + e.weight);
    for (const [q, sum] of sums) close(sum, 1, 1e-5, `row ${q}`);
  },
  async 'B7 special tokens: three modes, said in the status line'(t) {
    const page = await t.open('#hs=1&h=L6H4', TALL);
    for (const [mode, words] of [['show', 'Special tokens shown.'], ['hide', 'Special tokens hidden, rows not renormalised.'], ['hide-renorm', 'Special tokens hidden, rows renormalised.']]) {
      await run(page, 'special.set', { value: mode });
      const special = (await edges(page)).filter((e) => [0, 7, 18].includes(e.k) || [0, 7, 18].includes(e.q));
      assert.equal(special.length > 0, mode === 'show');
      assert.ok((await textOf(page, 'status-line')).includes(words), mode);
    }
  },
  async 'B10 what is drawn, left out and hidden is the reference’s share of the weight'(t) {
    const page = await t.open('', TALL);
    const [matrix] = await raw(page, ['L2H0']);
    // Queries that stay: 19 tokens, 3 of them special, 11 of text B, one word of two pieces.
    for (const [link, settings, queries] of [['', {}, 19], ['&s=hide', { special: 'hide' }, 16], ['&k=3', { topk: 3 }, 19], ['&f=ba&t=0.05', { attention: 'ba', threshold: 0.05 }, 11], ['&w=1&t=0.2', { words: true, threshold: 0.2 }, 18]]) {
      await run(page, 'set', { state: `#hs=1&h=L2H0${link}` });
      const status = await textOf(page, 'status-line');
      const sum = (s) => [...expected([matrix], s).values()].reduce((a, b) => a + b, 0);
      const drawn = 100 * sum(settings) / queries;
      const shown = 100 * sum({ ...settings, topk: 0, threshold: 0 }) / queries;
      const [first, second = 0, third = 0] = [...status.matchAll(/([\d.]+) %/g)].map((m) => Number(m[1]));
      close(first, drawn, 0.06, `drawn, ${link}: ${status}`);
      close(second, shown - drawn, 0.06, `left out, ${link}: ${status}`);
      close(third, 100 - shown, 0.06, `hidden, ${link}: ${status}`);
    }
  },
  async 'F6 with a pin the status line counts what is drawn'(t) {
    const page = await t.open('#hs=1&h=L2H6', TALL);
    const [matrix] = await raw(page, ['L2H6']);
    await run(page, 'set', { state: '#hs=1&h=L2H6&p=q5' });
    const want = [...expected([matrix], {})].filter(([key]) => key.startsWith('5 '));
    const status = await textOf(page, 'status-line');
    const [, share, lines, cells] = /^Drawn: ([\d.]+) % .*?; (\d+) of (\d+) lines/.exec(status) ?? assert.fail(status);
    assert.deepEqual([Number(lines), Number(cells), (await edges(page)).length], [want.length, N, want.length], status);
    close(Number(share), 100 * want.reduce((s, [, v]) => s + v, 0), 0.06, status);
  },
  async 'a setting that is not default shows as a chip and can be taken back'(t) {
    const page = await t.open('#hs=1&sc=log', TALL);
    await page.locator('headscope-controls').getByRole('button', { name: /log/i }).first().click();
    await idle(page);
    assert.equal(await page.evaluate(() => window.headscope.views[0].state().scale), 'linear');
    void id;
  },
};
