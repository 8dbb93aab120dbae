// Export: the figure and the numbers are of exactly the state on screen (J5, as far as it is built).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { close, edges, id, program, run } from '../harness.mjs';

export const server = { model: null };

async function save(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(id(button))]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

export const checks = {
  async 'J5 E, SVG: the core’s figure, text as text, a line an edge, the command that makes it again'(t) {
    const page = await t.open('#hs=1&h=L6H4&s=show');
    await page.click(id('token-q-5'));
    await page.keyboard.press('e');
    await page.waitForSelector(id('figure-preview'));
    const { name, text } = await save(page, 'export-svg');
    assert.match(name, /^headscope-L6H4.*\.svg$/);
    assert.match(text, /^<\?xml|^<svg/);
    for (const part of ['<desc', '<metadata', 'store', 'headscope render']) assert.ok(text.includes(part), part);
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-figure-'));
    const again = path.join(folder, name);
    const hash = await page.evaluate(() => location.hash);
    execFileSync(program, ['render', 'head', '--state', hash, '-o', again], { stdio: 'pipe', cwd: folder, env: { ...process.env, HEADSCOPE_CACHE: folder, HF_HOME: folder, HF_HUB_CACHE: folder } });
    assert.equal(readFileSync(again, 'utf8').replace(/-o \S+/g, ''), text.replace(/-o \S+/g, ''), 'headscope render gives the same bytes');
    rmSync(folder, { recursive: true });
  },
  async 'the drawn lines as CSV are the edges'(t) {
    const page = await t.open('#hs=1&h=L2H6,L10H10&t=0.05', { height: 1000 });
    await page.click(id('export'));
    await page.check('input[value=drawn]');
    const { name, text } = await save(page, 'export-csv');
    assert.match(name, /\.csv$/);
    const [head, ...lines] = text.trim().split(/\r?\n/);
    assert.equal(head, 'layer,head,query_index,query,key_index,key,value,quantity');
    const drawn = new Map((await edges(page)).map((e) => [`${e.head} ${e.q} ${e.k}`, e.weight]));
    assert.equal(lines.length, drawn.size);
    for (const line of lines) {
      const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g).map((c) => c.replace(/,$/, ''));
      close(Number(cells[6]), drawn.get(`L${cells[0]}H${cells[1]} ${cells[2]} ${cells[4]}`), 1e-9, line);
    }
  },
  async 'other choices, and other views'(t) {
    const page = await t.open('#hs=1&v=matrix');
    await run(page, 'app.export');
    for (const [choice, least] of [['heads', 361], ['table', 144]]) {
      await page.check(`input[value=${choice}]`);
      const { text } = await save(page, 'export-csv');
      assert.equal(text.trim().split(/\r?\n/).length, least + 1, choice);
    }
  },
};
