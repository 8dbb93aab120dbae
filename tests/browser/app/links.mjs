// Links, undo and the palette (U1, U2), and the address bar as a way back.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { id, idle, modelRead, run, startServer, state, textOf, tinyModel, traces } from '../harness.mjs';
import { writeStacksTrace } from '../stacks_trace.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

export const server = { model: tinyModel };

// The random states of the unit tests, within the tiny model: 3 layers, 4 heads, words 1 to 4.
function randomLinks(count) {
  let seed = 20181;
  const random = () => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return seed / 2 ** 32; };
  const of = (...v) => v[Math.floor(random() * v.length)];
  const int = (n) => Math.floor(random() * n);
  return Array.from({ length: count }, () => {
    const parts = [`a=${encodeURIComponent(of('the store', 'off', '0', '<b>x</b>', 'café & co = #1'))}`];
    const add = (key, value) => { if (random() < 0.5) parts.push(`${key}=${value}`); };
    add('b', encodeURIComponent(of('', '0', 'another text')));
    add('v', of('model', 'neuron', 'matrix'));
    add('h', of(`L${int(3)}H${int(4)}`, 'L0H1,L2H3', 'L1H0,L1H1,L1H2'));
    add('p', of('q1', 'k2', 'q1,k1,q2'));
    add('f', of('aa', 'ab', 'ba', 'bb'));
    add('s', of('hide', 'hide-renorm'));
    add('r', '1');
    add('c', of('mean', 'max', 'sum'));
    add('qy', of('norm', 'score'));
    add('t', of('0', '1', '0.05', '0.3333333333333333'));
    add('k', of('off', '1', '8', '64'));
    add('sc', of('log', 'row'));
    add('w', '1');
    add('ab', `L${int(3)}H${int(4)}:${of('zero', 'mean', 'uniform')}`);
    add('pn', 'both');
    add('th', of('light', 'dark', 'print'));
    add('dn', of('compact', 'fit'));
    add('vl', '1');
    add('mk', of('1', '1,2'));
    add('lb', of('next', 'family:delimiter'));
    add('so', '-score,name');
    add('mp', 'list');
    return `#hs=1&${parts.join('&')}`;
  });
}

/** Runs each entry of the palette once (of entries that differ in their head or token alone, the first); how many there are. */
async function everyCommand(page, name) {
  await page.keyboard.press('Control+k');
  const entries = await page.evaluate(() => document.querySelector('headscope-app').shadowRoot.querySelector('headscope-palette').entries
    .filter((e) => e.enabled === true && !e.id.startsWith('app.')).map((e) => [e.id, e.args]));
  await page.keyboard.press('Escape');
  const seen = new Set();
  for (const [command, args] of entries) {
    if (['head.select', 'head.toggle', 'pin.token'].includes(command) && seen.has(command)) continue;
    seen.add(command);
    const { ran, why } = await page.evaluate(([c, a]) => {
      const { notices } = document.querySelector('headscope-app').controller;
      for (const n of [...notices.all]) notices.dismiss(n.id);
      const done = window.headscope.views[0].run(c, a);
      return { ran: done, why: notices.all.at(-1)?.text ?? '' };
    }, [command, args]);
    // Some need what an earlier one took away (a pin, text B): those are refused with the reason, never silently.
    assert.ok(ran || /No token is pinned|There is no text B/.test(why), `${name}: ${command} ${JSON.stringify(args)}: ${why || 'refused without a word'}`);
  }
  await idle(page);
  assert.deepEqual(await page.evaluate(() => window.headscope.views[0].errors()), [], name);
  return entries.length;
}

export const checks = {
  async 'U1 five hundred links come back, twenty of them through a reload'(t) {
    const page = await t.open();
    const links = randomLinks(500);
    for (let at = 0; at < links.length; at += 25) {
      // The state that a link means, its link, and the state that that one means: equal.
      const pairs = await page.evaluate((some) => some.map((link) => {
        const view = window.headscope.views[0];
        view.run('set', { state: link });
        const one = view.state();
        view.run('set', { state: '#hs=1' });
        view.run('set', { state: one.link });
        return [one, view.state()];
      }), links.slice(at, at + 25));
      pairs.forEach(([first, second], i) => { assert.deepEqual({ ...second, trace: '' }, { ...first, trace: '' }, links[at + i]); });
      // The last of them through a reload.
      await idle(page);
      const before = await state(page);
      await page.reload();
      await page.waitForFunction(() => window.headscope?.views.length > 0);
      await modelRead(page);
      await idle(page);
      assert.deepEqual(await state(page), before, links[at + 24]);
    }
  },
  async 'U1 a head that the model has not'(t) {
    const page = await t.open('#hs=1&h=L14H3&a=the%20store');
    assert.match(await textOf(page, 'error-HS-LINK-01'), /The link asks for head L14H3; \S+ has layers 0–2 and heads 0–3\. L2H0 is shown instead\./);
    assert.deepEqual((await state(page)).heads, ['L2H0']);
    await page.locator(`${id('error-HS-LINK-01')} button`).click();
    assert.equal(await page.locator(id('error-HS-LINK-01')).count(), 0);
  },
  async 'Back follows views and heads, not thresholds; the page follows a new hash'(t) {
    const page = await t.open();
    await run(page, 'head.select', { head: 'L1H1' });
    await run(page, 'threshold.set', { value: 0.2 });
    await run(page, 'view.matrix');
    await page.goBack();
    await idle(page);
    let now = await state(page);
    assert.deepEqual([now.view, now.heads, now.threshold], ['head', ['L1H1'], 0.2]);
    await page.goBack();
    await idle(page);
    now = await state(page);
    assert.deepEqual(now.heads, ['L2H0']);
    await page.evaluate(() => { location.hash = '#hs=1&h=L0H2&v=model'; });
    await idle(page);
    now = await state(page);
    assert.deepEqual([now.view, now.heads], ['model', ['L0H2']]);
  },
  async 'U2 every command of the palette runs without an error, on every fixture'(t) {
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-links-'));
    const file = (name) => path.join(folder, name);
    await writeTrace(file('causal.safetensors'), { n: 24, layers: 3, heads: 4, causal: true });
    await writeTrace(file('long.safetensors'), { n: 600, layers: 2, heads: 4 });
    writeStacksTrace(file('stacks.safetensors'));
    // Name, trace of a server of its own (null: the file's server; '': the demo), where, how many entries at least.
    const fixtures = [['a pair', null, '#hs=1&p=q1', 80], ['one text', null, '#hs=1&a=the%20store&p=q1', 60], ['the demo', '', '#hs=1&p=q1', 200],
      ['causal', 'causal.safetensors', '#hs=1&p=q1&tr=', 50], ['600 tokens', 'long.safetensors', '#hs=1&p=q1&tr=', 600], ['encoder and decoder', 'stacks.safetensors', '#hs=1&p=q1&h=L1H0&tr=', 30]];
    for (const [name, trace, link, least] of fixtures) {
      const other = trace === null ? null : await startServer(trace ? ['--trace', file(trace)] : [], { model: null });
      try {
        const where = link.endsWith('tr=') ? link + (await traces(other))[0].id : link;
        const page = await t.open(where, other ? { server: other } : {});
        assert.ok((await everyCommand(page, name)) >= least, `${name}: few entries`);
        await page.context().close();
      } finally {
        await other?.stop();
      }
    }
    rmSync(folder, { recursive: true });
  },
  async 'U2 fifty random commands, undone, redone'(t) {
    const page = await t.open();
    const result = await page.evaluate(async () => {
      const app = document.querySelector('headscope-app');
      const palette = app.shadowRoot.querySelector('headscope-palette');
      const start = JSON.stringify(app.controller.state);
      let seed = 7;
      const random = (n) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 2 ** 32) * n); };
      for (let i = 0; i < 50; i++) {
        palette.open();
        const entries = palette.entries.filter((e) => e.enabled === true && !e.id.startsWith('app.') && e.id !== 'heads.predictive');
        palette.shadowRoot.querySelector('dialog')?.close();
        const e = entries[random(entries.length)];
        app.runCommand(e.id, e.args);
      }
      const last = JSON.stringify(app.controller.state);
      while (app.controller.history.undoName !== null) app.controller.undo();
      const back = JSON.stringify(app.controller.state);
      while (app.controller.history.redoName !== null) app.controller.redo();
      return { start, back, last, again: JSON.stringify(app.controller.state) };
    });
    assert.equal(result.back, result.start);
    assert.equal(result.again, result.last);
    await idle(page);
  },
  async 'the palette finds heads, words, tokens and labels'(t) {
    const page = await t.open();
    for (const [query, expected] of [['L1H3', { heads: ['L1H3'] }], ['@2', { pins: ['q2'] }], ['matrix view', { view: 'matrix' }], ['special hide', { special: 'hide' }]]) {
      await page.keyboard.press('Control+k');
      await page.keyboard.type(query);
      await page.keyboard.press('Enter');
      await idle(page);
      const now = await state(page);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(now[key], value, query);
    }
  },
  async 'Share copies the link'(t) {
    const page = await t.open('#hs=1&h=L1H2', { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
    await page.click(id('share'));
    assert.match(await textOf(page, 'error-HS-SHARE'), /copied/i);
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /#hs=1&h=L1H2$/);
  },
};
