// RpcEngine over HTTP against a fetch of the test's own; answers are built by hand after docs/wire.md.
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_STATE } from '../base/state';
import type { TileSpec } from '../base/tiles';
import { EngineError, type Opts } from './engine';
import { HttpTransport, takeToken, type HttpOptions } from './http_transport';
import { RpcEngine } from './rpc_engine';
import { parseSafetensors } from './safetensors';

type Body = Record<string, unknown>;
interface Sent { method: string; body: Body; init: RequestInit }

function jsonAnswer(value: Body, status = 200): Response {
  return new Response(JSON.stringify({ rpc: 2, id: 1, epoch: 0, ...value }), { status, headers: { 'Content-Type': 'application/json' } });
}

interface Array_ { dtype: 'F32' | 'F16'; shape: number[]; values: Float32Array | Uint16Array }
function fileBytes(json: Body, arrays: Record<string, Array_>): ArrayBuffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { json: JSON.stringify(json) } };
  for (const [name, { dtype, shape, values }] of Object.entries(arrays)) {
    header[name] = { dtype, shape, data_offsets: [offset, (offset += values.byteLength)] };
  }
  let text = JSON.stringify(header);
  while (text.length % 8) text += ' ';
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(new TextEncoder().encode(text), 8);
  let at = 8 + text.length;
  for (const { values } of Object.values(arrays)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes.buffer;
}
function arraysAnswer(json: Body, arrays: Record<string, Array_>): Response {
  return new Response(fileBytes(json, arrays), { headers: { 'Content-Type': 'application/vnd.safetensors' } });
}

function engineWith(answer: (sent: Sent) => Response | Promise<Response>,
  options: HttpOptions & { now?: () => Date } = {}): { engine: RpcEngine; sent: Sent[] } {
  const sent: Sent[] = [];
  const send = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const one: Sent = { method: String(input).split('/rpc/')[1] ?? '',
      body: JSON.parse(init?.body instanceof Blob ? (await init.body.text()).split('\0')[0] as string : String(init?.body)) as Body, init: init ?? {} };
    sent.push(one);
    if (one.method === 'cancel') return jsonAnswer({ cancelled: one.body.ids });
    return answer(one);
  }) as typeof fetch;
  return { engine: new RpcEngine(new HttpTransport({ base: 'http://127.0.0.1:1', fetch: send, ...options }), options.now), sent };
}

const opts = (over: Partial<Opts> = {}): Opts => ({ signal: new AbortController().signal, priority: 1, ...over });
const spec: TileSpec = { stack: '', heads: ['L0H0'], q0: 0, q1: 2, k0: 0, k1: 2, outQ: 0, outK: 0, pool: 'max', dtype: 'f16',
  ops: { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] } };
const input = { model: '', a: 'x', b: null, ablations: [], masked: [], truncate: false };
/** Waits for an abort as fetch does. */
const never = (init: RequestInit): Promise<Response> => new Promise((_, reject) => {
  init.signal?.addEventListener('abort', () => { reject(init.signal?.reason as Error); });
});
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('RpcEngine over HTTP', () => {
  it('sends the envelope and the fields of the method', async () => {
    const { engine, sent } = engineWith(() => jsonAnswer({ trace: { id: 't1' } }), { token: 'abc' });
    expect((await engine.run({ ...input, b: 'y', masked: [2] }, opts({ priority: 0 }))).id).toBe('t1');
    const { client, ...rest } = sent[0]?.body ?? {};
    expect(client).toMatch(/^[0-9a-f]{24}$/);
    expect(rest).toEqual({ rpc: 2, id: 1, epoch: 1, priority: 0, model: '', a: 'x', b: 'y', ablations: [], masked: [2], truncate: false,
      zero_segment_ids: false });
    expect(sent[0]?.init.headers).toEqual({ 'Content-Type': 'application/json', Authorization: 'Bearer abc' });
  });

  it('keeps halves as their bits and floats as floats', async () => {
    const { engine } = engineWith(() => arraysAnswer({ tiles: [{}, {}] }, {
      0: { dtype: 'F16', shape: [1, 2], values: Uint16Array.of(0x3800, 0x3c00) }, 1: { dtype: 'F32', shape: [1, 1], values: Float32Array.of(0.25) } }));
    const [half, float] = await engine.tiles('t', [spec, { ...spec, dtype: 'f32' }], opts());
    expect(half).toEqual({ rows: 1, cols: 2, data: Uint16Array.of(0x3800, 0x3c00) });
    expect(float).toEqual({ rows: 1, cols: 1, data: Float32Array.of(0.25) });
  });

  it('gives a neuron as the views take it', async () => {
    const f32 = (shape: number[], ...values: number[]): Array_ => ({ dtype: 'F32', shape, values: Float32Array.from(values) });
    const { engine, sent } = engineWith(() => arraysAnswer({ dim: 2, logsumexp: 1.5, scale: 0.5, softcap: null, rule: 2, sink: 0.25 },
      { query: f32([2], 1, 2), key: f32([1, 2], 3, 4), weights: f32([1], 1), bias: f32([1], -Infinity) }));
    expect(await engine.neuron('t', { stack: '', head: 'L0H0', query: 0, rotated: true }, { signal: opts().signal })).toEqual({
      dim: 2, q: Float32Array.of(1, 2), k: Float32Array.of(3, 4), lse: 1.5, scale: 0.5, softcap: null, biasFirst: true, bias: Float32Array.of(-Infinity),
      weights: Float32Array.of(1), sink: 0.25 });
    expect(sent[0]?.body.priority).toBe(1);
  });

  it('passes the link of the state, without the ablations that the trace holds', async () => {
    const { engine, sent } = engineWith(() => jsonAnswer({ svg: '<svg/>', caption: 'c', description: 'd', warnings: [] }));
    const figure = await engine.figure('t', { ...DEFAULT_STATE, heads: ['L1H1'], ablations: [{ head: 'L0H0', mode: 'zero' }] }, 'svg', opts());
    expect(new TextDecoder().decode(figure.bytes)).toBe('<svg/>');
    expect(sent[0]?.body.state).toBe('#hs=1&h=L1H1');
  });

  it.each([
    ['the server\'s error', () => jsonAnswer({ error: { code: 'HS-LEN-01', got: 'g', expected: 'e', action: 'a', message: 'All of it.' } }),
      'HS-LEN-01', 'All of it.'],
    ['the carrier\'s refusal', () => jsonAnswer({ error: { code: 'HS-RPC-04', got: 'g', expected: 'e', action: '', message: 'Not you.' } }, 403),
      'HS-RPC-04', 'Not you.'],
    ['a page instead of an answer', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }), 'HS-BUG-01', 'cannot be read'],
    ['an empty failure', () => new Response('{}', { status: 500, headers: { 'Content-Type': 'application/json' } }), 'HS-BUG-01', 'status 500'],
    ['a damaged file', () => new Response(new Uint8Array(4), { headers: { 'Content-Type': 'application/vnd.safetensors' } }), 'HS-BUG-01', '4 bytes'],
    ['an answer without its part', () => jsonAnswer({}), 'HS-BUG-01', 'without trace'],
    ['a refused connection', () => { throw new TypeError('fetch failed'); }, 'HS-NET-01', 'No answer from the headscope server at http://127.0.0.1:1'],
  ])('throws %s', async (_, answer, code, message) => {
    const { engine } = engineWith(answer as () => Response);
    const error = await engine.run(input, opts()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(message);
  });

  it('an error about a limit brings both numbers, any other none', async () => {
    const error = { code: 'HS-LEN-01', got: 'g', expected: 'e', action: 'a', message: 'm' };
    const told = async (numbers?: unknown): Promise<unknown> =>
      engineWith(() => jsonAnswer({ error: { ...error, numbers } })).engine.run(input, opts()).catch((e: unknown) => (e as EngineError).numbers);
    expect(await told({ got: 602, limit: 512 })).toEqual({ got: 602, limit: 512 });
    expect([await told(), await told({ got: '602', limit: 512 })]).toEqual([null, null]);
  });

  it('has at most four requests in flight, the urgent first', async () => {
    const open: (() => void)[] = [];
    const { engine, sent } = engineWith(() => new Promise<Response>((resolve) => { open.push(() => { resolve(jsonAnswer({ trace: {} })); }); }));
    const all = [3, 3, 3, 3, 3, 2, 0].map((priority) => engine.trace(`p${priority}`, opts({ priority: priority as 0 })));
    await settle();
    expect(sent.map((s) => s.body.trace)).toEqual(['p3', 'p3', 'p3', 'p3']);
    open[0]?.();
    open[1]?.();
    await vi.waitFor(() => { expect(sent.length).toBe(6); });
    expect(sent.slice(4).map((s) => s.body.trace)).toEqual(['p0', 'p2']);
    while (open.length < 7) { for (const go of open) go(); await settle(); }
    for (const go of open) go();
    await Promise.all(all);
  });

  it('tells the server what was aborted, once for many, and nothing of what had not left', async () => {
    const { engine, sent } = engineWith((one) => never(one.init));
    const abort = new AbortController();
    const asked = Array.from({ length: 6 }, () => engine.trace('t', opts({ signal: abort.signal })).catch((e: unknown) => e));
    await settle();
    abort.abort();
    for (const error of await Promise.all(asked)) expect(error).toMatchObject({ code: 'HS-CANCEL-01' });
    await settle();
    const cancels = sent.filter((s) => s.method === 'cancel');
    expect(cancels.length).toBe(1);
    expect(cancels[0]?.body.ids).toEqual(sent.filter((s) => s.method === 'trace').map((s) => s.body.id));
    expect(cancels[0]?.init.keepalive).toBe(true);
  });

  it('tries again when the queue is full', async () => {
    let calls = 0;
    const { engine } = engineWith(() => (++calls === 1
      ? jsonAnswer({ error: { code: 'HS-BUSY-01', got: '', expected: '', action: '', message: 'busy' } }, 503) : jsonAnswer({ trace: { id: 't' } })));
    expect((await engine.trace('t', opts())).id).toBe('t');
    expect(calls).toBe(2);
  });

  const entry = { id: 't1', source: 'run', model: { name: 'm' }, sequences: { text: { text_a: 'x', text_b: 'y' } }, stacks: [],
    settings: { ablations: [], masked: [2], truncation: null, segment_ids: 'zero' } };
  const gone = (): Response => jsonAnswer({ error: { code: 'HS-TRACE-01', got: 'No trace t1', expected: '', action: '', message: 'No trace t1.' } });

  it('makes a lost trace again from its text, once for all who ask, and takes no run\'s place', async () => {
    let held = false;
    const { engine, sent } = engineWith(({ method }) => {
      if (method === 'info') return jsonAnswer({ loading: null, traces: [] });
      if (method === 'run') held = true;
      return method === 'run' ? jsonAnswer({ trace: entry }) : held ? jsonAnswer({ heads: [] }) : gone();
    });
    await engine.run({ ...input, b: 'y', masked: [2], zero_segment_ids: true }, opts());
    held = false;
    // Six: more than have a place in the queue at once.
    const all = await Promise.all(Array.from({ length: 6 }, () => engine.heads('t1', 'input', opts())));
    expect(all).toEqual(Array.from({ length: 6 }, () => []));
    const [first, again, ...more] = sent.filter((s) => s.method === 'run').map((s) => s.body);
    expect(more).toEqual([]);
    expect(again).toEqual({ ...first, id: again?.id, priority: 0, model: 'm' });
    expect(again?.epoch).toBe(1);
  });

  it('sends a file behind the question, and once more where its trace was lost', async () => {
    let held = false;
    const { engine, sent } = engineWith(({ method }) => {
      if (method === 'open') held = true;
      return method === 'open' ? jsonAnswer({ trace: { ...entry, source: 'file', title: 'fig' } }) : held ? jsonAnswer({ heads: [] }) : gone();
    });
    expect((await engine.open(new Blob(['bytes']), 'fig', opts())).title).toBe('fig');
    held = false;
    expect(await engine.heads('t1', 'input', opts())).toEqual([]);
    expect(sent.map((s) => s.method)).toEqual(['open', 'heads', 'open', 'heads']);
    for (const { init, body } of sent.filter((s) => s.method === 'open')) {
      expect(body.name).toBe('fig');
      expect((init.headers as Record<string, string>)['Content-Type']).toBe('application/octet-stream');
      expect((await (init.body as Blob).text()).split('\0')[1]).toBe('bytes');
    }
  });

  it('waits for a model that is being read', async () => {
    const loading = [{ model: 'm', done: 0, total: 1 }, { model: 'm', done: 1, total: 1 }, null];
    let held = true;
    const { engine, sent } = engineWith(({ method }) => {
      if (method === 'info') return jsonAnswer({ loading: loading.shift(), traces: [] });
      if (method === 'run') held = true;
      return method === 'run' ? jsonAnswer({ trace: entry }) : held ? jsonAnswer({ heads: [] }) : gone();
    }, { poll: 1 });
    await engine.run(input, opts());
    held = false;
    await engine.heads('t1', 'input', opts());
    expect(sent.map((s) => s.method)).toEqual(['run', 'heads', 'info', 'info', 'info', 'run', 'heads']);
  });

  it.each([
    ['nothing is known of its text', 't2', () => gone(), 'HS-TRACE-01'],
    ['another model makes another trace', 't1', ({ method }: Sent) => (method === 'run' ? jsonAnswer({ trace: { ...entry, id: 't9' } }) : gone()),
      'HS-TRACE-01'],
    ['the server cannot hold it', 't1', ({ method }: Sent) => (method === 'run' ? jsonAnswer({ trace: entry }) : gone()), 'HS-TRACE-01'],
    ['the text cannot run', 't1', ({ method }: Sent) =>
      (method === 'run' ? jsonAnswer({ error: { code: 'HS-CAP-01', got: 'g', expected: '', action: '', message: 'm' } }) : gone()), 'HS-TRACE-01'],
    ['the server goes', 't1', ({ method }: Sent) => { if (method === 'run') throw new TypeError('fetch failed'); return gone(); }, 'HS-NET-01'],
  ])('says that a trace is lost where %s', async (_, id, answer, code) => {
    let later: (sent: Sent) => Response = () => jsonAnswer({ trace: entry });
    const { engine, sent } = engineWith((one) => (one.method === 'info' ? jsonAnswer({ loading: null, traces: [] }) : later(one)));
    await engine.run(input, opts());
    later = answer;
    await expect(engine.heads(id, 'input', opts())).rejects.toMatchObject({ code });
    expect(sent.filter((s) => s.method === 'run').length).toBe(id === 't1' ? 2 : 1);
  });

  it('polls progress of what runs, and waits as long as the server lives', async () => {
    let finish: (r: Response) => void = () => undefined;
    const { engine } = engineWith((one) => (one.method === 'progress'
      ? jsonAnswer({ progress: [{ id: 1, state: 'running', done: 3, total: 12 }] }) : new Promise<Response>((resolve) => { finish = resolve; })),
    { poll: 5, silence: 300 });
    const seen: [number, number][] = [];
    const run = engine.run(input, opts({ progress: (done, total) => seen.push([done, total]) }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await vi.waitFor(() => { expect(seen.length).toBeGreaterThan(0); });
    finish(jsonAnswer({ trace: { id: 't' } }));
    expect((await run).id).toBe('t');
    expect(seen[0]).toEqual([3, 12]);
  });

  it('gives up on a server that says nothing', async () => {
    const { engine } = engineWith((one) => never(one.init), { poll: 5, silence: 40 });
    await expect(engine.trace('t', opts())).rejects.toMatchObject({ code: 'HS-NET-01' });
  });
});

describe('safetensors', () => {
  const good = (): ArrayBuffer => fileBytes({ a: 1 }, { x: { dtype: 'F32', shape: [2], values: Float32Array.of(1, 2) } });
  const changed = (from: string, to: string): ArrayBuffer => {
    const text = new TextDecoder('latin1').decode(good()).replace(from, to);
    return Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer;
  };
  it('reads its own kind', () => {
    const file = parseSafetensors(good());
    expect(file.metadata).toEqual({ json: '{"a":1}' });
    expect(file.tensors.get('x')).toEqual({ dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) });
  });
  it.each([
    ['a short file', good().slice(0, 5), 'bytes'], ['a cut header', good().slice(0, 40), 'a header of'], ['a cut tensor', good().slice(0, -4), 'its bytes'],
    ['another type', changed('F32', 'I32'), 'type I32'], ['a shape that is larger', changed('[2]', '[3]'), 'its bytes'],
      ['a hole', changed('[0,8]', '[4,8]'), 'its bytes'],
  ])('refuses %s', (_, bytes, message) => { expect(() => parseSafetensors(bytes)).toThrow(message); });
  it('refuses bytes that belong to nothing', () => {
    const longer = new Uint8Array(good().byteLength + 8);
    longer.set(new Uint8Array(good()));
    expect(() => parseSafetensors(longer.buffer)).toThrow('behind the last');
  });
});

describe('takeToken', () => {
  const token = '0123456789abcdef0123456789abcdef';
  it.each([
    [`#token=${token}`, token, ''], [`#token=${token}&hs=1&h=L2H0`, token, '#hs=1&h=L2H0'], ['#hs=1', '', '#hs=1'], ['', '', ''], ['#token=<img>', '', ''],
  ])('of %s', (hash, wanted, rest) => { expect(takeToken(hash)).toEqual({ token: wanted, hash: rest }); });
});
