// RpcEngine over a transport that is no HTTP: a worker inside the page, which answers one question at a
// time and nothing while it computes.
import { describe, expect, it } from 'vitest';
import type { Opts } from './engine';
import { RpcEngine } from './rpc_engine';
import type { Answer, SendOptions, Transport } from './transport';

interface Asked { method: string; body: Record<string, unknown>; options: SendOptions; answer: (json: object) => void }

class Worker_ implements Transport {
  readonly liveness = null;
  readonly asked: Asked[] = [];
  send(method: string, text: string, options: SendOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const body = JSON.parse(text) as Record<string, unknown>;
      const answer = (json: object): void => { resolve({ type: 'json',
        bytes: new TextEncoder().encode(JSON.stringify({ rpc: 2, id: body['id'], epoch: 0, ...json })).buffer, refused: null }); };
      options.signal.addEventListener('abort', () => { reject(options.signal.reason as Error); });
      this.asked.push({ method, body, options, answer });
    });
  }
}

const opts = (over: Partial<Opts> = {}): Opts => ({ signal: new AbortController().signal, priority: 1, ...over });
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const input = { model: '', a: 'x', b: null, ablations: [], masked: [], truncate: false };

describe('a transport without liveness', () => {
  it('is asked once and waited for, however long it computes', async () => {
    const worker = new Worker_();
    const run = new RpcEngine(worker).run(input, opts({ progress: () => undefined }));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(worker.asked.map((a) => a.method)).toEqual(['run']);
    worker.asked[0]?.answer({ trace: { id: 't1', source: 'run', query: {}, model: { name: '' }, settings: {} } });
    expect((await run).id).toBe('t1');
  });
  it('hears of what nobody waits for any more, in one message', async () => {
    const worker = new Worker_();
    const engine = new RpcEngine(worker);
    const abort = new AbortController();
    const questions = [1, 2, 3].map(() => engine.predict('t1', { positions: [], top: 1, mask: false }, opts({ signal: abort.signal })));
    await settle();
    abort.abort();
    for (const question of questions) await expect(question).rejects.toMatchObject({ code: 'HS-CANCEL-01' });
    await settle();
    expect(worker.asked.filter((a) => a.method === 'cancel').map((a) => [(a.body['ids'] as number[]).length, a.options.last])).toEqual([[3, true]]);
  });
  it('that fails says what failed, and names no server', async () => {
    const engine = new RpcEngine({ liveness: null, send: () => Promise.reject(new Error('the worker ended')) });
    await expect(engine.tokens({ model: '', a: 'x', b: null }, opts())).rejects.toMatchObject({ code: 'HS-BUG-01',
      message: expect.stringContaining('the worker ended') as string });
  });
});
