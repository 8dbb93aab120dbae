// A long text in the page, as a reader opens it: the text is put into the field and run, the model view is
// watched until every thumbnail is exact and every label there, while keys, clicks and scrolling go on;
// then one step in the matrix, the head and the neuron view. What is printed is first held against rows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { id, idle, launch, openApp, run } from '../../tests/browser/harness.mjs';

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
/** Each is a state of the page that comes once; in the order in which they are printed. */
const STATES = {
  'the trace is there': (n) => document.querySelector('headscope-app').controller.trace?.query.tokens.length === n,
  'all thumbnails on screen as previews': () => window.headscope.views[0].timings().gridFirstPaint > 0,
  'all thumbnails on screen exact': () => window.headscope.views[0].timings().gridExact > 0,
  'all labels': () => document.querySelector('headscope-app').controller.session.summaries !== null,
};

/** SHOTS: a folder for pictures of what is measured. */
async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(' ', '-')}.png` });
}

/** What keeps the page from answering: tasks above 50 ms, input to the next frame above 16 ms, and the longest frame. */
async function observe(page) {
  await page.evaluate(() => {
    window.slow = { tasks: [], events: [], frame: 0 };
    new PerformanceObserver((list) => { for (const e of list.getEntries()) window.slow.tasks.push(e.duration); }).observe({ type: 'longtask' });
    new PerformanceObserver((list) => { for (const e of list.getEntries()) window.slow.events.push([e.name, e.duration]); })
      .observe({ type: 'event', durationThreshold: 16 });
    let last = performance.now();
    const frame = (now) => {
      window.slow.frame = Math.max(window.slow.frame, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

async function slowness(page) {
  const { tasks, events, frame } = await page.evaluate(() => {
    const found = window.slow;
    window.slow = { tasks: [], events: [], frame: 0 };
    return found;
  });
  const slowest = events.reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0]);
  return `longest frame ${frame.toFixed(0)} ms, ${tasks.length} tasks above 50 ms (longest ${Math.max(0, ...tasks).toFixed(0)} ms), `
    + `slowest input ${slowest[0]} ${slowest[1]} ms`;
}

/** From an action until nothing of the view is on its way and a frame is drawn. */
async function step(page, what, act) {
  await page.evaluate(() => {
    const begin = () => { window.began = performance.now(); };
    for (const input of ['keydown', 'pointerdown', 'wheel']) addEventListener(input, begin, { capture: true, once: true });
    window.began = null;
  });
  await act();
  const took = await page.evaluate(async () => {
    const app = document.querySelector('headscope-app');
    const frame = () => new Promise((r) => { requestAnimationFrame(r); });
    await frame();
    do await frame(); while (window.began === null || app.viewPanel.view.isUpdatePending || app.viewPanel.view.pendingWork());
    return performance.now() - window.began;
  });
  await idle(page);
  return `${what} ${took.toFixed(0)} ms`;
}

/** What a reader does meanwhile: points, moves with the keys, scrolls, opens a head and closes it. */
async function meddle(page, round) {
  const cell = page.locator(id(`thumb-L${round % 3}H${(round * 5) % 12}`));
  if (round % 4 === 0) await cell.hover();
  else if (round % 4 === 1) await cell.click();
  else if (round % 4 === 2) await page.keyboard.press(round % 8 === 2 ? 'ArrowRight' : 'ArrowDown');
  else {
    await page.keyboard.press('Escape');
    await page.mouse.wheel(0, round % 8 === 3 ? 200 : -200);
  }
  await page.waitForTimeout(150);
}

/** Memory of a process in MB: now, and the most so far. */
function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024).toFixed(0);
  return `${mb('VmRSS')} MB (at most ${mb('VmHWM')} MB)`;
}

async function rendererOf(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.filter((p) => p.type === 'renderer').sort((a, b) => b.cpuTime - a.cpuTime)[0].id;
}

const halfToFloat = (h) => (h & 0x8000 ? -1 : 1) * (h & 0x7c00 ? 2 ** (((h >> 10) & 31) - 15) * (1 + (h & 1023) / 1024) : 2 ** -14 * ((h & 1023) / 1024));

/** Some pixels of exact thumbnails against the weights behind them, which are asked for row by row. */
async function check(page, tokens) {
  const size = Math.min(64, tokens);
  const start = (i) => Math.floor((i * tokens) / size);
  for (const [head, r, c] of [['L0H0', 0, 0], ['L5H7', 31, 12], ['L11H11', size - 1, size - 1]]) {
    const most = await page.evaluate(async ([name, rows, keys]) => {
      const { controller } = document.querySelector('headscope-app');
      const opts = { signal: new AbortController().signal, priority: 1 };
      let max = 0;
      for (let index = rows[0]; index < rows[1]; index++) {
        const { values } = await controller.engine.row(controller.trace.id, { stack: '', heads: [name], side: 'q', index, top: 1 }, opts);
        for (let k = keys[0]; k < keys[1]; k++) max = Math.max(max, values[k]);
      }
      return max;
    }, [head, [start(r), start(r + 1)], [start(c), start(c + 1)]]);
    const drawn = await page.evaluate(([name, at]) => {
      const { view } = document.querySelector('headscope-app').viewPanel;
      const plan = view.plan();
      const shown = view.tiles_.shown(plan, name);
      return shown.exact && shown.tile.data[at];
    }, [head, r * size + c]);
    assert.ok(Math.abs(halfToFloat(drawn) - most) <= 2 ** -11 * most + 2 ** -25, `${head}, pixel ${r}, ${c}: ${halfToFloat(drawn)} drawn, ${most} in the rows`);
  }
}

/** pid, processorSeconds: of the server at `origin`. */
export async function measurePage({ origin, pid, processorSeconds, text, tokens }) {
  const browser = await launch();
  try {
    const page = await openApp(browser, { origin }, '#hs=1&v=model&a=A');
    await page.fill(id('text-a'), text);
    await page.waitForSelector(id('run'));
    await idle(page);
    await observe(page);
    await page.evaluate(() => { addEventListener('pointerdown', () => { window.start = performance.now(); }, { capture: true, once: true }); });
    const before = processorSeconds();
    await page.click(id('run'));
    let round = 0;
    for (const [what, holds] of Object.entries(STATES)) {
      const since = () => page.evaluate(() => performance.now() - window.start);
      while (!(await page.evaluate(holds, tokens))) {
        if (what.startsWith('all') && what !== 'all thumbnails on screen as previews') await meddle(page, round++);
        else await page.waitForTimeout(10);
      }
      console.log(`page, ${tokens} tokens: ${what} after ${seconds(await since())}, ${(processorSeconds() - before).toFixed(2)} s of the server's processor time; `
        + await slowness(page));
      await shot(page, what);
    }
    await page.evaluate(() => { document.querySelector('headscope-app').runCommand('details.clear'); });
    await idle(page);
    await check(page, tokens);
    console.log(`page: server ${memory(pid)}, page ${memory(await rendererOf(browser))}`);

    await run(page, 'head.set', { heads: ['L5H7'] });
    await slowness(page);
    const opened = Date.now();
    await run(page, 'view.matrix');
    console.log(`page, matrix view: opened after ${seconds(Date.now() - opened)}; ${await slowness(page)}`);
    const box = await page.locator(id('view-matrix')).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.focus(id('view-matrix'));
    const steps = [];
    for (const key of ['+', '+', '+', '+', '+']) steps.push(await step(page, 'zoom', () => page.keyboard.press(key)));
    for (const [dx, dy] of [[200, 0], [0, 300], [-100, -100]]) steps.push(await step(page, 'pan', () => page.mouse.wheel(dx, dy)));
    steps.push(await step(page, 'fit', () => page.keyboard.press('0')));
    await shot(page, 'matrix');
    console.log(`page, matrix view: ${steps.join(', ')}; ${await slowness(page)}`);

    await run(page, 'view.head');
    const rows = [];
    for (const at of [3, 7, 11]) rows.push(await step(page, 'row', () => page.locator('.qcol .token').nth(at).click()));
    await run(page, 'pin.clear');
    rows.push(await step(page, 'screen', () => page.mouse.wheel(0, 4000)));
    await shot(page, 'head');
    console.log(`page, head view: ${rows.join(', ')}; ${await slowness(page)}`);

    await run(page, 'view.neuron');
    await page.focus(id('nv-query'));
    const queries = [];
    for (let i = 0; i < 3; i++) queries.push(await step(page, 'query', () => page.keyboard.press('ArrowRight')));
    console.log(`page, neuron view: ${queries.join(', ')}; ${await slowness(page)}`);
    console.log(`page: server ${memory(pid)}, page ${memory(await rendererOf(browser))}`);
  } finally {
    await browser.close();
  }
}
