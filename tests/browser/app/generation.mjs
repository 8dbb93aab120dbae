// A causal model goes on with a text: rows come as they are made, Stop keeps what there is, the link and
// undo know of it, and the inspector says what comes next.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { id, idle, root, run, state, textOf } from '../harness.mjs';

// Its makers ask for a penalty, which greedy generation leaves out.
const model = mkdtempSync(path.join(tmpdir(), 'headscope-generation-'));
cpSync(path.join(root, 'tests/golden/tiny/gpt2'), model, { recursive: true });
writeFileSync(path.join(model, 'generation_config.json'), '{"repetition_penalty": 1.3}');
process.on('exit', () => { rmSync(model, { recursive: true }); });
export const server = { model };

const text = (page) => page.evaluate(() => {
  const { trace } = document.querySelector('headscope-app').controller;
  return { tokens: trace.query.tokens.length, from: trace.query.generated_from ?? null, stale: document.querySelector('headscope-app').controller.session.stale };
});

export const checks = {
  async 'Generate adds the asked tokens to the text; undo takes them away, a link brings them back'(t) {
    const page = await t.open('#hs=1&a=the%20store');
    const { tokens } = await text(page);
    await page.locator(id('generate-tokens')).fill('6');
    await page.locator(id('generate-tokens')).press('Tab');
    await page.click(id('generate'));
    await idle(page);
    const made = await text(page);
    assert.equal(made.from, tokens);
    assert.ok(made.tokens > tokens && made.tokens <= tokens + 6 && !made.stale, JSON.stringify(made));
    const { link, generate } = await state(page);
    assert.equal(generate, 6);
    assert.match(await textOf(page, 'generation-note'), /^Generation .* leaves out .*: repetition_penalty 1\.3\.$/);
    const again = await t.open(link);
    assert.deepEqual(await text(again), made);
    await page.click(id('undo'));
    await idle(page);
    assert.deepEqual(await text(page), { tokens, from: null, stale: false });
    assert.equal(await page.locator(id('generation-note')).count(), 0);
    // An edit is of the text alone.
    await run(page, 'generate.set', { tokens: 4 });
    await run(page, 'text.set', { a: 'the people' });
    assert.equal((await text(page)).from, null);
  },
  async 'predictions are of what comes next, and no word can be masked'(t) {
    const page = await t.open('#hs=1&a=the%20store&p=q0');
    await page.locator(id('predictions')).getByText('After 0').waitFor();
    assert.equal(await page.locator(id('mask-word')).count(), 0);
    const rows = await page.locator(`${id('predictions')} tbody tr`).count();
    assert.equal(rows, 5);
    assert.match(await textOf(page, 'predictions'), /After 0/);
  },
};
