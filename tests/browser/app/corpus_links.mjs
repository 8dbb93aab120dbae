// The links of a corpus report in the page: the strongest heads with the numbers that `headscope analyze --links` wrote,
// of the tiny model. That those are right is checked against NumPy in tests/cli/cases/analyze.json ("links in one run").
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { id, idle, program, state, textOf, tinyModel } from '../harness.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'headscope-corpus-links-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const [corpus, report] = ['links.jsonl', 'report.json'].map((name) => path.join(folder, name));
// The third line's query is the blank between two words: no token of its own.
const LINES = [
  { a: 'he saw the store', links: [{ query: [3, 6], key: [0, 2] }] },
  { a: 'she had the old house', links: [{ query: [4, 7], key: [16, 21] }] },
  { a: 'he saw the store', links: [{ query: [3, 6], key: [0, 2] }, { query: [2, 3], key: [0, 2] }] },
];
writeFileSync(corpus, LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
execFileSync(program, ['analyze', '--links', corpus, '-m', tinyModel, '-o', report], { stdio: 'pipe' });

export const server = { args: ['--corpus', report], model: tinyModel };

const number = (value, digits) => (value === null ? '–' : value.toFixed(digits));

export const checks = {
  async 'the heads that carry the links stand in the order and with the numbers of the report; a click selects one'(t) {
    const { links } = JSON.parse(readFileSync(report, 'utf8'));
    assert.deepEqual([links.n, links.left_out, links.heads.length], [3, 1, 12]);
    const page = await t.open('#hs=1&v=corpus&h=L1H1&a=he%20saw%20the%20store');
    assert.match(await textOf(page, 'corpus-links'), /^Links 3 links: the links that the corpus names\. 1 left out: a span has no token of its own\. The heads/);
    const rows = await page.locator(`${id('corpus-links')} tbody tr`).evaluateAll((lines) =>
      lines.map((line) => [...line.cells].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim())));
    const name = ({ layer, head }) => `L${layer}H${head}`;
    assert.deepEqual(rows, links.heads.map((h, i) => [`${i + 1}. ${name(h)}`, number(h.mean, 3), number(h.se, 3), number(h.chance, 3), number(h.lift, 1),
      number(h.rank, 1), `${number(100 * h.top1, 1)} %`, `${h.n} few`]));
    const best = name(links.heads[0]);
    assert.notEqual(best, 'L1H1');
    const pressed = (head) => page.locator(id(`corpus-link-${head}`)).getAttribute('aria-pressed');
    assert.deepEqual([await pressed(best), await pressed('L1H1')], ['false', 'true']);
    await page.click(id(`corpus-link-${best}`));
    await idle(page);
    const { heads, view } = await state(page);
    assert.deepEqual([heads, view], [[best], 'corpus']);
    assert.deepEqual([await pressed(best), await pressed('L1H1')], ['true', 'false']);
  },
};
