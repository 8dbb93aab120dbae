// Runs files of checks:  node tests/browser/run.mjs app/first_screen.mjs …   (see harness.mjs)
// A file exports `server` (arguments and model of the program) and `checks`: name → async (t); where it
// measures time also `timing = true`: then it has the machine for itself (CMakeLists.txt). A check
// gets { browser, origin, open(hash, options) } and fails by throwing. After it, each page that it
// opened must be free of problems but those that the check allowed (t.allow).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runChecks } from './checks.mjs';
import { fake, launch, openApp, problemsOf, program, startServer } from './harness.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const SKIPPED = 77;
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(chromium)) {
  process.stderr.write(`browser checks: no browser at ${chromium}; install chromium or set CHROMIUM\n`);
  process.exit(SKIPPED);
}
assert.ok(fake || existsSync(program), `no program at ${program}: make build`);

let failed = 0;

/** Runs a check from its first page to its last; throws what it found wrong. */
async function tryCheck(check, world) {
  const pages = [];
  const allowed = [];
  const t = {
    ...world,
    open: async (hash, options) => {
      const page = await openApp(options?.browser ?? world.browser, options?.server ?? world.server, hash, options);
      pages.push(page);
      return page;
    },
    allow: (...patterns) => { allowed.push(...patterns); },
  };
  try {
    await check(t);
    for (const page of pages) assert.deepEqual(await problemsOf(page, allowed), []);
  } finally {
    for (const page of pages) await page.context().close().catch(() => {});
  }
}

function realModel() {
  const { models } = JSON.parse(execFileSync(program, ['models', '--json'], { encoding: 'utf8' }));
  return models.some((m) => m.name === 'bert-base-uncased' && m.cached);
}

// Files of one fixture, which is the same server (arguments, model) and the same kind of browser, share them.
const fixtures = new Map();
for (const file of process.argv.slice(2)) {
  const { server: wanted = {}, checks, gl = 'software' } = await import(pathToFileURL(path.resolve(here, file)));
  const key = JSON.stringify([wanted, gl]);
  if (!fixtures.has(key)) fixtures.set(key, { wanted, gl, files: [] });
  fixtures.get(key).files.push({ file, checks });
}

for (const { wanted, gl, files } of fixtures.values()) {
  if (wanted.model === 'real' && !realModel()) {
    process.stderr.write(`${files.map((f) => f.file).join(', ')}: bert-base-uncased is not there; headscope pull bert-base-uncased\n`);
    process.exit(SKIPPED);
  }
  const server = await startServer(wanted.args, wanted);
  const browser = await launch(gl);
  for (const { file, checks } of files) {
    process.stdout.write(`${file}\n`);
    failed += await runChecks(checks, (check) => tryCheck(check, { browser, server }));
  }
  await browser.close();
  await server.stop();
}
process.exit(failed > 0 ? 1 : 0);
