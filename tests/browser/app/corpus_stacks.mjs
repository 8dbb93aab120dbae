// A corpus report of an encoder–decoder model: heads of the same number stand in three stacks, and map and Corpus view
// have those of the stack on screen. Expected numbers are the report's own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { id, idle, program, root, textOf } from '../harness.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-corpus-stacks-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const [corpus, report] = ['pairs.jsonl', 'report.json'].map((name) => path.join(folder, name));
const model = path.join(root, 'tests/golden/tiny/t5');
const PAIRS = [['the cat sat on the mat', 'the cat'], ['the dog ran home', 'the dog'], ['we bought bread at the store', 'we']];
writeFileSync(corpus, PAIRS.map(([a, b]) => `${JSON.stringify({ a, b })}\n`).join(''));
execFileSync(program, ['analyze', corpus, '-m', model, '-o', report], { stdio: 'pipe' });

export const server = { args: ['--corpus', report], model };

const { heads } = JSON.parse(readFileSync(report, 'utf8'));
const numbersOf = (stack) => heads.filter((h) => h.stack === stack && h.layer === 0 && h.head === 1).map((h) => h.scores.self.value.toFixed(3));

export const checks = {
  async 'the Corpus view of each stack has the numbers of its own head'(t) {
    const [encoder, decoder] = [numbersOf('encoder'), numbersOf('decoder')];
    assert.notDeepEqual(encoder, decoder, 'the two heads can be told apart');
    for (const [stack, [own], [other]] of [['encoder', encoder, decoder], ['decoder', decoder, encoder]]) {
      const page = await t.open(`#hs=1&v=corpus&sp=corpus&st=${stack}&h=L0H1&a=the%20cat%20sat&b=the%20cat`);
      await idle(page);
      const text = await textOf(page, 'view-corpus');
      assert.equal(await page.locator(id('error-HS-LINK-01')).count(), 0, 'the report has the head');
      assert.ok(text.includes(own), `${stack}: ${own} in ${text}`);
      assert.ok(!text.includes(other), `${stack}: ${other} is the other stack's`);
    }
  },
};
