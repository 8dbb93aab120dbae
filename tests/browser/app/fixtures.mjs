// Traces whose layers differ, through every view: grouped heads, a layer without attention, a window,
// ALiBi, a soft cap and a sink (tests/data/traces/grouped.safetensors, made without headscope), against
// weights computed here from the file's queries and keys in double precision.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { close, edges, errors, id, idle, root, run, state, textOf, traces } from '../harness.mjs';

const file = path.join(root, 'tests/data/traces/grouped.safetensors');
export const server = { args: ['--trace', file], model: null };

const bytes = readFileSync(file);
const length = Number(bytes.readBigUInt64LE(0));
const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
const layers = JSON.parse(header.__metadata__.trace).stacks[0].layers;
const N = 6;
const HEADS = 4;

function tensor(name) {
  const { data_offsets: [from, to] } = header[name];
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + length + from, bytes.byteOffset + 8 + length + to));
}

/** softmax of cap(scale·q·k + bias) over what the query sees and the sink, as docs/formats.md defines rule 2. */
function row(number, head, i) {
  const layer = layers.find((l) => l.layer === number);
  const [q, k, d] = [tensor(`query.${number}`), tensor(`key.${number}`), layer.head_dim];
  const own = Math.floor(head / (layer.heads / layer.kv_heads));
  const slope = layer.bias.kind === 'alibi' ? tensor(`bias.${number}`)[head] : 0;
  const first = layer.mask.kind === 'window' ? Math.max(0, i - layer.mask.left) : 0;
  const scores = Array.from({ length: N }, (_, j) => {
    if (j < first || j > i) return -Infinity;
    let sum = 0;
    for (let c = 0; c < d; c++) sum += q[(head * N + i) * d + c] * k[(own * N + j) * d + c];
    const raw = sum * layer.scale + slope * j;
    return layer.softcap ? layer.softcap * Math.tanh(raw / layer.softcap) : raw;
  });
  const keys = scores.reduce((sum, s) => sum + Math.exp(s), 0);
  // The file holds the sink's share, so the keys have the rest.
  const share = layer.sinks ? tensor(`sink.${number}`)[head * N + i] : 0;
  return { sink: share, weights: scores.map((s) => (Math.exp(s) / keys) * (1 - share)) };
}

async function open(t, rest) {
  const [{ id: trace }] = await traces(t.server);
  return t.open(`#hs=1&tr=${trace}&t=0&${rest}`);
}

export const checks = {
  async 'lines are the weights of the layer’s own rule, and the sink is an end of its own'(t) {
    for (const [layer, head] of [[0, 1], [0, 3], [2, 0], [2, 3]]) {
      const page = await open(t, `h=L${layer}H${head}`);
      const drawn = await edges(page);
      let lines = 0;
      for (let i = 0; i < N; i++) {
        const { weights, sink } = row(layer, head, i);
        for (const [j, w] of weights.entries()) {
          const line = drawn.find((e) => e.q === i && e.k === j);
          if (w > 0) close(line?.weight ?? 0, w, 1e-5, `L${layer}H${head} ${i} → ${j}`);
          else assert.equal(line, undefined, `L${layer}H${head} draws ${i} → ${j}, which it does not see`);
          lines += Number(w > 0);
        }
        const end = drawn.find((e) => e.q === i && e.sink);
        assert.equal(end === undefined, sink === 0, `sink of L${layer}H${head} ${i}`);
        if (end) close(end.weight, sink, 1e-5, `sink of L${layer}H${head} ${i}`);
        lines += Number(sink > 0);
      }
      assert.equal(drawn.length, lines, 'nothing else is drawn');
      assert.equal(await page.locator(id('sink')).count(), layer === 2 ? 1 : 0);
      const status = await textOf(page, 'status-line');
      assert.match(status, /Drawn: 100/, 'the sink counts as drawn');
      assert.match(status, layer === 2 ? /itself and the 2 tokens before it\..*ALiBi.*±5.*sink/ : /itself and all tokens before it\./);
    }
  },
  async 'the neuron view multiplies out with the layer’s own cap, bias and sink'(t) {
    for (const [layer, head, query] of [[0, 2, 4], [2, 1, 5]]) {
      const page = await open(t, `v=neuron&h=L${layer}H${head}&p=q${query}`);
      await page.waitForSelector(id('nv-softmax'));
      const values = (name) => page.locator(id(name)).evaluateAll((all) => all.map((e) => Number(e.dataset.value)));
      const { weights, sink } = row(layer, head, query);
      for (const [j, w] of (await values('nv-softmax')).entries()) close(w, weights[j], 1e-5, `weight of key ${j}`);
      for (const [j, text] of (await page.locator(`${id('nv-check')} span`).allInnerTexts()).entries()) {
        if (j > 0) break;
        // What is printed leads to the weight that is printed.
        const [, score, lse, weight] = /exp\(([-−\d.]+) − lse ([-−\d.]+)\) = ([\d.e-]+)/.exec(text) ?? assert.fail(text);
        const number = (s) => Number(s.replace('−', '-'));
        close(Math.exp(number(score) - number(lse)), number(weight), 1e-3, text);
      }
      assert.match(await textOf(page, 'nv-score-head'), layer === 2 ? /cap\(Σ × 0\.25 \+ bias\)/ : /Σ × 0\.25 \+ bias/);
      if (layer === 2) close((await values('nv-sink'))[0], sink, 1e-6, 'sink');
      else assert.equal(await page.locator(id('nv-sink')).count(), 0);
      assert.match(await textOf(page, 'nv-head'), /query head \d · key head \d \(shared by \d–\d\)/);
    }
  },
  async 'the matrix says what the sink takes; every view opens every layer'(t) {
    const page = await open(t, 'v=matrix&h=L2H1');
    await page.locator(id('view-matrix')).focus();
    await page.keyboard.press('ArrowDown');
    await idle(page);
    const { sink } = row(2, 1, 1);
    const [, said] = /the sink takes ([\d.]+) of the row/.exec(await textOf(page, 'matrix-sides')) ?? assert.fail(await textOf(page, 'matrix-sides'));
    close(Number(said), sink, 1e-4, 'sink');
    for (const view of ['head', 'model', 'matrix', 'neuron']) for (const head of ['L0H3', 'L2H3']) {
      await run(page, 'head.set', { heads: [head] });
      await run(page, `view.${view}`);
      assert.deepEqual((await state(page)).heads, [head]);
      await page.waitForSelector(id(`view-${view}`), { state: 'attached' });
    }
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 0, 'the neuron view has no thumbnails');
    await run(page, 'view.model');
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 2 * HEADS, 'the layer without attention has no thumbnails');
    assert.deepEqual(await errors(page), []);
  },
};
