// B11: traces with several stacks. Encoder, decoder, cross and all of them at once, against the
// weights that the trace was made from.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, close, edges, errors, id, idle, run, state, textOf, traces } from '../harness.mjs';
import { DECODER_TOKENS, ENCODER_TOKENS, writeStacksTrace } from '../stacks_trace.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-stacks-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const file = path.join(folder, 'stacks.safetensors');
const weights = writeStacksTrace(file);

export const server = { args: ['--trace', file], model: null };

const [M, N] = [ENCODER_TOKENS.length, DECODER_TOKENS.length];
const rows = (page) => page.evaluate(() => window.headscope.views[0].rows().map((r) => r.total));
/** By the trace's id: a link without texts means the article's pair. */
async function open(t) {
  const [{ id: trace }] = await traces(t.server);
  return t.open(`#hs=1&tr=${trace}&t=0&h=L1H0`);
}

async function choose(page, stack) {
  if ((await page.locator(id('stack-filter')).count()) === 0) await page.click(id('more'));
  await page.click(id(`stack-filter-${stack}`));
  await idle(page);
}

/** Every drawn line is a weight of the stack, and every weight is drawn. */
async function same(page, stack, queryOffset = 0, keyOffset = 0) {
  const expected = weights.get(`${stack} L1H0`);
  const drawn = (await edges(page)).filter((e) => e.q >= queryOffset && e.q < queryOffset + expected.length && e.k >= keyOffset && e.k < keyOffset + expected[0].length);
  assert.equal(drawn.length, expected.flat().filter((w) => w > 0).length, `lines of ${stack}`);
  for (const e of drawn) close(e.weight, expected[e.q - queryOffset][e.k - keyOffset], 1e-5, `${stack} ${e.q} → ${e.k}`);
}

export const checks = {
  async 'B11 each stack has its own tokens and weights'(t) {
    const page = await open(t);
    for (const [stack, q, k] of [['encoder', M, M], ['decoder', N, N], ['cross', N, M]]) {
      await choose(page, stack);
      assert.deepEqual(await rows(page), [q, k], stack);
      await same(page, stack);
    }
    assert.deepEqual(await errors(page), []);
  },
  async 'B11 all stacks are one block matrix'(t) {
    const page = await open(t);
    await choose(page, 'all');
    assert.deepEqual(await rows(page), [M + N, M + N]);
    await same(page, 'encoder');
    await same(page, 'cross', M, 0);
    await same(page, 'decoder', M, M);
    assert.equal((await edges(page)).filter((e) => e.q < M && e.k >= M).length, 0, 'the encoder does not see the decoder');
    assert.match(await textOf(page, 'status-line'), /cross- and self-attention/);
    assert.deepEqual(await errors(page), []);
  },
  async 'B11 every view takes every stack'(t) {
    const page = await open(t);
    for (const view of ['head', 'model', 'matrix', 'neuron']) for (const stack of ['encoder', 'decoder', 'cross', 'all']) {
      await run(page, 'stack.set', { value: stack });
      await run(page, `view.${view}`);
      assert.equal((await state(page)).stack, stack);
      await page.waitForSelector(id(`view-${view}`), { state: 'attached' });
    }
    assert.deepEqual(await errors(page), []);
  },
  async 'B11 labels and numbers are those of the stack on screen'(t) {
    const page = await open(t);
    const trace = (await state(page)).trace;
    const shown = () => page.evaluate(() => document.querySelector('headscope-app').controller.session.summaries);
    for (const [stack, tokens] of [['encoder', M], ['decoder', N]]) {
      await choose(page, stack);
      const { json } = await ask(page, 'heads', { trace, scope: 'input', stack });
      assert.deepEqual(await shown(), json.heads, stack);
      await page.getByText(`On this input: ${tokens} tokens`).waitFor();
    }
    for (const stack of ['cross', 'all']) {
      await choose(page, stack);
      assert.deepEqual(await shown(), [], stack);
      assert.match(await textOf(page, 'head-label'), /^No labels/);
    }
    assert.deepEqual(await errors(page), []);
  },
  async 'B11 layers that only the encoder has'(t) {
    const page = await open(t);
    await choose(page, 'all');
    await page.locator(id('layer-select')).selectOption('2');
    await idle(page);
    assert.ok((await edges(page)).every((e) => e.q < M && e.k < M), 'layer 2 has no decoder');
    assert.deepEqual(await errors(page), []);
  },
};
