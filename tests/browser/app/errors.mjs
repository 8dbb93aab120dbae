// R1: errors of ui.md §5 where the thing would be, with their words, actions that work, other panels alive.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { edges, errors, id, idle, lines, openApp, run, startServer, state, tinyModel, traces, wholePicture } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

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
    const before = await lines(page);
    // Killed between the question and its answer.
    const asked = page.waitForRequest((r) => r.url().endsWith('/rpc/run'));
    await page.route('**/rpc/run', async (route) => { await own.stop('SIGKILL'); await route.continue(); }, { times: 1 });
    await page.fill(id('text-a'), 'half way to the store');
    await asked;
    await page.waitForSelector(id('error-HS-NET-01'), { timeout: 20000 });
    assert.deepEqual(await lines(page), before, 'the picture is kept');
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
  async 'R1 HS-MODEL-01: no model in a folder, with what was found, what is expected, what to do'(t) {
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-no-model-'));
    writeFileSync(path.join(folder, 'notes.md'), 'nothing');
    const bare = await startServer([], { model: folder });
    const page = await openApp(t.browser, bare, '#hs=1&a=own%20text');
    assert.equal(await page.evaluate(() => document.querySelector('headscope-app').controller.info.problem.code), 'HS-MODEL-01');
    const said = await alert(page, 'HS-CAP-01').innerText();
    for (const part of [folder, 'found notes.md', 'expected config.json', 'headscope pull bert-base-uncased']) assert.ok(said.includes(part), `${part}: ${said}`);
    assert.match(await page.locator(id('read-only')).innerText(), /headscope pull bert-base-uncased/);
    await page.click(id('map-cell-L1H1'));
    assert.deepEqual((await state(page)).heads, ['L1H1'], 'other panels work');
    await alert(page, 'HS-CAP-01').locator(id('show-first')).click();
    await wholePicture(page);
    await page.context().close();
    await bare.stop();
    rmSync(folder, { recursive: true });
  },
  async 'R1 HS-MODEL-02: an architecture without attention heads is named'(t) {
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-mamba-'));
    cpSync(tinyModel, folder, { recursive: true });
    const config = path.join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), model_type: 'mamba', architectures: ['MambaForCausalLM'] }));
    const bare = await startServer([], { model: folder });
    const page = await openApp(t.browser, bare, '#hs=1&a=own%20text');
    assert.equal(await page.evaluate(() => document.querySelector('headscope-app').controller.info.problem.code), 'HS-MODEL-02');
    assert.match(await alert(page, 'HS-CAP-01').innerText(), /mamba/);
    await alert(page, 'HS-CAP-01').locator(id('show-first')).click();
    await wholePicture(page);
    await page.context().close();
    await bare.stop();
    rmSync(folder, { recursive: true });
  },
  async 'R1 HS-MEM-01: what the run needs and what is free; the picture stays, Retry runs it'(t) {
    const page = await t.open('', { height: 1400 });
    const before = await lines(page);
    // No model of this size is here: the answer is the one that the core's test of the wire has for it.
    const message = 'This run needs about 6.0 GB and 3.0 GB are free. Nothing was started. Use 3 tokens or fewer.';
    await page.route('**/rpc/run', async (route) => {
      const { rpc, id: number, epoch } = route.request().postDataJSON();
      await route.fulfill({ json: { rpc, id: number, epoch, error: { code: 'HS-MEM-01', got: '', expected: '', action: '', message } } });
    }, { times: 1 });
    await page.fill(id('text-a'), 'more than fits');
    await page.waitForSelector(id('error-HS-MEM-01'));
    assert.ok((await alert(page, 'HS-MEM-01').innerText()).includes(message));
    assert.deepEqual(await lines(page), before, 'the picture is kept');
    await page.click(id('map-cell-L1H1'));
    assert.deepEqual((await state(page)).heads, ['L1H1'], 'other panels work');
    await alert(page, 'HS-MEM-01').locator(id('retry')).click();
    await shows(page, 'more than fits');
  },
  async 'R1 arrays that do not fit their tokens: which one, its shape and the right one'(t) {
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-arrays-'));
    const file = path.join(folder, 'arrays.safetensors');
    await writeTrace(file, { n: 24, layers: 3, heads: 4 });
    // Tokens and dimensions of the keys change places: as many numbers, another shape.
    const bytes = readFileSync(file, 'latin1');
    assert.ok(bytes.includes('"key":{"dtype":"F32","shape":[3,4,24,8]'), 'the shape to change');
    writeFileSync(file, bytes.replace('"key":{"dtype":"F32","shape":[3,4,24,8]', '"key":{"dtype":"F32","shape":[3,4,8,24]'), 'latin1');
    const page = await t.open();
    const before = await lines(page);
    const [dialog] = await Promise.all([page.waitForEvent('filechooser'), page.click(id('open-trace'))]);
    await dialog.setFiles(file);
    const said = (await alert(page, 'HS-FILE-02').innerText()).replace(/\s+/g, ' ');
    assert.match(said, /arrays\.safetensors/);
    assert.match(said, /\bkey\b.*\[3, 4, 8, 24\].*expected.*\[3, 4, 24, 8\]/);
    await page.locator(id('dismiss')).click();
    await page.waitForFunction((count) => window.headscope.views[0].edges().length === count, before.length);
    assert.deepEqual(await lines(page), before);
    rmSync(folder, { recursive: true });
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
