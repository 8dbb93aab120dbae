// A1 and A2: axe-core on every view in both themes, the table, zoom and reflow, reduced motion.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { edges, id, idle, require, run, startServer, tinyModel, traces, until } from '../harness.mjs';
import { writeTrace } from '../synthetic_trace.mjs';

export const server = { model: null };

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function axe(page, what) {
  await page.evaluate(axeSource);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: 'tag', values: tags } })
    .then((r) => r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.flat().join(' ')} (${n.failureSummary?.split('\n')[1]?.trim() ?? ''})`).join(' | ')}`)), TAGS);
  assert.deepEqual(found, [], what);
}

export const checks = Object.fromEntries([
  ...['light', 'dark'].flatMap((theme) => ['head', 'model', 'neuron', 'matrix', 'corpus'].map((view) => [`A1 ${view}, ${theme}`, async (t) => {
    const page = await t.open(`#hs=1&v=${view}&p=q1`, { dark: theme === 'dark' });
    t.allow(/Trusted|require-trusted-types-for/);
    await axe(page, `${view} ${theme}`);
  }])),
  ...['palette', 'help', 'export'].map((name) => [`A1 ${name}, open`, async (t) => {
    const page = await t.open();
    t.allow(/Trusted|require-trusted-types-for/);
    await page.click(id(name));
    await page.waitForSelector(id(name === 'export' ? 'figure-preview' : `${name}-dialog`));
    await axe(page, name);
  }]),
  ['A1 diagnostics, open', async (t) => {
    const page = await t.open();
    t.allow(/Trusted|require-trusted-types-for/);
    await run(page, 'app.diagnostics');
    await axe(page, 'diagnostics');
  }],
  ['A1 the token menu, open', async (t) => {
    const page = await t.open('#hs=1&p=q1');
    t.allow(/Trusted|require-trusted-types-for/);
    await page.locator(id('token-q-2')).click({ button: 'right' });
    await page.waitForSelector(id('token-menu'));
    await axe(page, 'token menu');
  }],
  ['A1 the table, open', async (t) => {
    const page = await t.open('#hs=1&p=q1');
    t.allow(/Trusted|require-trusted-types-for/);
    for (const [view, focus] of [['head', 'token-q-1'], ['neuron', 'nv-query']]) {
      await run(page, `view.${view}`);
      await page.focus(id(focus));
      await page.keyboard.press('t');
      await page.waitForSelector(id('table'));
      await axe(page, `table of ${view}`);
      await page.keyboard.press('t');
    }
  }],
  ['A1 512 tokens: every view, light and dark', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-access-'));
    const file = path.join(folder, 'long.safetensors');
    await writeTrace(file, { n: 512, layers: 4, heads: 8 });
    const long = await startServer(['--trace', file], { model: null });
    const trace = (await traces(long)).find((e) => e.sequences.text.tokens.length === 512)?.id ?? assert.fail('no trace of 512 tokens');
    t.allow(/Trusted|require-trusted-types-for/);
    for (const dark of [false, true]) {
      const page = await t.open(`#hs=1&tr=${trace}&h=L1H3&p=q40`, { server: long, dark });
      for (const view of ['head', 'model', 'neuron', 'matrix', 'corpus']) {
        await run(page, `view.${view}`);
        assert.equal(await page.evaluate(() => document.querySelector('headscope-app').controller.trace.query.tokens.length), 512);
        await axe(page, `${view}, ${dark ? 'dark' : 'light'}, 512 tokens`);
      }
      await page.context().close();
    }
    await long.stop();
    rmSync(folder, { recursive: true });
  }],
  ['A1 every kind of error box, open', async (t) => {
    const tiny = await startServer([], { model: tinyModel });
    t.allow(/Trusted|require-trusted-types-for|Failed to load resource/);
    const page = await t.open('', { server: tiny });
    await page.fill(id('text-a'), ' ');
    await page.waitForSelector(id('hint-empty'));
    await axe(page, 'no text');
    await page.fill(id('text-a'), 'store '.repeat(200));
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector(`${id('error-HS-LEN-01')}[role=alert]`);
    await axe(page, 'HS-LEN-01');
    const [dialog] = await Promise.all([page.waitForEvent('filechooser'), page.click(id('open-trace'))]);
    await dialog.setFiles({ name: 'none.safetensors', mimeType: '', buffer: Buffer.from('no trace') });
    await page.waitForSelector(`${id('error-HS-FILE-02')}[role=alert]`);
    await axe(page, 'HS-FILE-02');
    await tiny.stop('SIGKILL');
    await page.fill(id('text-a'), 'nobody answers');
    await page.waitForSelector(`${id('error-HS-NET-01')}[role=alert]`, { timeout: 30000 });
    await axe(page, 'HS-NET-01');
    await page.context().close();
  }],
  ['A1 notices and an error', async (t) => {
    const page = await t.open('#hs=1&h=L99H0&t=7&a=not%20in%20the%20demo');
    t.allow(/Trusted|require-trusted-types-for/);
    await page.waitForSelector('[role=alert]');
    await axe(page, 'error');
  }],
  ['A1 narrow: map, view and inspector', async (t) => {
    const page = await t.open('#hs=1&p=q1', { width: 320, height: 640 });
    t.allow(/Trusted|require-trusted-types-for/);
    for (const panel of ['map', 'view', 'inspector']) {
      await page.click(id(`panel-${panel}`));
      await page.waitForSelector({ map: 'headscope-map', view: 'headscope-view-panel', inspector: 'headscope-inspector' }[panel]);
      await idle(page);
      await axe(page, panel);
    }
  }],
  ['A2 the table’s numbers are the picture’s', async (t) => {
    const page = await t.open('#hs=1&p=q5&h=L2H6&t=0');
    await page.click(id('token-q-5'));
    await page.click(id('token-q-5'));
    await page.keyboard.press('t');
    await idle(page);
    const cells = await page.locator('headscope-head-view table tbody tr').evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.innerText.trim())));
    const drawn = new Map((await edges(page)).map((e) => [Number(e.weight.toPrecision(4)).toPrecision(4), e]));
    // Four digits, as the table prints them; the query's own row, complete.
    assert.ok(cells.length >= 10);
    for (const row of cells) assert.ok(row.some((c) => drawn.has(Number(c.replace('−', '-').replace('e−', 'e-')).toPrecision(4))), row.join(' '));
  }],
  ['A2 the map is a grid with its counts', async (t) => {
    const page = await t.open();
    const grid = page.locator('headscope-map-grid [role=grid]');
    assert.deepEqual([await grid.getAttribute('aria-rowcount'), await grid.getAttribute('aria-colcount')], ['12', '12']);
    assert.match(await page.locator(id('map-cell-L2H0')).getAttribute('aria-label'), /^Layer 2, head 0, next token, score 1\.00, not ablated$/);
  }],
  ['A2 320 px and 200 % zoom: no sideways scrolling of the page', async (t) => {
    for (const [width, height] of [[320, 640], [640, 360], [760, 900], [900, 700], [1099, 700]]) {
      const page = await t.open('', { width, height });
      for (const view of ['head', 'model', 'neuron', 'matrix', 'corpus']) {
        await run(page, `view.${view}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${view} at ${width}: ${wide} px wide`);
      }
      if (width < 760) {
        for (const panel of ['map', 'inspector']) {
          await page.click(id(`panel-${panel}`));
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${panel} at ${width}`);
        }
      }
    }
  }],
  ['A2 reduced motion: nothing moves', async (t) => {
    // Something that would move: the bar of a run that is under way, and a view that comes in.
    const moving = async (motion) => {
      const page = await t.open('', { motion });
      await page.evaluate(() => { const { session } = document.querySelector('headscope-app').controller; session.status = { kind: 'running', since: performance.now() - 500, done: 0, total: 0 }; session.dispatchEvent(new Event('change')); });
      await page.waitForSelector('.progress.unknown');
      await page.click(id('tab-model'));
      // Each tree has its own animations: the document's are none of a shadow's.
      return page.evaluate(() => {
        const all = (root) => [...root.getAnimations(), ...[...root.querySelectorAll('*')].flatMap((e) => (e.shadowRoot ? all(e.shadowRoot) : []))];
        return [...new Set(all(document).map((a) => `${a.effect?.target?.localName ?? ''} ${a.animationName ?? a.transitionProperty ?? ''}`))];
      });
    };
    assert.ok((await moving(true)).length > 0, 'without the wish something moves');
    assert.deepEqual(await moving(false), []);
  }],
  ['A2 the run is told to screen readers', async (t) => {
    const page = await t.open();
    await page.click(id('map-cell-L6H11'));
    await until(() => page.locator(id('live')).innerText(), (said) => said.includes('L6H11'), 'live region');
  }],
]);
