// Elements that live anywhere: three views of two traces and the whole app on somebody else's page,
// moved, closed, defined twice. No server needed. Run in web/:  node ../tests/browser/elements_test.mjs
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runChecks } from './checks.mjs';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../web');
const require = createRequire(path.join(web, 'package.json'));
const { chromium } = require('playwright-core');
const { createServer } = await import(pathToFileURL(path.join(web, 'node_modules/vite/dist/node/index.js')));
const vite = await createServer({ root: web, configFile: false, server: { port: 0, host: '127.0.0.1', hmr: false, fs: { allow: [path.join(web, '..')] } }, logLevel: 'error' });
await vite.listen();
const origin = `http://127.0.0.1:${vite.httpServer.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });

let page;
async function open() {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(120000);  // A state comes late on a busy machine; a page that hangs is told all the same.
  page.problems = [];
  page.on('pageerror', (e) => page.problems.push(e.message));
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !/Lit is in dev mode|favicon|404|change-in-update|GPU stall|GL Driver/.test(m.text())) page.problems.push(m.text()); });
  await page.goto(`${origin}/elements.html#not-ours`);
  await page.waitForFunction(() => window.left?.children.length === 3);
  await idle();
}
const idle = () => page.evaluate(async () => { for (const v of [...window.left.children, ...window.right.children]) await v.idle?.(); });
const edges = (where, at) => page.evaluate(([w, i]) => window[w].children[i].edges(), [where, at]);
async function withApp() {
  await open();
  await page.evaluate(async () => {
    document.body.append(window.app);
    await window.app.controller.ready;
    await window.app.controller.session.idle();
    await window.app.updateComplete;
  });
}

const checks = {
  async 'three views of two traces side by side: each draws its own'() {
    await open();
    const first = await edges('left', 0);
    const third = await edges('left', 2);
    assert.ok(first.length > 0 && third.length > 0, `${first.length} and ${third.length} lines`);
    assert.ok(first.every((e) => e.head === 'L1H2' && e.q < 24 && e.k < 24));
    assert.ok(third.every((e) => e.head === 'L1H1'));
    assert.match(await page.evaluate(() => window.left.children[1].alt()), /L0H1|[Ll]ayer 0, head 1/);
  },
  async 'a view that is moved shows what it showed, and goes on answering'() {
    await open();
    const before = await edges('left', 0);
    await page.evaluate(() => { window.right.append(window.left.children[0]); });
    await idle();
    assert.deepEqual(await edges('right', 0), before);
    await page.evaluate(() => { const view = window.right.children[0]; view.settings = { ...view.settings, heads: ['L2H1'] }; });
    await idle();
    const after = await edges('right', 0);
    assert.ok(after.length > 0 && after.every((e) => e.head === 'L2H1'), 'tiles of the new head are asked for and drawn');
    assert.ok((await edges('left', 1)).length > 0, 'the others stay');
  },
  async 'a view that is closed is let go of'() {
    await open();
    await page.evaluate(() => { window.gone = new WeakRef(window.left.children[2]); window.left.children[2].remove(); });
    await idle();
    const session = await page.context().newCDPSession(page);
    // Frames and observers let go of it in their own time.
    for (const end = Date.now() + 30000; Date.now() < end;) {
      await session.send('HeapProfiler.collectGarbage');
      if (await page.evaluate(() => window.gone.deref() === undefined)) return;
      await page.evaluate(() => new Promise((r) => { requestAnimationFrame(() => { setTimeout(r, 50); }); }));
    }
    assert.fail('the closed view is still held');
  },
  async 'views send commands and steal no key of the page'() {
    await open();
    await page.focus('#own');
    for (const key of ['h', '3', 'z', 'Control+k', 'Control+z']) await page.keyboard.press(key);
    assert.ok((await page.evaluate(() => window.keys)).every((k) => !k.endsWith('taken')));
    assert.equal(await page.inputValue('#own'), 'h3z'.slice(0, (await page.inputValue('#own')).length));
  },
  async 'the app among other elements: keys while the focus is inside; title, address and storage are not its own'() {
    await withApp();
    const special = () => page.evaluate(() => window.app.controller.state.special);
    await page.focus('#own');
    await page.keyboard.press('h');
    await page.keyboard.press('Control+k');
    assert.equal(await special(), 'show');
    assert.equal(await page.evaluate(() => window.app.shadowRoot.querySelector('headscope-palette').shadowRoot.querySelector('dialog').open), false);
    await page.locator('headscope-app [data-testid=map-cell-L1H1]').click();
    await page.keyboard.press('h');
    assert.equal(await special(), 'hide');
    assert.deepEqual(await page.evaluate(() => window.app.controller.state.heads), ['L1H1']);
    await page.evaluate(() => { window.app.flushLink(); });  // an address would be written now, not after a rest
    assert.deepEqual(await page.evaluate(() => [document.title, location.hash, localStorage.length]), ['Somebody’s page', '#not-ours', 0]);
    // An error of the page's own is not the app's.
    await page.evaluate(() => { dispatchEvent(new ErrorEvent('error', { message: 'theirs', error: new Error('theirs') })); });
    assert.deepEqual(await page.evaluate(() => window.app.controller.errorLog), []);
  },
  async 'the app is moved: state, history and trace go with it; it runs nothing again'() {
    await withApp();
    await page.evaluate(() => { window.app.runCommand('head.select', { head: 'L2H1' }); });
    const before = await page.evaluate(() => ({ runs: window.app.engine.runs, trace: window.app.controller.trace.id, undo: window.app.controller.history.undoName }));
    await page.evaluate(async () => { window.right.append(window.app); await window.app.updateComplete; });
    const after = await page.evaluate(() => ({ runs: window.app.engine.runs, trace: window.app.controller.trace.id, undo: window.app.controller.history.undoName }));
    assert.deepEqual(after, before);
    await page.evaluate(() => { window.app.controller.undo(); });
    assert.deepEqual(await page.evaluate(() => window.app.controller.state.heads), ['L2H0']);
    // By the app's own width, whatever the window has.
    assert.equal(await page.evaluate(() => window.app.dataset.size), 'wide');
    await page.evaluate(() => { window.app.style.width = '600px'; });
    await page.waitForFunction(() => window.app.dataset.size === 'narrow');
  },
  async 'attributes are settings, and a view that stands alone obeys itself'() {
    await open();
    await page.evaluate(async () => { document.body.append(window.alone); await window.alone.whenIdle(); });
    const settings = () => page.evaluate(() => { const { heads, pins, threshold, scale, words } = window.alone.settings; return { heads, pins, threshold, scale, words }; });
    assert.deepEqual(await settings(), { heads: ['L1H2'], pins: ['q3'], threshold: 0.05, scale: 'log', words: true });
    const drawn = await page.evaluate(() => window.alone.edges());
    assert.ok(drawn.length > 0 && drawn.every((e) => e.head === 'L1H2' && e.q === 3 && e.weight >= 0.05), JSON.stringify(drawn.slice(0, 3)));
    // Its own commands change it, and the page hears of it.
    await page.evaluate(async () => {
      window.alone.shadowRoot.querySelector('[data-testid=token-q-5]').click();
      await window.alone.whenIdle();
    });
    assert.deepEqual((await settings()).pins, ['q5']);
    const heard = await page.evaluate(() => window.heard.map((h) => [h.type, h.detail.index ?? h.detail.command]));
    assert.deepEqual(heard.filter(([type]) => type === 'hs-pin'), [['hs-pin', 5]]);
    const commands = heard.filter(([type]) => type === 'hs-state').map(([, command]) => command);
    assert.ok(commands.includes('pin.toggle'), JSON.stringify(commands));
    // Taken away: the default; no value of the vocabulary: an error, and what was stays.
    await page.evaluate(() => {
      window.alone.removeAttribute('scale');
      window.alone.setAttribute('threshold', '7');
      window.alone.setAttribute('words', 'false');
      window.alone.setAttribute('heads', 'L2H1');
    });
    assert.deepEqual(await settings(), { heads: ['L2H1'], pins: ['q5'], threshold: 0.05, scale: 'linear', words: false });
    assert.match(await page.evaluate(() => window.heard.find((h) => h.type === 'hs-error').detail.message), /threshold="7"; expected a number from 0 to 1/);
    await page.evaluate(() => { window.alone.setState('#hs=1&h=L0H1&f=all'); });
    assert.deepEqual((await settings()).heads, ['L0H1']);
  },
  async 'attributes of the app: its first state, and texts that are only shown'() {
    await open();
    await page.evaluate(async () => {
      window.app.setAttribute('state', '#hs=1&h=L1H1&v=matrix');
      window.app.setAttribute('theme', 'dark');
      window.app.setAttribute('readonly', '');
      document.body.append(window.app);
      await window.app.controller.ready;
      await window.app.whenIdle();
    });
    const seen = await page.evaluate(() => {
      const { state, capabilities } = window.app.controller;
      return { heads: state.heads, view: state.view, theme: window.app.dataset.theme, run: capabilities.run, ready: window.heard.some((h) => h.type === 'hs-ready') };
    });
    assert.deepEqual(seen, { heads: ['L1H1'], view: 'matrix', theme: 'dark', run: 'This page only shows.', ready: true });
    await page.evaluate(() => { window.app.setAttribute('state', '#hs=1&h=L0H2'); });
    assert.deepEqual(await page.evaluate(() => window.app.controller.state.heads), ['L0H2']);
  },
  async 'a second bundle on the page uses the first one’s elements'() {
    await open();
    await page.evaluate(async () => { await import('/src/ui/head_bar.ts?second'); await import('/src/app/help_dialog.ts?second'); });
  },
};

const failed = await runChecks(checks, async (check) => {
  try {
    await check();
    assert.deepEqual(page.problems, []);
  } finally {
    await page?.context().close().catch(() => {});
  }
});
await browser.close();
await vite.close();
process.exit(failed > 0 ? 1 : 0);
