// A model that reads pictures: one is chosen or dropped, and its squares are the tokens.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { id, idle, root, state, textOf, until } from '../harness.mjs';

export const server = { model: path.join(root, 'tests/golden/tiny/vit') };

const photo = path.join(root, 'tests/data/pictures/photo.png');
const tokens = (page) => page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens);
const pictureOf = (page) => page.evaluate(() => { const { trace } = document.querySelector('headscope-app').controller; return trace.picture ? trace.title : null; });

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
    const { trace } = await state(page);
    await page.reload();
    await idle(page);
    assert.deepEqual([(await state(page)).trace, await pictureOf(page)], [trace, 'photo.png']);
    assert.equal(await page.getAttribute(id('ablate-zero'), 'aria-disabled'), 'true');
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
