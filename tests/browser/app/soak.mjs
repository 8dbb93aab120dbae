// Long use: two hundred texts, one after the other, and neither the page nor the server keeps more
// of them than their caches may hold (R2, "memory returns within 10 %").
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { idle, tinyModel } from '../harness.mjs';

const CACHE_MB = 16;
export const server = { model: tinyModel, args: ['--cache-mb', String(CACHE_MB)] };

const WARM = 40;
const EDITS = 200;
/** Texts that fill the server's caches, asked for without a picture: three minutes of typing otherwise. */
const FILL = 400;
const WORDS = ['store', 'bread', 'went', 'fresh', 'people', 'sold', 'the', 'straw'];
/** 84 tokens of the tiny model. */
const textOf = (i) => Array.from({ length: 40 }, (_, k) => WORDS[(i * 7 + k * (1 + (i % 5))) % WORDS.length]).join(' ') + ` ${i}`;

async function fillServer(page) {
  const texts = Array.from({ length: FILL }, (_, i) => textOf(1000 + i));
  await page.evaluate(async (all) => {
    let id = 1;
    const ask = (method, fields) => fetch(`/rpc/${method}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ rpc: 2, client: 'soak', id: id++, ...fields }) });
    for (const a of all) {
      const { trace } = await (await ask('run', { model: '', a, b: null, epoch: id })).json();
      const n = trace.sequences.text.tokens.length;
      await (await ask('tiles', { trace: trace.id, tiles: [0, 1, 2, 3].map((h) => ({ stack: '', heads: [`L2H${h}`], q0: 0, q1: n, k0: 0, k1: n, outQ: 0, outK: 0, pool: 'max', dtype: 'f32' })) })).arrayBuffer();
    }
  }, texts);
}

async function edit(page, i) {
  await page.evaluate(async (text) => {
    const view = window.headscope.views[0];
    view.run('text.set', { a: text, b: null });
    view.run('app.run');
    await document.querySelector('headscope-app').controller.session.idle();
  }, textOf(i));
  if (i % 10 === 9) await idle(page);
}

/** Bytes of the page's own objects, strings and arrays. The heap has compiled code, too: how much of it depends on the machine's load. */
async function objectBytes(cdp) {
  const chunks = [];
  const add = ({ chunk }) => { chunks.push(chunk); };
  cdp.on('HeapProfiler.addHeapSnapshotChunk', add);
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false }); // collects the garbage first
  cdp.off('HeapProfiler.addHeapSnapshotChunk', add);
  const { snapshot: { meta }, nodes } = JSON.parse(chunks.join(''));
  const fields = meta.node_fields;
  const type = fields.indexOf('type');
  const size = fields.indexOf('self_size');
  const others = new Set(['code', 'native', 'hidden', 'synthetic'].map((name) => meta.node_types[type].indexOf(name)));
  let bytes = 0;
  for (let i = 0; i < nodes.length; i += fields.length) if (!others.has(nodes[i + type])) bytes += nodes[i + size];
  return bytes;
}

/** MB: the page's objects, the server's resident memory; tiles that the page holds. */
async function memory(page, cdp, pid) {
  await idle(page);
  const heap = (await objectBytes(cdp)) / 1e6;
  const status = pid ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return { heap, server: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024, tiles: await page.evaluate(() => window.headscope.views[0].tiles().cached) };
}

export const checks = {
  async 'two hundred texts: the page’s and the server’s memory stay'(t) {
    const page = await t.open();
    const cdp = await page.context().newCDPSession(page);
    await fillServer(page);
    for (let i = 0; i < WARM; i++) await edit(page, i);
    // Undo remembers a hundred steps: full, too.
    await page.evaluate(() => { for (let i = 1; i <= 120; i++) window.headscope.views[0].run('words.toggle'); });
    const before = await memory(page, cdp, t.server.pid);
    for (let i = 0; i < EDITS; i++) await edit(page, WARM + i);
    const after = await memory(page, cdp, t.server.pid);
    const text = (m) => `page ${m.heap.toFixed(2)} MB, ${m.tiles} tiles; server ${m.server.toFixed(1)} MB`;
    process.stdout.write(`      after ${WARM} texts: ${text(before)}\n      after ${WARM + EDITS}: ${text(after)}\n`);
    // Cached tiles are no leak: their numbers are not among the objects, half a kilobyte a tile pays for key, entry and array.
    const kept = (after.tiles - before.tiles) / 2e3;
    assert.ok(after.heap - kept <= before.heap * 1.1, `the page grew from ${before.heap} to ${after.heap} MB, ${kept} MB of it for tiles`);
    assert.ok(after.server <= before.server * 1.1, `the server grew from ${before.server} to ${after.server} MB`);
  },
};
