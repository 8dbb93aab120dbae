// The built program over loopback, as other programs meet it: node server_test.mjs PROGRAM.
// Needs no model: the demo trace is there. What browsers may and may not do, limits, two clients,
// cancellation, and how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { gzipSync } from 'node:zlib';

const program = process.argv[2];
const NO_MODEL = ['-m', '/nonexistent/model'];

function start(...args) {
  const child = spawn(program, ['serve', '--quiet', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stderr.on('data', (d) => { err += d; });
  const listening = new Promise((resolve, reject) => {
    child.stdout.on('data', (d) => { out += d; if (out.includes('\n')) resolve(out.trim()); });
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)));
  });
  listening.catch(() => undefined);
  return { child, listening, exit: once(child, 'exit').then(([code]) => ({ code, err })) };
}

function request(base, path, { method = 'GET', headers = {}, body } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = http.request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      const parts = [];
      answer.on('data', (d) => parts.push(d));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString('latin1') }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
let id = 1;
async function ask(base, method, fields = {}, { client = 'test', headers = {} } = {}) {
  const body = JSON.stringify({ rpc: 2, client, id: id++, ...fields });
  const answer = await request(base, `/rpc/${method}`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
  return { ...answer, json: answer.headers['content-type'] === 'application/json' ? JSON.parse(answer.body) : null };
}

// Bytes on the wire as nobody should send them.
function raw(base, bytes) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    let out = '';
    socket.setTimeout(1500, () => socket.destroy());
    socket.on('data', (d) => { out += d.toString('latin1'); });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(out));
  });
}

const server = start('--port', '0', ...NO_MODEL);
const address = await server.listening;
assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
const base = address.slice(0, -1);
const { host } = new URL(base);
const info = (await ask(base, 'info')).json;
const demo = info.traces[0].id;
const row = { trace: demo, stack: '', heads: ['L2H0'], side: 'q', index: 1, top: 1 };

const checks = {
  async 'the page and its headers'() {
    const page = await request(base, '/');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; .*trusted-types lit-html headscope$/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal(page.headers['access-control-allow-origin'], undefined);
    assert.match(page.body, /headscope/);
    const again = await request(base, '/', { headers: { 'If-None-Match': page.headers.etag } });
    assert.equal(again.status, 304);
  },
  async 'Z1: the whole page is at most 300 kB, as it is sent'() {
    const gzip = { headers: { 'Accept-Encoding': 'gzip' } };
    const files = [...(await request(base, '/')).body.matchAll(/(?:src|href)="(\/?(?:\.\/)?assets\/[^"]+)"/g)].map(([, name]) => new URL(name, `${base}/`).pathname);
    assert.ok(files.some((name) => name.endsWith('.js')), files.join());
    let bytes = 0;
    for (const name of files) {
      const { status, headers, body } = await request(base, name, gzip);
      assert.equal(status, 200, name);
      assert.equal(headers['content-encoding'], 'gzip', name);
      bytes += body.length;  // latin1: a character a byte
    }
    assert.ok(bytes > 50_000 && bytes <= 300_000, `${bytes} bytes`);
  },
  async 'the demo trace without a model'() {
    assert.equal(info.traces[0].source, 'demo');
    assert.notEqual(info.capabilities.run, true);
    const answer = await ask(base, 'row', row);
    assert.equal(answer.headers['content-type'], 'application/vnd.safetensors');
    assert.match(answer.body, /went/);
  },
  async 'other sites and other names are refused'() {
    for (const headers of [{ Host: 'evil.example' }, { Host: `evil.example:${new URL(base).port}` }, { Origin: 'http://evil.example' },
      { Origin: 'null' }, { Origin: `https://${host}` }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'application/jsonp' }, { 'Content-Type': '' }]) {
      const { status, json } = await ask(base, 'info', {}, { headers });
      assert.ok(status === 403 || status === 415, `${JSON.stringify(headers)}: ${status}`);
      assert.equal(json.error.code, 'HS-RPC-04');
    }
    assert.equal((await request(base, '/', { headers: { Host: 'evil.example' } })).status, 403);
    assert.equal((await ask(base, 'info', {}, { headers: { Origin: base, 'Sec-Fetch-Site': 'same-origin' } })).status, 200);
  },
  async 'no path reaches the disk'() {
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '//etc/passwd', '/etc/passwd', '/./index.html%00.js']) {
      const answer = await request(base, path);
      assert.equal(answer.status, 404, path);
      assert.doesNotMatch(answer.body, /root:/);
    }
  },
  async 'verbs'() {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await request(base, '/rpc/info', { method });
      assert.deepEqual([status, headers.allow], [405, 'POST'], method);
    }
    const { status, headers } = await request(base, '/', { method: 'PUT' });
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
  },
  async 'a question that was understood is answered with 200, its error in the body'() {
    for (const [method, fields, code] of [['nosuch', {}, 'HS-RPC-02'], ['info', { nmae: 1 }, 'HS-RPC-01'], ['trace', { trace: 't0' }, 'HS-TRACE-01'],
      ['row', { ...row, heads: ['L99H0'] }, 'HS-LINK-01']]) {
      const { status, json } = await ask(base, method, fields);
      assert.deepEqual([status, json.error.code], [200, code], method);
    }
  },
  async 'sizes'() {
    const large = await request(base, '/rpc/info', { method: 'POST', headers: JSON_TYPE, body: Buffer.alloc((4 << 20) + 1, 32) }).catch((error) => error);
    assert.ok(large instanceof Error || large.status === 413);
    const bomb = gzipSync(Buffer.alloc(64 << 20, 32));
    const packed = await request(base, '/rpc/info', { method: 'POST', headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, body: bomb }).catch((error) => error);
    assert.ok(packed instanceof Error || packed.status === 415);
  },
  async 'files: one at a time, of a limited size, of this origin only'() {
    const limit = info.limits.file_bytes;
    const question = (fields = {}) => Buffer.from(`${JSON.stringify({ rpc: 2, client: 'test', id: id++, name: 'fig', ...fields })}\0`);
    const send = (bytes, headers = {}) => request(base, '/rpc/open', { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', ...headers }, body: Buffer.concat([question(), bytes]) });
    assert.equal(JSON.parse((await send(Buffer.alloc(5 << 20))).body).error.code, 'HS-FILE-02', 'larger than any question');
    assert.equal((await send(Buffer.alloc(10), { Origin: 'http://evil.example' })).status, 403);
    assert.equal((await send(Buffer.alloc(10), { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
    const large = await send(Buffer.alloc(limit + (5 << 20))).catch((error) => error);
    assert.ok(large instanceof Error || large.status === 413);
    // The first one holds the door from the moment it is read until its last byte has come: others ask until
    // they find it held. Where one of them stood in the door when the first one came, that is sent once more.
    const { hostname, port } = new URL(base);
    let slow, answered, second;
    while (second?.status !== 503) {
      const first = question();
      let refused = false;
      slow = http.request({ hostname, port, path: '/rpc/open', method: 'POST', agent: false, headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': first.length + 3 } });
      answered = new Promise((resolve) => {
        slow.on('response', (r) => { refused = true; r.resume(); resolve(r.statusCode); });
        slow.on('error', (error) => { refused = true; resolve(error); });
      });
      await new Promise((resolve) => { slow.write(first, resolve); });
      do second = await send(Buffer.alloc(10)); while (second.status !== 503 && !refused);
    }
    assert.equal(JSON.parse(second.body).error.code, 'HS-BUSY-01');
    assert.equal((await ask(base, 'info')).status, 200, 'questions go on');
    slow.end('abc');
    assert.equal(await answered, 200);
    assert.equal((await send(Buffer.alloc(10))).status, 200);
  },
  async 'a refused body is not read as another request'() {
    const inner = `POST /rpc/info HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{"rpc":2,"client":"smug","id":1} `;
    const out = await raw(base, `POST /rpc/info HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`);
    assert.equal(out.match(/HTTP\/1\.1/g).length, 1);
    assert.doesNotMatch(out, /capabilities/);
  },
  async 'broken requests end, and the server lives'() {
    for (const bytes of ['\r\n\r\n', 'GET\r\n\r\n', `GET / HTTP/1.1\r\nHost: ${host}\r\n${'X: y\r\n'.repeat(3)}\r\n`, `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, '\x00\x01\x02\xff']) {
      await raw(base, bytes);
    }
    assert.equal((await ask(base, 'info')).status, 200);
  },
  async 'cancelled before it came'() {
    const cancel = await ask(base, 'cancel', { ids: [900001] }, { client: 'one' });
    assert.deepEqual(cancel.json.cancelled, []);
    const body = JSON.stringify({ rpc: 2, client: 'one', id: 900001, ...row });
    const answer = await request(base, '/rpc/row', { method: 'POST', headers: JSON_TYPE, body });
    assert.equal(JSON.parse(answer.body).error.code, 'HS-CANCEL-01');
    assert.equal((await request(base, '/rpc/row', { method: 'POST', headers: JSON_TYPE, body: body.replace('"one"', '"two"') })).headers['content-type'], 'application/vnd.safetensors');
  },
  async 'two clients at once, each its own answers'() {
    const client = async (name, index) => {
      for (let k = 0; k < 60; k++) {
        const { body } = await ask(base, 'row', { ...row, index, heads: [`L${k % 12}H${(k * 5) % 12}`] }, { client: name });
        assert.match(body, /"top\\":\[/);
      }
    };
    await Promise.all([client('left', 1), client('right', 5), client('third', 7)]);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}: ${error.stack}`);
  }
}

// How it ends, and what it refuses to begin.
const taken = await start('--port', new URL(base).port, ...NO_MODEL).exit;
assert.equal(taken.code, 4, taken.err);
const remote = await start('--port', '0', '--host', '0.0.0.0', ...NO_MODEL).exit;
assert.equal(remote.code, 2, remote.err);
assert.match(remote.err, /--allow-remote/);
const missing = await start('--port', '0', '--trace', '/nonexistent.safetensors', ...NO_MODEL).exit;
assert.equal(missing.code, 4, missing.err);
server.child.kill('SIGINT');
assert.equal((await server.exit).code, 0);
console.log('ok      ends');

// Other addresses ask for the token of the printed URL.
const open = start('--port', '0', '--host', '0.0.0.0', '--allow-remote', ...NO_MODEL);
const withToken = await open.listening;
const token = /^http:\/\/0\.0\.0\.0:\d+\/#token=([0-9a-f]{32})$/.exec(withToken)?.[1];
assert.ok(token, withToken);
const near = `http://127.0.0.1:${new URL(withToken).port}`;
assert.equal((await ask(near, 'info')).status, 403);
assert.equal((await ask(near, 'info', {}, { headers: { Authorization: `Bearer ${'0'.repeat(32)}` } })).status, 403);
assert.equal((await ask(near, 'info', {}, { headers: { Authorization: `Bearer ${token}` } })).status, 200);
open.child.kill('SIGTERM');
assert.equal((await open.exit).code, 0);
console.log('ok      token');
process.exit(failed ? 1 : 0);
