// A model that reads pictures: one is chosen or dropped, and its squares are the tokens.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, close, id, idle, program, root, run, state, textOf, until } from '../harness.mjs';

export const server = { model: path.join(root, 'tests/golden/tiny/vit') };

const photo = path.join(root, 'tests/data/pictures/photo.png');
const tokens = (page) => page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens);
const pictureOf = (page) => page.evaluate(() => { const { trace } = document.querySelector('headscope-app').controller; return trace?.picture ? trace.title : null; });
const shown = (page) => page.evaluate(() => {
  const { trace } = document.querySelector('headscope-app').controller;
  return { id: trace.id, off: trace.settings.ablations.map((a) => a.head).join(), precision: trace.computed?.precision };
});

async function drop(page, name, type, bytes) {
  await page.evaluate(([n, t, b]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(b)], n, { type: t }));
    for (const event of ['dragover', 'drop']) {
      document.querySelector('headscope-app').dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  }, [name, type, [...bytes]]);
}

export const checks = {
  async 'a picture is chosen, its patches are the tokens, and it stands beside them'(t) {
    const page = await t.open();
    assert.equal(await page.locator(id('text-a')).count(), 0, 'no text is read');
    const chooser = page.waitForEvent('filechooser');
    await page.click(id('choose-picture'));
    await (await chooser).setFiles(photo);
    await until(() => pictureOf(page), (name) => name === 'photo.png', 'the trace of the picture');
    await idle(page);
    const all = await tokens(page);
    assert.equal(all[0], '[CLS]');
    assert.equal(all[1], 'p0,0');
    assert.equal(await page.locator(id('patch-picture')).count(), 1);
    assert.match(await textOf(page, 'token-count'), new RegExp(`^${all.length} `));
    // The same trace as the command line's, by the hash of its content: the link shows it again.
    const { picture } = await state(page);
    assert.match(picture, /^t[0-9a-f]{32}$/);
    await until(() => page.url(), (url) => url.includes(`pc=${picture}`), 'the address');
    await page.reload();
    await until(() => pictureOf(page), (name) => name === 'photo.png', 'the picture by its link');
    await idle(page);
    assert.equal((await state(page)).picture, picture);
  },
  async 'heads are switched off on a picture, with the program’s own numbers, and in another precision'(t) {
    const page = await t.open();
    assert.equal(await page.getAttribute(id('ablate-zero'), 'aria-disabled'), 'true', 'there is no picture yet');
    const chooser = page.waitForEvent('filechooser');
    await page.click(id('choose-picture'));
    await (await chooser).setFiles(photo);
    await until(() => pictureOf(page), (name) => name === 'photo.png', 'the trace of the picture');
    await idle(page);
    await run(page, 'head.select', { head: 'L0H0' });
    const whole = await shown(page);
    await page.click(id('ablate-zero'));
    await until(() => shown(page), ({ off }) => off === 'L0H0', 'the run with the head off');
    await idle(page);
    assert.equal(await page.locator('[role=alert]').count(), 0);
    const off = await shown(page);
    assert.notEqual(off.id, whole.id);
    assert.match(await textOf(page, 'effect'), /L\d+H\d+/, 'what moved is measured against the whole run');
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-picture-'));
    try {
      const file = path.join(folder, 'off.safetensors');
      execFileSync(program, ['trace', '--image', photo, '-m', server.model, '--ablate', 'L0H0', '-o', file, '--quiet']);
      const { weights } = JSON.parse(execFileSync(program, ['attention', '--trace', file, '--head', 'L1H0', '--json']).toString());
      const { tensors } = await ask(page, 'tiles', { trace: off.id, tiles: [{ stack: '', heads: ['L1H0'], q0: 0, q1: weights.length, k0: 0, k1: weights.length,
        outQ: 0, outK: 0, pool: 'max', dtype: 'f32' }] });
      weights.flat().forEach((weight, i) => { close(tensors[0].values[i], weight, 1e-7, `weight ${i}`); });
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.match(await textOf(page, 'command'), /^headscope render head --image photo\.png -m vit --ablate L0H0/);
    await page.selectOption(id('precision'), 'bf16');
    await until(() => shown(page), ({ precision }) => precision === 'bf16', 'the picture in bf16');
    await idle(page);
    assert.equal((await shown(page)).off, 'L0H0');
    await page.selectOption(id('precision'), 'f32');
    await until(() => shown(page), ({ id: now }) => now === off.id, 'the run before');
    await page.click(id('ablate-off'));
    await until(() => shown(page), ({ id: now }) => now === whole.id, 'the whole run');
  },
  async 'one that is dropped is read, and what is wrong with another is said'(t) {
    const page = await t.open();
    await drop(page, 'grey.png', 'image/png', readFileSync(path.join(root, 'tests/data/pictures/grey.png')));
    await until(() => pictureOf(page), (name) => name === 'grey.png', 'the dropped picture');
    await drop(page, 'broken.png', 'image/png', readFileSync(photo).subarray(0, 200));
    const error = await until(() => page.locator(id('error-HS-IMAGE-01')).allInnerTexts(), (all) => all.length === 1, 'the error');
    assert.match(error[0], /broken\.png/);
    assert.equal(await pictureOf(page), 'grey.png', 'the picture before stays');
  },
};
