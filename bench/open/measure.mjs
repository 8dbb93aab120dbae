// From "Run" to labels in the page, through the wire as the page does it: `run` of a long prompt, then
// `heads` of its trace. A new text each round, so that no answer is known before. With --page then once
// more in headless Chromium: page.mjs.
//
//     node bench/open/measure.mjs build/bin/headscope [MODEL] [TOKENS] [ROUNDS] [--page]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const words = process.argv.slice(2).filter((a) => a !== '--page');
const [program, model = 'smollm2-135m-instruct', tokens = '1000', rounds = '5'] = words;
if (!program) throw new Error('usage: measure.mjs PROGRAM [MODEL] [TOKENS] [ROUNDS] [--page]');
const corpus = readFileSync(fileURLToPath(new URL('../../tests/data/corpora/wikitext2-valid.txt', import.meta.url)), 'utf8');
const paragraphs = corpus.split('\n').filter((line) => line.length > 400).map((line) => line.trim());

const server = spawn(program, ['serve', '--quiet', '-m', model], { stdio: ['ignore', 'pipe', 'inherit'] });
const base = await new Promise((resolve, reject) => {
  server.stdout.once('data', (line) => resolve(String(line).trim().match(/http:\S+/)[0]));
  server.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
});

/** Seconds of processor time that the server has taken, all threads together (Linux: 100 ticks a second). */
function processorSeconds() {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

let id = 0;
async function ask(method, fields) {
  const start = performance.now();
  const answer = await fetch(new URL(`/rpc/${method}`, base), {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ rpc: 2, client: 'bench', id: ++id, ...fields }),
  });
  const json = await answer.json();
  if (!answer.ok || json.error) throw new Error(`${method}: ${JSON.stringify(json.error ?? json)}`);
  return { json, ms: performance.now() - start };
}

/** The tokens of a text; null where they are more than the model has positions. */
async function tokensOf(name, text) {
  try {
    return (await ask('tokens', { model: name, a: text, b: null })).json;
  } catch (error) {
    if (error.message.includes('HS-LEN-01')) return null;
    throw error;
  }
}

/** A text of just so many tokens, from paragraph `first` on. */
async function prompt(name, first) {
  const wanted = Number(tokens);
  let text = '';
  for (let p = first; ; p = (p + 1) % paragraphs.length) {
    const joined = (piece) => text + (text && ' ') + piece;
    // What is too long as a paragraph still fits by words.
    const pieces = await tokensOf(name, joined(paragraphs[p])) ? [paragraphs[p]] : paragraphs[p].split(' ');
    for (const piece of pieces) {
      const found = await tokensOf(name, joined(piece));
      if (!found) continue;
      text = joined(piece);
      if (found.tokens.length < wanted) continue;
      // Behind the text stand the template's tokens, which have no place in it.
      const behind = found.offsets.length - 1 - found.offsets.findLastIndex((o) => o !== null);
      return Buffer.from(text).subarray(0, found.offsets[wanted - 1 - behind][1]).toString();
    }
  }
}

try {
  let info;
  while (!(info = (await ask('info', {})).json).models?.[0]) await new Promise((wait) => { setTimeout(wait, 100); });
  const name = info.models[0].name;
  const times = [];
  for (let round = 0; round < Number(rounds); round++) {
    const a = await prompt(name, 7 * round);
    const before = processorSeconds();
    const run = await ask('run', { model: name, a, b: null });
    const { id: trace, sequences } = run.json.trace;
    const heads = await ask('heads', { trace, scope: 'input' });
    const labels = heads.json.heads.reduce((sum, head) => sum + head.labels.length, 0);
    times.push(run.ms + heads.ms);
    console.log(`${name}, ${sequences.text.tokens.length} tokens: run ${(run.ms / 1000).toFixed(2)} s, ${heads.json.heads.length} heads with `
      + `${labels} labels ${(heads.ms / 1000).toFixed(2)} s, together ${((run.ms + heads.ms) / 1000).toFixed(2)} s, `
      + `processor time ${(processorSeconds() - before).toFixed(2)} s`);
  }
  times.sort((x, y) => x - y);
  if (times.length > 0) console.log(`median ${(times[Math.floor(times.length / 2)] / 1000).toFixed(2)} s`);
  if (process.argv.includes('--page')) {
    const { measurePage } = await import('./page.mjs');
    await measurePage({ origin: new URL(base).origin, pid: server.pid, processorSeconds, text: await prompt(name, 3), tokens: Number(tokens) });
  }
} finally {
  server.kill();
}
