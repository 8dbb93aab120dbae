// Export: the figure and the numbers are of exactly the state on screen (J5, as far as it is built).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { edges, id, program, run, startServer, textOf, tinyModel } from '../harness.mjs';

export const server = { model: null };

async function save(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(id(button))]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

/** The figure of the page, saved. */
async function figure(page) {
  await page.focus(id('token-q-1'));
  await page.keyboard.press('e');
  await page.waitForSelector(id('figure-preview'));
  return save(page, 'export-svg');
}

const COLUMNS = 'layer,head,query_index,query,key_index,key,value,quantity';
const lines = (svg) => svg.match(/<line /g).length;
const command = (svg) => /Command: (.*?)<\/metadata>/s.exec(svg)[1].replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** A folder with the program and, of models, only what a check puts there. */
function place() {
  const folder = mkdtempSync(path.join(tmpdir(), 'headscope-figure-'));
  const headscope = path.resolve(program);
  symlinkSync(headscope, path.join(folder, 'headscope'));
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HEADSCOPE_CACHE: folder, HF_HOME: folder, HF_HUB_CACHE: folder };
  return {
    folder,
    sh: (words) => execFileSync('sh', ['-c', words], { stdio: 'pipe', cwd: folder, env }),
    render: (...args) => execFileSync(headscope, ['render', ...args], { stdio: 'pipe', cwd: folder, env }),
    read: (name) => readFileSync(path.join(folder, name), 'utf8'),
    remove: () => { rmSync(folder, { recursive: true }); },
  };
}

export const checks = {
  async 'J5 E, SVG: the core’s figure, text as text, a line an edge, the command that makes it again'(t) {
    const page = await t.open('#hs=1&h=L6H4,L6H5&s=show&mp=list', { height: 1000 });
    const all = await figure(page);
    assert.match(all.name, /^headscope-L6H4.*\.svg$/);
    assert.match(all.text, /^<\?xml|^<svg/);
    for (const part of ['<desc', '<metadata', '>store<', 'headscope render']) assert.ok(all.text.includes(part), part);
    assert.equal(lines(all.text), (await edges(page)).length);
    await page.keyboard.press('Escape');
    await page.click(id('token-q-5'));
    const { name, text } = await figure(page);
    // No model is here: the built-in trace is named, and nothing else is needed.
    const here = place();
    here.sh(command(text));
    assert.equal(here.read(name), text, 'the printed command gives the same bytes');
    await page.waitForFunction(() => location.hash.includes('p=q5'));  // the address follows after a rest
    here.render('head', '--state', await page.evaluate(() => location.hash), '-o', name);
    assert.equal(here.read(name), text, 'so does the link');
    // Combined heads, another quantity, words marked as special: the link says what no option does.
    await page.keyboard.press('Escape');
    await run(page, 'set', { state: '#hs=1&h=L2H6,L6H4&c=mean&qy=norm&s=hide&mk=4&k=3&sc=log' });
    const marked = await figure(page);
    assert.match(command(marked.text), /--state .*mk=4/);
    here.sh(command(marked.text));
    assert.equal(here.read(marked.name), marked.text, 'and that of a picture with marked words');
    here.remove();
  },
  async 'E and Enter save the figure, even before it is drawn; Save stands still'(t) {
    const page = await t.open();
    let answer;
    const drawn = new Promise((r) => { answer = r; });
    await page.route('**/rpc/figure', async (route) => { await drawn; await route.continue(); });
    await page.click(id('map-cell-L2H0'));
    await page.keyboard.press('e');
    await page.waitForSelector(id('export-dialog'));
    const place = () => page.locator(id('export-svg')).boundingBox();
    const before = await place();
    const download = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    answer();
    assert.match((await download).suggestedFilename(), /^headscope-L2H0\.svg$/);
    await page.waitForSelector(id('figure-preview'));
    assert.deepEqual(await place(), before);
    assert.equal(await page.locator(`${id('export-dialog')}[open]`).count(), 1);
  },
  async 'E1 a run with a head off and a word masked: the command says so, and gives the same bytes'(t) {
    const server = await startServer([], { model: tinyModel });
    const page = await t.open(`#hs=1&a=${encodeURIComponent("the store's <b> & \"more\"")}&h=L1H2&ab=L0H1:mean,L2H3:zero&mw=2`, { server });
    const { name, text } = await figure(page);
    assert.match(text, /Ablated: L0H1:mean,L2H3:zero\./);
    assert.match(command(text), /--masked 2 --ablate L0H1:mean,L2H3:zero/);
    const here = place();
    symlinkSync(tinyModel, path.join(here.folder, 'bert-mlm'));
    here.sh(command(text));
    assert.equal(here.read(name), text, 'the printed command gives the same bytes');
    const state = /State: (\S+)/.exec(text)[1].replaceAll('&amp;', '&');
    here.render('head', '--state', state, '-o', name);
    assert.equal(here.read(name), text, 'so does the state');
    here.remove();
    await page.context().close();
    await server.stop();
  },
  async 'B7 the caption says what became of the special tokens, as the status line does'(t) {
    const page = await t.open('#hs=1&h=L6H4');
    // Words of ui.md, not of the program.
    for (const [mode, words] of [['show', 'Special tokens shown.'], ['hide', 'Special tokens hidden, rows not renormalised.'], ['hide-renorm', 'Special tokens hidden, rows renormalised.']]) {
      await run(page, 'special.set', { value: mode });
      assert.ok((await textOf(page, 'status-line')).includes(words), `status line, ${mode}`);
      const { text } = await figure(page);
      const caption = /<metadata[^>]*>(.*?)State:/s.exec(text)[1].replace(/\s+/g, ' ');
      assert.ok(caption.includes(words), `caption, ${mode}: ${caption}`);
      assert.equal(caption.match(/Special tokens/g).length, 1, 'once');
      await page.keyboard.press('Escape');
    }
  },
  async 'the drawn lines as CSV are the edges'(t) {
    const page = await t.open('#hs=1&h=L2H6,L10H10&t=0.05', { height: 1000 });
    await page.click(id('export'));
    await page.check('input[value=drawn]');
    const { name, text } = await save(page, 'export-csv');
    // Lines below the threshold are left out: header and name say so (ui.md §7).
    assert.match(name, /filtered.*\.csv$/);
    const [head, ...rows] = text.trim().split(/\r?\n/);
    assert.equal(head, `${COLUMNS},filter`);
    const drawn = new Map((await edges(page)).map((e) => [`${e.head} ${e.q} ${e.k}`, e.weight]));
    assert.equal(rows.length, drawn.size);
    for (const line of rows) {
      const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g).map((c) => c.replace(/,$/, ''));
      // float32, written so that it comes back.
      assert.equal(Math.fround(Number(cells[6])), drawn.get(`L${cells[0]}H${cells[1]} ${cells[2]} ${cells[4]}`), line);
      assert.match(cells[8], /0\.05/, line);
    }
  },
  async 'E1 every view: the picture’s own figure, the command that makes it again, PDF and PNG'(t) {
    const here = place();
    for (const [view, state, part] of [
      ['matrix', '#hs=1&v=matrix&h=L2H6,L6H4&sc=log', 'cells-L2H6-'], ['matrix', '#hs=1&v=matrix&h=L2H6&zm=2-9,0-19', 'zm=2-9,0-19'],
      ['neuron', '#hs=1&v=neuron&h=L2H0&p=q4,k5', 'sum of 64 products'], ['model', '#hs=1&v=model&gl=0-2', 'thumb-L2H11']]) {
      const page = await t.open(state, { height: 1000 });
      await run(page, 'app.export');
      await page.waitForSelector(id('figure-preview'));
      const { name, text } = await save(page, 'export-svg');
      assert.ok(text.includes(part), `${view}: ${part}`);
      here.sh(command(text));
      assert.equal(here.read(name), text, `${view}: the printed command gives the same bytes`);
      if (view !== 'neuron') continue;
      for (const [format, magic] of [['pdf', '%PDF-'], ['png', '\u0089PNG']]) {
        const [download] = await Promise.all([page.waitForEvent('download'), page.click(id(`export-${format}`))]);
        assert.match(download.suggestedFilename(), new RegExp(`^headscope-L2H0-neuron\\.${format}$`));
        assert.equal(readFileSync(await download.path(), 'latin1').slice(0, magic.length), magic);
      }
    }
    here.remove();
  },
  async 'the article’s six, each beside its word'(t) {
    const page = await t.open();
    await run(page, 'app.export');
    await page.waitForSelector(id('figure-preview'));
    const names = [];
    const six = new Promise((resolve) => { page.on('download', (d) => { if (names.push(d.suggestedFilename()) === 6) resolve(); }); });
    await page.click(id('export-six'));
    await six;
    // The article's heads (docs/patterns.md).
    assert.deepEqual(names, ['L2H0', 'L6H11', 'L2H6', 'L10H10', 'L2H1', 'L6H4'].map((head, i) => `pattern-${i + 1}-${head}.svg`));
  },
  async 'numbers as arrays: NPY of whole matrices, safetensors of a neuron'(t) {
    const page = await t.open('#hs=1&v=matrix&h=L2H6,L6H4');
    await run(page, 'app.export');
    await page.check('input[value=heads]');
    await page.check('input[value=npy]');
    const array = await save(page, 'export-csv');
    assert.match(array.name, /\.npy$/);
    assert.match(array.text, /'shape': \(2, 19, 19\)/, 'two heads of 19 tokens');
    await page.keyboard.press('Escape');
    await run(page, 'set', { state: '#hs=1&v=neuron&h=L2H0&p=q4' });
    await run(page, 'app.export');
    await page.check('input[value=safetensors]');
    const neuron = await save(page, 'export-csv');
    assert.equal(neuron.name, 'headscope-L2H0-q4-neuron.safetensors');
    for (const part of [/"query":\{[^}]*"shape":\[64\]/, /"product":\{[^}]*"shape":\[19,64\]/]) assert.match(neuron.text, part);
  },
  async 'other choices, and other views'(t) {
    const page = await t.open('#hs=1&v=matrix');
    await run(page, 'app.export');
    for (const [choice, least] of [['heads', 361], ['table', 144]]) {
      await page.check(`input[value=${choice}]`);
      const { name, text } = await save(page, 'export-csv');
      if (choice === 'heads') assert.equal(text.split(/\r?\n/)[0], COLUMNS);
      assert.doesNotMatch(name, /filtered/);
      assert.equal(text.trim().split(/\r?\n/).length, least + 1, choice);
    }
  },
};
