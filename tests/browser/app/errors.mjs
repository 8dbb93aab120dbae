// R1: errors of ui.md §5 where the thing would be, with their words, actions that work, other panels alive.
import assert from 'node:assert/strict';
import { edges, errors, id, idle, openApp, run, startServer, state, tinyModel, traces, wholePicture } from '../harness.mjs';

export const server = { model: tinyModel };

const alert = (page, code) => page.locator(`${id(`error-${code}`)}[role=alert]`);

/** The picture of the text, whole, without an error. */
async function shows(page, text) {
  await page.waitForFunction((a) => {
    const { trace, session } = document.querySelector('headscope-app').controller;
    return trace.query.text_a === a && !session.stale;
  }, text, { timeout: 20000 });
  await wholePicture(page);
}

export const checks = {
  async 'R1 the server dies mid-use: HS-NET-01; Retry restores'(t) {
    const own = await startServer([], { model: tinyModel });
    // Tall: the box of the error must not push rows, and with them lines, out of the window.
    const page = await openApp(t.browser, own, '', { height: 1400 });
    const before = (await edges(page)).length;
    const port = new URL(own.origin).port;
    await own.stop('SIGKILL');
    await page.fill(id('text-a'), 'after the end');
    await page.waitForSelector(id('error-HS-NET-01'), { timeout: 20000 });
    assert.match(await alert(page, 'HS-NET-01').innerText(), /No answer from the headscope server at http:\/\/127\.0\.0\.1:\d+ after \d+ s\. It was last seen .+\. Start it again with headscope serve, then choose Retry\. Your view is kept\./);
    assert.equal((await edges(page)).length, before, 'the picture is kept');
    await page.click(id('map-cell-L1H1'));
    assert.deepEqual((await state(page)).heads, ['L1H1'], 'other panels work');
    // What was asked fails before there is a server that could answer it: Retry is the way.
    await idle(page);
    const again = await startServer([], { model: tinyModel, port });
    await page.locator(id('retry')).first().click();
    await shows(page, 'after the end');
    await page.context().close();
    await again.stop();
  },
  async 'R1 the server starts anew: what it lost is made again, unseen'(t) {
    const own = await startServer([], { model: tinyModel });
    const page = await openApp(t.browser, own, '#hs=1&a=before%20the%20end', { height: 1400 });
    const trace = await page.evaluate(() => document.querySelector('headscope-app').controller.trace.id);
    const before = await errors(page);  // on a busy machine: that the model was still being read
    await own.stop('SIGKILL');
    const again = await startServer([], { model: tinyModel, port: new URL(own.origin).port });
    assert.ok((await traces(again)).every((e) => e.id !== trace), 'the new server has no such trace');
    await page.click(id('map-cell-L1H1'));
    await page.click(id('tab-matrix'));
    await page.click(id('tab-head'));
    await shows(page, 'before the end');
    assert.deepEqual(await errors(page), before);
    await page.fill(id('text-a'), 'after the end');
    await shows(page, 'after the end');
    await page.context().close();
    await again.stop();
  },
  async 'R1 an error of the app’s own is HS-BUG-01; what others on the page throw is not'(t) {
    const page = await t.open();
    t.allow(/exception: |Uncaught/);
    const own = await page.evaluate(() => [...document.scripts].find((s) => s.src)?.src);
    // An extension's script, the browser's notice, a rejection of somebody else: no stack of ours.
    await page.evaluate(() => {
      dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed with undelivered notifications.' }));
      const foreign = new Error('not ours');
      foreign.stack = 'Error: not ours\n    at f (chrome-extension://abc/content.js:1:1)';
      dispatchEvent(new ErrorEvent('error', { error: foreign, message: foreign.message, filename: 'chrome-extension://abc/content.js' }));
      dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: foreign }));
    });
    assert.deepEqual(await errors(page), []);
    await page.evaluate((file) => {
      const error = new Error('broken <b>inside</b>');
      error.stack = `Error: broken\n    at f (${file}:1:1)`;
      dispatchEvent(new ErrorEvent('error', { error, message: error.message, filename: file }));
    }, own);
    const box = alert(page, 'HS-BUG-01');
    assert.match(await box.innerText(), /headscope met an error it did not expect: broken <b>inside<\/b>\. Your view is in the address bar\./);
    assert.equal(await box.locator(id('copy')).count(), 1);
    await page.click(id('map-cell-L1H1'));
    assert.deepEqual((await state(page)).heads, ['L1H1'], 'other panels work');
    await box.locator(id('retry')).click();
    await wholePicture(page);
  },
  async 'R1 the server dies while it computes: HS-NET-01, and Retry runs the text'(t) {
    const own = await startServer([], { model: tinyModel });
    const page = await openApp(t.browser, own, '', { height: 1400 });
    const before = await edges(page);
    // Killed between the question and its answer.
    const asked = page.waitForRequest((r) => r.url().endsWith('/rpc/run'));
    await page.route('**/rpc/run', async (route) => { await own.stop('SIGKILL'); await route.continue(); }, { times: 1 });
    await page.fill(id('text-a'), 'half way to the store');
    await asked;
    await page.waitForSelector(id('error-HS-NET-01'), { timeout: 20000 });
    assert.deepEqual(await edges(page), before, 'the picture is kept');
    await idle(page);
    const again = await startServer([], { model: tinyModel, port: new URL(own.origin).port });
    await page.locator(id('retry')).first().click();
    await shows(page, 'half way to the store');
    await page.context().close();
    await again.stop();
  },
  async 'R1 a value that a link cannot hold: HS-LINK-01, the view still loads'(t) {
    const page = await t.open('#hs=1&t=seven&f=AB&h=L1H1');
    const text = await page.locator('.notices').innerText();
    assert.match(text, /threshold ‘seven’; expected a number from 0 to 1/);
    assert.match(text, /attention ‘AB’; expected one of all, aa, ab, ba, bb/);
    assert.deepEqual((await state(page)).heads, ['L1H1']);
  },
  async 'R1 no model: HS-CAP-01 with the command, and a way back'(t) {
    const bare = await startServer([], { model: null });
    const page = await openApp(t.browser, bare, '#hs=1&a=not%20in%20the%20demo');
    assert.match(await alert(page, 'HS-CAP-01').innerText(), /headscope pull|headscope serve/);
    await run(page, 'set', { state: '#hs=1' });
    assert.equal(await page.locator('[role=alert]').count(), 0);
    assert.ok((await edges(page)).length > 0);
    await page.context().close();
    await bare.stop();
  },
  async 'R1 a trace that the server does not have'(t) {
    const page = await t.open('#hs=1&tr=t00000000000000000000000000000000');
    assert.equal(await page.locator('[role=alert]').count(), 1);
    await run(page, 'text.article');
    await idle(page);
    assert.equal(await page.locator('[role=alert]').count(), 0);
  },
  async 'R1 a masked position that does not exist'(t) {
    const page = await t.open('#hs=1&a=short&mw=90');
    assert.equal(await page.locator('[role=alert]').count(), 1);
    await run(page, 'mask.clear');
    assert.equal(await page.locator('[role=alert]').count(), 0);
    assert.ok((await errors(page)).length > 0);
  },
};
