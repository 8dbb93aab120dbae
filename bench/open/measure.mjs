// From "Run" to labels in the page, through the wire as the page does it: `run` of a long prompt, then
// `heads` of its trace. A new text each round, so that no answer is known before.
//
//     node bench/open/measure.mjs build/bin/headscope [MODEL] [TOKENS] [ROUNDS]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [program, model = 'smollm2-135m-instruct', tokens = '1000', rounds = '5'] = process.argv.slice(2);
if (!program) throw new Error('usage: measure.mjs PROGRAM [MODEL] [TOKENS] [ROUNDS]');
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

/** A text of just so many tokens, from paragraph `first` on. */
async function prompt(name, first) {
  let text = '';
  for (let p = first; ; p = (p + 1) % paragraphs.length) {
    text += (text && ' ') + paragraphs[p];
    const { json } = await ask('tokens', { model: name, a: text, b: null });
    if (json.tokens.length < Number(tokens)) continue;
    const end = json.offsets[Number(tokens) - 1][1];
    return Buffer.from(text).subarray(0, end).toString();
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
  console.log(`median ${(times[Math.floor(times.length / 2)] / 1000).toFixed(2)} s`);
} finally {
  server.kill();
}
