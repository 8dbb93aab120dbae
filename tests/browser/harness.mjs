// What the browser checks of the app share: the program's server, a headless Chromium, pages that
// remember everything that went wrong on them, and short words for what checks do all the time.
//
// HEADSCOPE names the program (default build/bin/headscope), CHROMIUM the browser,
// SHOTS a folder for screenshots. While working on the front end, without building the program anew:
// HEADSCOPE_SOURCES=1 takes the app from its sources and the numbers from the program (checks that stop
// a server or look at its headers then fail); HEADSCOPE_FAKE=1 takes the app on its fake engine instead
// of the program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const require = createRequire(path.join(root, 'web/package.json'));
const { chromium } = require('playwright-core');

export const program = process.env.HEADSCOPE ?? path.join(root, 'build/bin/headscope');
export const tinyModel = path.join(root, 'tests/golden/tiny/bert-mlm');
export const fake = process.env.HEADSCOPE_FAKE === '1';
const sources = process.env.HEADSCOPE_SOURCES === '1';
export const shots = process.env.SHOTS ?? path.join(root, 'build/screenshots');

const common = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const flags = {
  software: [...common, '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  off: [...common, '--disable-gpu', '--disable-3d-apis'],
};

/** Starts `headscope serve`; without a model of its own it sees an empty cache. */
export async function startServer(args = [], { model = null, port = 0 } = {}) {
  if (fake) return startFake(model);
  const empty = mkdtempSync(path.join(tmpdir(), 'headscope-browser-'));
  const env = { ...process.env };
  if (model !== 'real') Object.assign(env, { HEADSCOPE_CACHE: empty, HF_HOME: empty, HF_HUB_CACHE: empty, XDG_CACHE_HOME: empty });
  const list = ['serve', '--port', String(port), ...(model && model !== 'real' ? ['-m', model] : []), ...args];
  const child = spawn(program, list, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  child.stderr.on('data', (d) => log.push(String(d)));
  const origin = await new Promise((resolve, reject) => {
    child.stdout.on('data', (d) => {
      const address = /http:\/\/[^\s]+/.exec(String(d));
      if (address) resolve(address[0].replace(/\/$/, ''));
    });
    child.on('error', reject);
    child.on('exit', (code) => { reject(new Error(`${program} ${list.join(' ')} ended with ${code}: ${log.join('')}`)); });
  });
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  const front = sources ? await startVite({ '/rpc': { target: origin, changeOrigin: true, headers: { Origin: origin } } }) : null;
  return {
    origin: front?.origin ?? origin, log, pid: child.pid,
    async stop(signal = 'SIGTERM') {
      await front?.vite.close();
      child.kill(signal);
      await gone;
      rmSync(empty, { recursive: true, force: true });
    },
  };
}

/** The app's sources, served as they are. */
async function startVite(proxy = {}) {
  const { createServer } = await import(pathToFileURL(path.join(root, 'web/node_modules/vite/dist/node/index.js')));
  const vite = await createServer({ root: path.join(root, 'web'), server: { port: 0, host: '127.0.0.1', hmr: false, proxy }, logLevel: 'error' });
  await vite.listen();
  return { vite, origin: `http://127.0.0.1:${vite.httpServer.address().port}` };
}

async function startFake(model) {
  const { vite, origin } = await startVite();
  const small = model === tinyModel ? '&layers=3&heads=4&positions=128' : '';
  return { origin, page: `/dev_app.html?model=${model ? 1 : 0}${small}`, log: [], stop: () => vite.close() };
}

export function launch(gl = 'software') {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags[gl] });
}

/** A page of the app. `problems` fills with console errors, violations of the CSP and foreign requests. */
export async function openApp(browser, { origin, page: where = '/' }, hash = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: options.height ?? 720 },
    colorScheme: options.dark ? 'dark' : 'light', reducedMotion: options.motion ? 'no-preference' : 'reduce', ...options.context });
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (e) => { window.violations.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sample}`); });
  });
  if (options.init) await context.addInitScript(options.init);
  const page = await context.newPage();
  page.setDefaultTimeout(120000);  // A state comes late on a busy machine; a page that hangs is told all the same.
  page.problems = [];
  page.on('pageerror', (e) => { page.problems.push(`exception: ${e.message}`); });
  page.on('console', (m) => {
    const fromSources = (fake || sources) && /dev mode|change-in-update|404/.test(m.text());
    if (!fromSources && (m.type() === 'error' || m.type() === 'warning')) page.problems.push(`console ${m.type()}: ${m.text()}`);
  });
  page.on('request', (r) => { if (!r.url().startsWith(`${origin}/`) && !/^(blob|data):/.test(r.url())) page.problems.push(`request to ${r.url()}`); });
  page.answered = await page.goto(`${origin}${where}${hash}`);
  await page.waitForFunction(() => window.headscope?.views.length > 0);
  await modelRead(page);
  await idle(page);
  return page;
}

/** The server has read its model, or knows that it has none: before that, the first trace stands in for a run. */
export const modelRead = (page) => page.waitForFunction(() => {
  const { controller } = document.querySelector('headscope-app');
  return controller.session.failure !== null && controller.info === null || controller.info?.loading === null;
});

/** What went wrong on the page, less what a check expects. */
export async function problemsOf(page, expected = []) {
  const violations = await page.evaluate(() => window.violations.map((v) => `CSP ${v}`)).catch(() => []);
  return [...page.problems, ...violations].filter((p) => !expected.some((e) => e.test(p)));
}

export const idle = (page) => page.evaluate(() => window.headscope.views[0].idle());
export const state = (page) => page.evaluate(() => window.headscope.views[0].state());
export const edges = (page) => page.evaluate(() => window.headscope.views[0].edges());
/** What is drawn, without where: the picture is laid out anew when a notice takes or frees room. */
export const lines = async (page) => (await edges(page)).map(({ x0, y0, x1, y1, ...line }) => line);
export const errors = (page) => page.evaluate(() => window.headscope.views[0].errors());
export const id = (name) => `[data-testid="${name}"]`;
export const textOf = async (page, name) => (await page.locator(id(name)).first().innerText()).replace(/\s+/g, ' ').trim();

/** Nothing is on its way, nothing went wrong, and lines are drawn. */
export async function wholePicture(page) {
  await idle(page);
  assert.deepEqual(await page.locator('[role=alert]').allInnerTexts(), []);
  assert.ok((await edges(page)).length > 0);
}

export async function run(page, command, args = {}) {
  await page.evaluate(([c, a]) => window.headscope.views[0].run(c, a), [command, args]);
  await idle(page);
}

/** The pointer where it points at nothing; idle() waits until the tip of what it left is gone. */
export async function leave(page) {
  await page.mouse.move(640, 4);
  await idle(page);
}

/** What `read` answers once `holds` is true of it: for a state that comes when it comes. */
export async function until(read, holds, what) {
  const end = Date.now() + 60000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    assert.ok(Date.now() < end, `${what}: still ${JSON.stringify(value)}`);
    await new Promise((r) => { setTimeout(r, 20); });
  }
}

/** What has the focus, through every shadow root. */
export const focused = (page) => page.evaluate(() => {
  let e = document.activeElement;
  while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
  const box = e.getBoundingClientRect();
  const ring = getComputedStyle(e);
  const at = (x, y) => { let t = document.elementFromPoint(x, y); while (t?.shadowRoot?.elementFromPoint(x, y) && t.shadowRoot.elementFromPoint(x, y) !== t) t = t.shadowRoot.elementFromPoint(x, y); return t; };
  const top = at(box.x + box.width / 2, box.y + box.height / 2);
  const holds = (node) => { for (let n = node; n; n = n.parentNode ?? n.host) if (n === e) return true; return false; };
  const inside = (node) => { for (let n = e; n; n = n.parentNode ?? n.host) if (n === node) return true; return false; };
  return { testid: e.dataset?.testid ?? '', tag: e.localName, name: e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 40), role: e.getAttribute('role') ?? '',
    visible: e.matches(':focus-visible') && ring.outlineStyle !== 'none', inView: box.width === 0 || (box.x >= -2 && box.y >= -2 && box.right <= innerWidth + 2 && box.bottom <= innerHeight + 2),
    covered: box.width > 0 && top !== null && !holds(top) && !inside(top) };
});

/** Presses Tab until what has the focus is wanted. */
export async function tabTo(page, wanted, limit = 80) {
  const seen = [];
  for (let i = 0; i < limit; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    seen.push(now.testid || now.name);
    if (wanted(now)) return now;
  }
  return assert.fail(`never reached; went over ${seen.join(' · ')}`);
}

export function close(a, b, tolerance, what) {
  assert.ok(Math.abs(a - b) <= tolerance, `${what}: ${a} instead of ${b} ± ${tolerance}`);
}

/**
 * Fails where the median of several trials is above twice the target (ui.md §9): targets are for two
 * processors that have nothing else to do. On a machine that has, the numbers are only printed.
 */
export function gate(what, times, target, waited = 0) {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const limit = waited + 2 * target;
  const load = loadavg()[0];
  const busy = load > 2 * availableParallelism();
  process.stdout.write(`      ${what}: median ${median.toFixed(0)} ms of ${sorted.map((ms) => ms.toFixed(0)).join(', ')} (target ${waited + target}, gate ${limit}, load ${load.toFixed(1)}${busy ? ': not judged' : ''})\n`);
  assert.ok(median <= limit || busy, `${what}: median ${median} ms, gate ${limit}`);
}

/** Edges of one query, heaviest first. */
export const from = (list, q) => list.filter((e) => e.q === q).sort((a, b) => b.weight - a.weight);

/** The traces that a server was started with. */
export async function traces({ origin }) {
  const answer = await fetch(`${origin}/rpc/info`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ rpc: 2, client: 'browser-test', id: 0 }) });
  return (await answer.json()).traces;
}

/** POST /rpc/METHOD as the app does it; safetensors answers come back as { json, tensors }. */
export function ask(page, method, body) {
  return page.evaluate(async ([m, b]) => {
    const answer = await fetch(`/rpc/${m}`, { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ rpc: 2, client: 'browser-test', id: Math.floor(Math.random() * 2 ** 40), ...b }) });
    if ((answer.headers.get('Content-Type') ?? '').startsWith('application/json')) return { status: answer.status, json: await answer.json() };
    const bytes = await answer.arrayBuffer();
    const length = Number(new DataView(bytes).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
    const tensors = {};
    for (const [name, entry] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      tensors[name] = { shape: entry.shape, values: [...new Float32Array(bytes.slice(8 + length + entry.data_offsets[0], 8 + length + entry.data_offsets[1]))] };
    }
    return { status: answer.status, json: JSON.parse(header.__metadata__?.json ?? '{}'), tensors };
  }, [method, body]);
}
