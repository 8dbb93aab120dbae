// The five quantities on screen and on paper: the figure of a state has the lines of the head view,
// as thick, and the command printed in it makes the same bytes again. What is per layer says so.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, close, edges, errors, id, program, run, textOf, traces } from '../harness.mjs';

export const server = { model: null };

const STATES = ['h=L2H0&qy=norm', 'h=L2H0,L2H6&qy=norm&c=sum', 'h=L2H0&qy=score', 'h=L2H0,L2H1&qy=score&s=hide-renorm&sc=log', 'h=L2H0&qy=score&f=ab',
  'h=L2H0&qy=rollout', 'h=L2H0,L2H6&qy=rollout&k=2', 'h=L2H0,L5H0&qy=rollout&sc=row', 'h=L2H0&qy=flow&s=hide', 'h=L1H0&qy=flow&t=0.3'];

const widths = (svg) => [...svg.matchAll(/<line [^>]*stroke-width="([0-9.]+)"/g)].map((m) => Number(m[1])).sort((a, b) => a - b);
const command = (svg) => /Command: headscope (.*?)<\/metadata>/s.exec(svg)[1].replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export const checks = {
  async 'E1 the figure of every quantity is the head view’s, and its command makes it again'(t) {
    const page = await t.open('#hs=1', { height: 1100 });
    const [trace] = await traces(t.server);
    const folder = mkdtempSync(path.join(tmpdir(), 'headscope-quantities-'));
    for (const part of STATES) {
      const state = `#hs=1&${part}`;
      await run(page, 'set', { state });
      const shown = (await edges(page)).map((e) => e.width).sort((a, b) => a - b);
      const { json } = await ask(page, 'figure', { trace: trace.id, state, format: 'svg' });
      const drawn = widths(json.svg);
      assert.equal(drawn.length, shown.length, state);
      drawn.forEach((w, i) => { close(w, shown[i], 1e-5, `${state}: width ${i}`); });
      execFileSync('sh', ['-c', `"${path.resolve(program)}" ${command(json.svg)}`], { cwd: folder, stdio: 'pipe' });
      assert.equal(readFileSync(path.join(folder, 'figure.svg'), 'utf8'), json.svg, state);
    }
    rmSync(folder, { recursive: true });
    assert.deepEqual(await errors(page), []);
  },

  async 'rollout and flow are of a layer: one set of lines, one thumbnail, and it says so'(t) {
    const page = await t.open('#hs=1&h=L2H0,L2H6&qy=rollout');
    assert.deepEqual([...new Set((await edges(page)).map((e) => e.head))], ['rollout to layer 2']);
    assert.match(await textOf(page, 'legend'), /^Rollout .*largest shown/);
    assert.match(await textOf(page, 'status-line'), /% of rollout/);
    await run(page, 'view.model');
    assert.equal(await page.locator('[data-testid^="thumb-L"]').count(), 12);
    assert.match(await textOf(page, 'status-line'), /12 layers: rollout belongs to a layer, not to a head/);
  },

  async 'negative scores are dotted, their colours have two ends'(t) {
    const page = await t.open('#hs=1&h=L2H0&qy=score&p=q5');
    const list = (await edges(page)).filter((e) => e.q === 5);
    for (const e of list) assert.deepEqual(e.dash, e.weight < 0 ? [2, 2] : [], `${e.k}: ${e.weight}`);
    assert.ok(list.some((e) => e.weight < 0));
    await run(page, 'view.matrix');
    assert.match(await textOf(page, 'legend'), /^Score q·k\/√d −(\S+) \+\1 \(largest shown\)$/);
    assert.equal(await page.locator(id('error-HS-CAP-01')).count(), 0);
  },
};
