// The numbers of the matrix products, from the page: chosen beside the model, told beside the picture, kept in the
// link, and the same as the program's own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, close, edges, id, idle, openApp, program, startServer, state, tabTo, textOf, tinyModel, until } from '../harness.mjs';

export const server = { model: tinyModel };

const TEXT = 'the store was near';
const LINK = `#hs=1&a=${encodeURIComponent(TEXT)}&h=L0H0&t=0&k=off`;
const made = (page) => page.evaluate(() => {
  const { trace, info, state: s } = document.querySelector('headscope-app').controller;
  return { id: trace.id, computed: trace.computed, open: info.models[0]?.precision, chosen: s.precision };
});
async function arrived(page, precision) {
  await until(() => made(page), ({ computed }) => computed.precision === precision, `a run in ${precision}`);
  await idle(page);
}
/** A trace file of the program's own, given to `use`. */
async function fromProgram(precision, use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'headscope-precision-'));
  try {
    const file = path.join(folder, 'own.safetensors');
    execFileSync(program, ['trace', TEXT, '-m', tinyModel, '--precision', precision, '-o', file, '--quiet'], { stdio: 'pipe' });
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
function entryOf(file) {
  const bytes = readFileSync(file);
  return JSON.parse(JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()).__metadata__.trace);
}
const weightsOf = (file) => JSON.parse(execFileSync(program, ['attention', '--trace', file, '--head', 'L0H0', '--json']).toString()).weights;

export const checks = {
  async 'another precision runs the text in it, with the program’s own numbers, and says so beside the picture'(t) {
    const page = await t.open(LINK);
    assert.equal(await page.inputValue(id('precision')), 'f32');
    assert.match(await textOf(page, 'computed-short'), /^float32, path \S+$/);
    const exact = await made(page);
    for (const precision of ['bf16', 'bf16x3', 'f32']) {
      await page.selectOption(id('precision'), precision);
      await arrived(page, precision);
      const { computed, weights } = await fromProgram(precision, (file) => ({ computed: entryOf(file).computed, weights: weightsOf(file) }));
      assert.deepEqual((await made(page)).computed, computed);
      const drawn = (await edges(page)).filter((e) => e.weight > 0);
      assert.ok(drawn.length > 20);
      for (const e of drawn) close(e.weight, weights[e.q][e.k], 1e-7, `${precision}, ${e.q} → ${e.k}`);
      const told = precision === 'f32' ? `Computed in ${await textOf(page, 'computed-short')}.` : await textOf(page, 'computed');
      if (precision === 'f32') assert.equal(told, `Computed in float32, path ${computed.path}.`);
      else assert.ok(told.includes(`path ${computed.path}: weights within ${Number(computed.error.attention_max.toPrecision(2))} of float32’s`), told);
      const products = precision === 'f32' ? '' : ` Relative L2 error of its matrix products: ${Number(computed.error.gemm_rel_l2.toPrecision(2))}.`;
      assert.equal(await textOf(page, 'run-precision'), told + products);
    }
    assert.equal((await made(page)).id, exact.id);
    await page.click(id('undo'));
    await arrived(page, 'bf16x3');
    assert.equal(await page.inputValue(id('precision')), 'bf16x3');
    const told = await textOf(page, 'computed');
    for (const view of ['model', 'matrix', 'neuron']) {
      await page.click(id(`tab-${view}`));
      await idle(page);
      assert.equal(await textOf(page, 'computed'), told, view);
    }
    assert.match(await textOf(page, 'command'), / --precision bf16x3 /);
  },
  async 'it is chosen by keyboard alone, and a figure’s caption and command tell it'(t) {
    const page = await t.open(LINK);
    await page.focus(id('model-menu'));
    await tabTo(page, (now) => now.testid === 'precision', 2);
    await page.keyboard.press('End');
    await arrived(page, 'bf16');
    const { id: trace } = await made(page);
    const { json } = await ask(page, 'figure', { trace, state: '#hs=1&h=L0H0', format: 'svg', output: 'f.svg' });
    assert.match(json.caption, /Matrix products in bf16, attention weights within [\d.e-]+ of float32/);
    assert.match(json.svg, / --precision bf16 /);
  },
  async 'a link brings its numbers back, also where the server was started with others'(t) {
    const page = await t.open(`${LINK}&pr=bf16`);
    assert.deepEqual([(await made(page)).computed.precision, await page.inputValue(id('precision'))], ['bf16', 'bf16']);
    const less = await startServer(['--precision', 'bf16'], { model: tinyModel });
    try {
      const fresh = await openApp(t.browser, less);
      assert.deepEqual([(await state(fresh)).precision, await fresh.inputValue(id('precision'))], ['bf16', 'bf16'], 'the server’s own');
      await fresh.fill(id('text-a'), TEXT);
      await arrived(fresh, 'bf16');
      await until(() => fresh.url(), (url) => url.includes('pr=bf16'), 'the address');
      const linked = await openApp(t.browser, less, LINK);
      assert.equal((await made(linked)).computed.precision, 'f32', 'a link without a precision is one of float32');
      await fresh.close();
      await linked.close();
    } finally {
      await less.stop();
    }
  },
  async 'a trace file shows its own, and is offered no other'(t) {
    const page = await t.open();
    await fromProgram('bf16', async (file) => {
      const chooser = page.waitForEvent('filechooser');
      await page.click(id('open-trace'));
      await (await chooser).setFiles(file);
      await arrived(page, 'bf16');
    });
    assert.match(await textOf(page, 'computed'), /^Computed in bf16, path /);
    assert.equal(await page.locator(id('precision')).count(), 0);
  },
};
