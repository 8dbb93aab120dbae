// Trace files of this machine, on a server without a model: chosen, dropped, refused, and sent once
// more when the server was started anew.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { id, idle, lines, openApp, run, startServer, state, until, wholePicture } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-open-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const file = (name) => path.join(folder, name);
await writeTrace(file('one.safetensors'), { n: 24, layers: 3, heads: 4 });
await writeTrace(file('two.safetensors'), { n: 33, layers: 2, heads: 2 });
writeFileSync(file('newer.safetensors'), readFileSync(file('one.safetensors'), 'latin1').replace('"format_version":"1"', '"format_version":"3"'), 'latin1');
writeFileSync(file('empty.safetensors'), '');
writeFileSync(file('half.safetensors'), readFileSync(file('one.safetensors')).subarray(0, 9000));
writeFileSync(file('<img src=x onerror=alert(1)>.safetensors'), 'no trace');

export const server = { model: null };

async function choose(page, ...names) {
  const [dialog] = await Promise.all([page.waitForEvent('filechooser'), page.click(id('open-trace'))]);
  await dialog.setFiles(names.map(file));
}
const tokens = (page) => page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens.length);
async function shows(page, n) {
  await page.waitForFunction((count) => document.querySelector('headscope-app').controller.trace.query.tokens.length === count, n);
  await wholePicture(page);
}

export const checks = {
  async 'a chosen file is shown, is in the menu, and is undone'(t) {
    const page = await t.open();
    await choose(page, 'one.safetensors');
    await shows(page, 24);
    assert.match(await page.locator(`${id('model-menu')} option:checked`).getAttribute('title'), /^one\.safetensors$/);
    await page.click(id('undo'));
    await shows(page, 19);
    await page.click(id('redo'));
    await shows(page, 24);
    await page.click(id('tab-model'));
    await idle(page);
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 12);
  },
  async 'dropped files: both are there, the last one is shown'(t) {
    const page = await t.open();
    const carried = await page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const [name, text] of files) transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      return transfer;
    }, ['one.safetensors', 'two.safetensors'].map((name) => [name, readFileSync(file(name)).toString('base64')]));
    await page.dispatchEvent('headscope-app', 'dragover', { dataTransfer: carried });
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('headscope-app'), '::after').content), '"Drop to open the file"');
    await page.dispatchEvent('headscope-app', 'drop', { dataTransfer: carried });
    await shows(page, 33);
    const options = await page.locator(`${id('model-menu')} option`).evaluateAll((all) => all.map((o) => o.title));
    assert.deepEqual(options.slice(-2), ['one.safetensors', 'two.safetensors']);
  },
  async 'a file on its way says how far it is; Stop leaves the picture as it was'(t) {
    const page = await t.open();
    const before = (await state(page)).trace;
    // The server never hears of it: the file stays on its way.
    await page.route('**/rpc/open', () => {});
    await choose(page, 'one.safetensors');
    const working = page.locator('.working');
    await working.getByText(/one\.safetensors/).waitFor();
    await page.click(id('stop'));
    await working.waitFor({ state: 'detached' });
    await idle(page);
    assert.equal((await state(page)).trace, before);
    assert.equal(await page.locator('[role=alert]').count(), 0);
    await page.unroute('**/rpc/open');
    await choose(page, 'one.safetensors');
    await shows(page, 24);
  },
  async 'Diagnostics: what page and server hold; the limit of tiles is obeyed'(t) {
    const page = await t.open();
    await run(page, 'app.diagnostics');
    const text = await page.locator(id('diagnostics-dialog')).innerText();
    const { version, trace, tiles } = await page.evaluate(() => {
      const [view] = window.headscope.views;
      return { version: window.headscope.version, trace: view.state().trace, tiles: view.tiles().cached };
    });
    for (const part of [version, trace, `${tiles} tile`, 'webgl2', 'of 268 MB']) assert.ok(text.includes(part), `${part} in ${text}`);
    await page.locator(id('tile-limit')).fill('32');
    await page.locator(id('tile-limit')).press('Tab');
    await page.locator(id('diagnostics-dialog')).getByText(/of 34 MB/).waitFor();
    await page.keyboard.press('Escape');
  },
  async 'HS-FILE-01 and HS-FILE-02: the picture stays, and the message can go'(t) {
    const page = await t.open();
    const before = await lines(page);
    await choose(page, 'newer.safetensors');
    const newer = page.locator(`${id('error-HS-FILE-01')}[role=alert]`);
    assert.match(await newer.innerText(), /newer\.safetensors is a trace of format 3; this headscope reads formats up to 2\. Open it with a newer headscope\. The file was not changed\./);
    await newer.locator(id('dismiss')).click();
    assert.equal(await page.locator('[role=alert]').count(), 0);
    for (const name of ['half.safetensors', 'empty.safetensors', '<img src=x onerror=alert(1)>.safetensors']) {
      await choose(page, name);
      const text = await page.locator(`${id('error-HS-FILE-02')}[role=alert]`).innerText();
      assert.ok(text.startsWith(`${name}: `), text);
      await page.locator(id('dismiss')).click();
    }
    // The message took room: rows come back when it goes.
    await until(() => lines(page), (now) => isDeepStrictEqual(now, before), 'the picture before the message');
    assert.deepEqual((await state(page)).heads, ['L2H0']);
  },
  async 'HS-LIMIT-01: a file that is too large does not leave the page'(t) {
    const small = await startServer(['--cache-mb', '64'], { model: null });
    const page = await openApp(t.browser, small);
    writeFileSync(file('large.safetensors'), '');
    truncateSync(file('large.safetensors'), (32 << 20) + 1);
    let sent = false;
    page.on('request', (r) => { sent ||= r.url().endsWith('/rpc/open'); });
    await choose(page, 'large.safetensors');
    assert.match(await page.locator(`${id('error-HS-LIMIT-01')}[role=alert]`).innerText(), /large\.safetensors has 34 MB; a page can open traces of up to 34 MB/);
    assert.equal(sent, false);
    await page.context().close();
    await small.stop();
  },
  async 'the server starts anew: the file is sent once more, unseen'(t) {
    const own = await startServer([], { model: null });
    const page = await openApp(t.browser, own);
    await choose(page, 'two.safetensors');
    await shows(page, 33);
    await own.stop('SIGKILL');
    const again = await startServer([], { model: null, port: new URL(own.origin).port });
    await page.click(id('tab-matrix'));
    await page.click(id('tab-head'));
    await page.click(id('map-cell-L1H1'));
    await shows(page, 33);
    assert.equal(await tokens(page), 33);
    await page.context().close();
    await again.stop();
  },
};
