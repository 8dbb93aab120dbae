// The panels in a real headless browser on recorded attention: what they show, what they send, that
// the keyboard reaches everything, axe-core (WCAG 2.0–2.2 A and AA) in light and dark, and the strict
// CSP. No server needed. Run in web/ after `npm ci`:  node ../tests/browser/panels_test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runChecks } from './checks.mjs';

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../web');
const require = createRequire(path.join(web, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { createServer } = await import(pathToFileURL(path.join(web, 'node_modules/vite/dist/node/index.js')));

// What the program sends, and the development server's socket.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws:; base-uri 'none'; form-action 'none'";
const vite = await createServer({ root: web, configFile: false, server: { port: 0, host: '127.0.0.1', fs: { allow: [path.join(web, '..')] }, headers: { 'Content-Security-Policy': CSP } }, logLevel: 'error' });
await vite.listen();
const origin = `http://127.0.0.1:${vite.httpServer.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });

const id = (name) => `[data-testid="${name}"]`;
const pages = [];
async function open(panel, settings = {}, query = {}, size = { width: 344, height: 900 }) {
  const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (e) => { window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`); });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120000);  // A state comes late on a busy machine; a page that hangs is told all the same.
  page.problems = [];
  page.on('pageerror', (e) => page.problems.push(e.message));
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !/Lit is in dev mode|favicon|404/.test(m.text())) page.problems.push(m.text()); });
  await page.goto(`${origin}/panels.html?${new URLSearchParams({ panel, ...query, s: JSON.stringify(settings) })}`);
  await page.waitForFunction(() => window.panel);
  await idle(page);
  pages.push(page);
  return page;
}
const idle = (page) => page.evaluate(async () => { for (const p of window.panels) await (p.idle?.() ?? p.updateComplete); });
const state = (page) => page.evaluate(() => window.state());
const last = (page) => page.evaluate(() => window.log[window.log.length - 1]);
const text = async (page, name) => (await page.locator(id(name)).first().innerText()).replace(/\s+/g, ' ').trim();
const attr = (page, name, attribute) => page.locator(id(name)).first().getAttribute(attribute);
const focused = (page) => page.evaluate(() => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e?.dataset?.testid ?? e?.dataset?.name ?? e?.tagName; });
async function click(page, name, options) { await page.locator(id(name)).first().click(options); await idle(page); }

const checks = {
  async 'map: cells, names, selection'() {
    const page = await open('map');
    assert.equal(await page.locator('[data-testid^=map-cell-]').count(), 144);
    assert.equal(await attr(page, 'map', 'aria-rowcount'), '12');
    assert.match(await attr(page, 'map-cell-L2H0', 'aria-label'), /^Layer 2, head 0, next token, score 1\.00, not ablated/);
    assert.equal(await attr(page, 'map-cell-L2H0', 'aria-selected'), 'true');
    await click(page, 'map-cell-L6H11');
    assert.deepEqual((await state(page)).heads, ['L6H11']);
    await click(page, 'map-cell-L2H6', { modifiers: ['Control'] });
    assert.deepEqual((await state(page)).heads, ['L6H11', 'L2H6']);
    await click(page, 'map-cell-L2H6', { modifiers: ['Control'] });
    await click(page, 'map-cell-L6H11', { modifiers: ['Control'] });
    assert.deepEqual((await state(page)).heads, ['L6H11'], 'the last head stays on');
    await page.locator(id('map-cell-L7H3')).dblclick();
    assert.deepEqual(await last(page), { id: 'head.open', args: { head: 'L7H3' } });
  },
  async 'map: keyboard'() {
    const page = await open('map');
    await page.locator(id('map-cell-L2H0')).focus();
    for (const [key, cell] of [['ArrowRight', 'L2H1'], ['ArrowDown', 'L3H1'], ['End', 'L3H11'], ['Home', 'L3H0'], ['Control+End', 'L11H11'], ['Control+Home', 'L0H0'], ['PageDown', 'L5H0']]) {
      await page.keyboard.press(key);
      await idle(page);
      assert.equal(await focused(page), `map-cell-${cell}`, key);
    }
    await page.keyboard.press('Enter');
    assert.deepEqual((await state(page)).heads, ['L5H0']);
    await page.keyboard.press('ArrowRight');
    await idle(page);
    await page.keyboard.press('Space');
    assert.deepEqual((await state(page)).heads, ['L5H0', 'L5H1']);
    assert.equal(await page.locator('[data-testid^=map-cell-][tabindex="0"]').count(), 1, 'one Tab stop');
  },
  async 'map: filter by family and label, count, hide, clear'() {
    const page = await open('map');
    assert.equal(await text(page, 'filter-count'), '144 heads');
    await click(page, 'filter-delimiter');
    assert.deepEqual((await state(page)).filter.labels, ['family:delimiter']);
    const delimiters = Number(/^(\d+) of 144 heads$/.exec(await text(page, 'filter-count'))[1]);
    const opacity = (cell) => page.locator(id(`map-cell-${cell}`)).evaluate((e) => getComputedStyle(e).opacity);
    assert.deepEqual([await opacity('L2H9'), await opacity('L1H6')], ['0.25', '1']);
    await click(page, 'filter-next');
    assert.ok(Number(/^(\d+)/.exec(await text(page, 'filter-count'))[1]) > delimiters, 'labels are joined by OR');
    await click(page, 'filter-next');
    await page.locator(id('hide-others')).check();
    await idle(page);
    assert.equal(await page.locator('[data-testid^=map-cell-]').count(), delimiters + 1, 'the current head stays');
    await click(page, 'filter-clear');
    assert.equal(await page.locator('[data-testid^=map-cell-]').count(), 144);
    await click(page, 'filter-more');
    await page.locator(id('filter-layers')).fill('3-');
    assert.equal((await state(page)).filter.layers, '', 'half a range is not sent');
    await page.locator(id('filter-layers')).fill('3-4');
    await idle(page);
    assert.equal(await text(page, 'filter-count'), '24 of 144 heads');
    await page.locator(id('filter-layers')).fill('');
    await page.locator(id('filter-name')).fill('L10H');
    await idle(page);
    assert.equal(await text(page, 'filter-count'), '12 of 144 heads');
  },
  async 'map: a filter that matches nothing names the nearest head'() {
    const page = await open('map', { filter: { labels: ['cls'], minScore: 0.99, layers: '', name: '', hideOthers: false } });
    await click(page, 'filter-show');
    assert.deepEqual((await state(page)).heads, ['L1H6']);
  },
  async 'map: scope, and heads that disagree'() {
    const page = await open('map');
    await click(page, 'scope-corpus');
    assert.equal((await state(page)).scope, 'corpus');
    assert.match(await attr(page, 'map-cell-L0H0', 'aria-label'), /this input: broad/);
    const bare = await open('map', {}, { bare: '1' });
    await bare.locator(id('scope-corpus')).click({ force: true });
    assert.equal((await state(bare)).scope, 'input');
    assert.match(await attr(bare, 'scope-corpus', 'title'), /headscope analyze FILE/);
  },
  async 'map: the article’s patterns and words'() {
    const page = await open('map');
    for (const [n, head, pin] of [[2, 'L6H11', 'q2'], [3, 'L2H6', 'q5'], [4, 'L10H10', 'q10'], [5, 'L2H1', 'q16'], [6, 'L6H4', 'q5'], [1, 'L2H0', 'q1']]) {
      await click(page, `article-${n}`);
      assert.deepEqual((await state(page)).heads, [head]);
      await click(page, `article-${n}-word`);
      assert.deepEqual((await state(page)).pins, [pin]);
    }
    assert.match(await text(page, 'article-1'), /^1 next 1\.00/);
    const other = await open('map', {}, { n: '20' });
    assert.equal(await other.locator(id('article-1')).count(), 0);
    assert.ok((await other.locator('[data-testid^=best-]').count()) >= 3);
  },
  async 'list: sorting with one and two keys, virtual rows'() {
    const page = await open('map', { map: 'list' });
    const names = () => page.locator('[data-testid^=list-row-]').evaluateAll((rows) => rows.map((r) => r.dataset.name));
    assert.ok((await names()).length < 40, 'only rows on screen');
    await click(page, 'sort-entropy');
    assert.deepEqual((await state(page)).sort, [{ by: 'entropy', descending: true }]);
    await click(page, 'sort-score', { modifiers: ['Shift'] });
    assert.deepEqual((await state(page)).sort, [{ by: 'entropy', descending: true }, { by: 'score', descending: true }]);
    await click(page, 'sort-score');
    assert.equal((await names())[0], 'L2H0');
    await page.locator(id('list-row-L2H0')).focus();
    await page.keyboard.press('End');
    await idle(page);
    assert.match(await focused(page), /^list-row-/);
    assert.ok(!(await names()).includes('L2H0'), 'scrolled away');
    await page.keyboard.press('Home');
    await idle(page);
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), 'sort-name', 'headings are reached by the arrow up');
  },
  async 'map: 1,600 heads have few elements'() {
    const page = await open('map', {}, { n: '12', layers: '40', heads: '40' });
    const cells = () => page.locator('[data-testid^=map-cell-]').count();
    assert.ok((await cells()) < 1100, `${await cells()} cells`);
    await page.locator(id('map-cell-L2H0')).focus();
    await page.keyboard.press('Control+End');
    await idle(page);
    assert.equal(await focused(page), 'map-cell-L39H39');
  },
  async 'inspector: label with its line, evidence and exceptions'() {
    const page = await open('inspector', { heads: ['L6H11'] });
    assert.match(await text(page, 'head-label'), /previous token 0\.50/);
    assert.match(await text(page, 'head-numbers'), /^Share of attention 0\.50 \(threshold 0\.45\)\. By chance 0\.\d\d\. 14 words asked\.$/);
    const page2 = await open('inspector', { heads: ['L0H1'] });
    assert.match(await text(page2, 'head-label'), /mixed/);
    assert.match(await text(page2, 'not-computed'), /Pattern 5, words that predict the word, has not been computed for this text\. Compute pattern 5/);
    await click(page2, 'compute-predictive');
    assert.equal((await last(page2)).id ?? (await page2.evaluate(() => window.log.at(-2).id)), 'heads.predictive');
  },
  async 'inspector: exact weights, rest and copy'() {
    const page = await open('inspector', { pins: ['q1'] });
    const rows = await page.locator('.weights tbody tr').evaluateAll((list) => list.map((r) => [Number(r.dataset.index), Number(r.dataset.value)]));
    assert.equal(rows.length, 10);
    assert.equal(rows[0][0], 2);
    assert.ok(Math.abs(rows[0][1] - 0.99889) < 1e-4, `weight ${rows[0][1]}`);
    const total = rows.reduce((a, r) => a + r[1], 0);
    const [, keys, rest] = /^Rest: (\d+) keys, (\S+)$/.exec(await text(page, 'weights-rest'));
    assert.equal(Number(keys), 9);
    assert.ok(Math.abs(total + Number(rest.replace('−', '-')) - 1) < 1e-5, 'top and rest are the whole row');
    await click(page, 'copy-weights');
    const tsv = (await page.evaluate(() => navigator.clipboard.readText())).split('\n').map((l) => l.split('\t'));
    assert.equal(tsv.length, 20);
    assert.ok(Math.abs(tsv.slice(1).reduce((a, r) => a + Number(r[2]), 0) - 1) < 1e-5);
    await page.locator('.weights tbody button').first().click();
    assert.deepEqual((await state(page)).pins, ['k2'], 'a key is one click away');
  },
  async 'inspector: predictions, masking, ablation and what it does'() {
    const page = await open('inspector', { pins: ['q5'] });
    assert.equal(await page.locator('.predictions tbody tr').count(), 5);
    await click(page, 'mask-word');
    assert.deepEqual((await state(page)).masked, [5]);
    await click(page, 'ablate-zero');
    assert.deepEqual((await state(page)).ablations, [{ head: 'L2H0', mode: 'zero' }]);
    assert.equal(await attr(page, 'ablate-zero', 'aria-checked'), 'true');
    assert.match(await text(page, 'prediction-change'), /with all heads, .* ablated: ln p −/);
    assert.match(await text(page, 'ablate-changes'), /L1\dH\d+ 0\.0/, 'later heads moved');
    await click(page, 'measure-words');
    assert.ok((await page.locator(`${id('word-effects')} tbody tr`).count()) >= 5);
    await page.locator(`${id('ablated-L2H0')} button`).click();
    assert.deepEqual((await state(page)).ablations, []);
    const bare = await open('inspector', { pins: ['q5'] }, { bare: '1' });
    await bare.locator(id('ablate-zero')).click({ force: true });
    assert.deepEqual((await state(bare)).ablations, [], 'without a model nothing happens');
    assert.match(await text(bare, 'ablate'), /headscope serve -m DIR/);
  },
  async 'inspector: the command of what is shown'() {
    const page = await open('inspector', { heads: ['L2H6'], special: 'hide', threshold: 0.05 });
    assert.match(await text(page, 'command'), /^headscope render head 'I went to the store\.' .* --heads L2H6 --special hide --threshold 0\.05 -o fig\.svg$/);
  },
  async 'controls: every control sends its change'() {
    const page = await open('controls', {}, {}, { width: 760, height: 500 });
    await click(page, 'more');
    await page.locator(id('layer-select')).selectOption('6');
    assert.deepEqual((await state(page)).heads, ['L6H0']);
    for (const [testid, field, value] of [['special-hide', 'special', 'hide'], ['combine-mean', 'combine', 'mean'], ['scale-log', 'scale', 'log'], ['density-fit', 'density', 'fit'], ['word-merge-words', 'words', true]]) {
      await click(page, testid);
      assert.equal((await state(page))[field], value, testid);
    }
    for (const [testid, field, value] of [['attn-filter', 'attention', 'ab'], ['quantity', 'quantity', 'norm']]) {
      await page.locator(id(testid)).selectOption(value);
      assert.equal((await state(page))[field], value, testid);
    }
    for (const [testid, field, value] of [['threshold', 'threshold', 0.2], ['topk', 'topk', 3]]) {
      await page.locator(id(testid)).fill(String(value));
      await page.keyboard.press('Enter');
      assert.equal((await state(page))[field], value, testid);
    }
    await page.locator(id('threshold-slider')).fill('0');
    assert.equal((await state(page)).threshold, 0);
    await page.locator(id('renorm')).check();
    await page.locator(id('values')).check();
    assert.deepEqual([(await state(page)).renorm, (await state(page)).values], [true, true]);
    assert.equal(await page.locator('[data-testid^=chip-]').count(), 9);
    for (let n = await page.locator('[data-testid^=chip-]').count(); n > 0; n--) await page.locator('[data-testid^=chip-] button').first().click();
    const s = await state(page);
    assert.deepEqual([s.combine, s.scale, s.density, s.words, s.quantity, s.threshold, s.topk, s.renorm, s.values], ['separate', 'linear', 'comfortable', false, 'weight', 0.01, null, false, false]);
  },
  async 'token menu: right button, Shift+F10, keys, reasons'() {
    const page = await open('head-view,token-menu', { heads: ['L2H0'] }, {}, { width: 900, height: 640 });
    await page.locator(id('token-q-2')).click({ button: 'right' });
    assert.equal(await focused(page), 'token-menu-pin');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.deepEqual((await state(page)).masked, [2]);
    assert.equal(await focused(page), 'token-q-2', 'the focus comes back');
    await page.keyboard.press('Shift+F10');
    await page.keyboard.press('t');
    assert.equal(await focused(page), 'token-menu-special');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator(id('token-menu')).count(), 0);
    await page.locator(id('token-k-0')).click({ button: 'right' });
    assert.equal(await attr(page, 'token-menu-mask', 'title'), 'Special tokens are not masked.');
    await page.mouse.click(4, 4);
    assert.equal(await page.locator(id('token-menu')).count(), 0, 'a click outside closes');
  },
  async 'corpus view: cards, few, an example as input'() {
    const page = await open('corpus-view', { heads: ['L6H11'], view: 'corpus' }, {}, { width: 640, height: 900 });
    assert.equal(await page.locator('.card').count(), 6);
    assert.match(await page.locator('.card').nth(1).innerText(), /few/);
    await click(page, 'corpus-score-sep');
    assert.equal(await attr(page, 'corpus-score-sep', 'aria-pressed'), 'true');
    await page.locator(id('corpus-example')).first().click();
    const s = await state(page);
    assert.deepEqual([s.textA, s.textB, s.view], ['i went to the store.', 'at the store, i bought fresh strawberries.', 'head']);
    const bare = await open('corpus-view', {}, { bare: '1' });
    assert.match(await text(bare, 'view-corpus'), /headscope analyze FILE/);
  },
};

// Panel, settings, what to do first, size.
const LOOKS = [
  ['map', {}, []], ['map', { map: 'list', sort: [{ by: 'score', descending: true }] }, []],
  ['map', { filter: { labels: ['family:delimiter'], minScore: 0.2, layers: '', name: '', hideOthers: false }, ablations: [{ head: 'L2H0', mode: 'zero' }] }, ['filter-more']],
  ['inspector', { pins: ['q1'] }, ['all-scores']], ['inspector', { heads: ['L6H11', 'L2H6'], pins: ['q2', 'k5'], ablations: [{ head: 'L6H11', mode: 'zero' }] }, ['measure-words']],
  ['controls', { words: true, threshold: 0.1 }, ['more'], 760], ['controls', { view: 'model' }, ['more'], 360],
  ['corpus-view', { heads: ['L6H11'], view: 'corpus' }, [], 640], ['head-view,token-menu', { pins: ['q1'] }, [], 900], ['model-view', {}, [], 900], ['neuron-view', {}, [], 900], ['matrix-view', {}, [], 700],
];
for (const theme of ['light', 'dark']) for (const [panel, settings, first, width = 344] of LOOKS) for (const bare of panel === 'inspector' ? ['', '1'] : ['']) {
  checks[`axe: ${panel} ${JSON.stringify(settings).slice(0, 40)} ${bare ? 'bare ' : ''}${theme}`] = async () => {
    const page = await open(panel, settings, { theme, ...(bare ? { bare } : {}) }, { width, height: 900 });
    for (const name of first) if (await page.locator(id(name)).count()) await page.locator(id(name)).first().click();
    if (panel.includes('token-menu')) await page.locator(id('token-q-3')).click({ button: 'right' });
    await idle(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Runtime.evaluate', { expression: axeSource });
    const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations
      .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary.split('\n')[1] ?? ''}`).join(' | ')}`));
    assert.deepEqual(found, []);
  };
}

const failed = await runChecks(checks, async (check) => {
  try {
    await check();
    for (const page of pages) assert.deepEqual([...page.problems, ...(await page.evaluate(() => window.violations))], []);
  } finally {
    for (const page of pages.splice(0)) await page.context().close();
  }
});
await browser.close();
await vite.close();
process.exit(failed > 0 ? 1 : 0);
