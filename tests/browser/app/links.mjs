// Links, undo and the palette (U1, U2), and the address bar as a way back.
import assert from 'node:assert/strict';
import { id, idle, modelRead, run, state, textOf, tinyModel } from '../harness.mjs';

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
  async 'U2 every command of the palette runs without an error'(t) {
    const page = await t.open('#hs=1&p=q1');
    await page.keyboard.press('Control+k');
    const entries = await page.evaluate(() => document.querySelector('headscope-app').shadowRoot.querySelector('headscope-palette').entries
      .filter((e) => e.enabled === true && !e.id.startsWith('app.')).map((e) => [e.id, e.args]));
    await page.keyboard.press('Escape');
    assert.ok(entries.length > 80, `${entries.length} entries`);
    const seen = new Set();
    for (const [command, args] of entries) {
      if (seen.size > 0 && ['head.select', 'head.toggle', 'pin.token'].includes(command) && seen.has(command)) continue;
      seen.add(command);
      const ran = await page.evaluate(([c, a]) => window.headscope.views[0].run(c, a), [command, args]);
      // Some need what an earlier one took away (a pin, text B): those are refused with the reason, never silently.
      const why = await page.evaluate(([c]) => { const { controller } = document.querySelector('headscope-app'); return controller.notices.all.at(-1)?.text ?? c; }, [command]);
      assert.ok(ran || /No token is pinned|There is no text B/.test(why), `${command} ${JSON.stringify(args)}: ${why}`);
    }
    await idle(page);
    assert.deepEqual(await page.evaluate(() => window.headscope.views[0].errors()), []);
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
