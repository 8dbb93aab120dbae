// F5: an example of a corpus report as input is the whole sentence pair it was measured on. The report
// is made here, by `headscope analyze` on the article's model; the texts are those of the corpus file.
// Label "weights": bert-base-uncased is in the user's cache.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { close, edges, id, idle, program, state, textOf } from '../harness.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-corpus-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const report = path.join(folder, 'report.json');
const PAIRS = [
  ['They painted the door of the old house green while it rained, because the owner disliked brown.', 'She “bought” fresh strawberries, didn’t she?'],
  ['The old man went to the café and ordered warm bread for his young sister and her little dog.', 'At the café, the bread was gone (as ever).'],
  ['Every child in the village knew that the river behind the mill carried more water in the spring.', 'The mill stood still in the summer.'],
];
writeFileSync(path.join(folder, 'pairs.jsonl'), PAIRS.map(([a, b]) => JSON.stringify({ a, b })).join('\n'));
try {
  execFileSync(program, ['analyze', path.join(folder, 'pairs.jsonl'), '-m', 'bert-base-uncased', '-o', report], { stdio: 'pipe' });
} catch (error) {
  // Without the model there is nothing to check: run.mjs skips the file.
  if (existsSync(report) || !/not cached|pull bert-base-uncased/.test(String(error.stderr))) throw error;
}

export const server = { args: ['--corpus', report], model: 'real' };

export const checks = {
  async 'F3 the threshold beside a label is the one that the report was made with'(t) {
    const { heads, mean_tokens: length, thresholds } = JSON.parse(readFileSync(report, 'utf8'));
    const { layer, head } = heads.find((h) => h.labels[0] === 'sep') ?? assert.fail('a head of [SEP]');
    const page = await t.open(`#hs=1&sp=corpus&h=L${layer}H${head}`);
    // docs/patterns.md: 0.67 for [SEP] on texts of fewer than 40 tokens, else 0.60.
    assert.ok(length < 40 && thresholds.sep === 0.6, `${length} tokens`);
    assert.match(await textOf(page, 'head-numbers'), /\(threshold 0\.67\)/);
  },
  async 'F5 an example loads the pair it was measured on; its weight is what is drawn; one undo brings all back'(t) {
    const { heads } = JSON.parse(readFileSync(report, 'utf8'));
    let windows = 0;
    // With a head off, a mask and a sentence filter: the report was measured without.
    for (const [name, label, more] of [['L2H0', 'next', '&ab=L0H1:zero&a=the%20store&mw=1'], ['L6H11', 'previous', ''], ['L2H6', 'same-word', '']]) {
      const [layer, head] = name.slice(1).split('H').map(Number);
      const details = heads.find((h) => h.layer === layer && h.head === head).label_details;
      assert.ok(details[label]?.examples.length > 0, `${name} has examples of ${label}`);
      const page = await t.open(`#hs=1&v=corpus&h=${name}&t=0${more}`);
      await page.waitForFunction(() => document.querySelector('headscope-app').controller.can('run') === true);
      const before = await state(page);
      const [shown] = Object.values(details).filter((d) => d.examples.length > 0);
      const count = await page.locator(id('corpus-example')).count();
      assert.equal(count, shown.examples.length + shown.exceptions.length);
      assert.equal(await page.locator(id('corpus-links')).count(), 0, 'this report has no links');
      for (const at of [0, count - 1]) {
        const e = [...shown.examples, ...shown.exceptions][at];
        windows += Number(e.start > 0);
        await page.locator(id('corpus-example')).nth(at).click();
        await idle(page);
        const now = await page.evaluate(() => {
          const { controller } = document.querySelector('headscope-app');
          const { query, settings } = controller.trace;
          return { a: query.text_a, b: query.text_b, tokens: query.tokens, ablations: settings.ablations, masked: settings.masked };
        });
        assert.deepEqual([now.a, now.b], PAIRS[e.segment]);
        assert.deepEqual([now.ablations, now.masked], [[], []]);
        assert.deepEqual([now.tokens[e.query], now.tokens[e.key]], [e.query_token, e.key_token]);
        const { pins, view, heads: selected } = await state(page);
        assert.deepEqual([pins, view, selected], [[`q${e.query}`], 'head', [name]]);
        const lines = await edges(page);
        assert.ok(lines.every((l) => l.q === e.query));
        const line = lines.find((l) => l.k === e.key);
        if (line) close(line.weight, e.weight, 1e-5, `${e.query_token} → ${e.key_token}`);
        else assert.ok((await page.evaluate(() => window.headscope.views[0].rows()[1])).last < e.key, 'a line is missing only where its key is out of sight');
        await page.click(id('undo'));
        await idle(page);
        const { trace: _trace, link: _link, ...rest } = await state(page);
        const { trace: _old, link: _before, ...wanted } = before;
        assert.deepEqual(rest, wanted);
      }
    }
    assert.ok(windows > 0, 'some examples are windows of their segment');
  },
};
