import { describe, expect, it } from 'vitest';
import { TileStore, type Tile, type TileEngine, type TileSpec } from './tile_store';

const ops = { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] };
const spec = (h: number): TileSpec =>
  ({ stack: 'self', heads: [`L0H${h}`], q0: 0, q1: 2, k0: 0, k1: 2, outQ: 0, outK: 0, pool: 'max', dtype: 'f32', ops });

class SlowEngine implements TileEngine {
  asked: string[][] = [];
  aborted = 0;
  private waiting: (() => void)[] = [];
  tiles(_trace: string, specs: readonly TileSpec[], options: { signal: AbortSignal }): Promise<Tile[]> {
    this.asked.push(specs.map((s) => s.heads[0] as string));
    return new Promise((resolve, reject) => {
      options.signal.addEventListener('abort', () => { this.aborted++; reject(new Error('aborted')); });
      this.waiting.push(() => { resolve(specs.map(() => ({ rows: 2, cols: 2, data: new Float32Array(4) }))); });
    });
  }
  async answer(): Promise<void> {
    for (const go of this.waiting.splice(0)) go();
    await new Promise((r) => setTimeout(r, 0));
  }
}

describe('tile store', () => {
  it('keeps four requests in flight and takes the urgent ones first', async () => {
    const engine = new SlowEngine();
    const store = new TileStore(engine);
    for (let h = 0; h < 6; h++) store.request('t', [spec(h)], 3, 'grid');
    store.request('t', [spec(9)], 0, 'head');
    expect(store.counts().inflight).toBe(4);
    await engine.answer();
    expect(engine.asked[4]).toEqual(['L0H9']);
    await engine.answer();
    expect(store.counts()).toMatchObject({ inflight: 0, cached: 7, bytes: 7 * 16 });
  });
  it('asks once for what is on its way or held', async () => {
    const engine = new SlowEngine();
    const store = new TileStore(engine);
    store.request('t', [spec(0)], 0, 'a');
    store.request('t', [spec(0), spec(1)], 0, 'a');
    await engine.answer();
    store.request('t', [spec(1)], 0, 'a');
    expect(engine.asked).toEqual([['L0H0'], ['L0H1']]);
    expect(store.peek('t', spec(1))?.rows).toBe(2);
    expect(store.peek('other', spec(1))).toBeUndefined();
  });
  it('cancels queued and running batches that nobody wants', async () => {
    const engine = new SlowEngine();
    const store = new TileStore(engine);
    for (let h = 0; h < 6; h++) store.request('t', [spec(h)], 1, 'grid');
    store.keepOnly('grid', new Set([TileStore.key('t', spec(5))]));
    await engine.answer();
    await engine.answer();
    expect(engine.aborted).toBe(4);
    expect(store.counts()).toMatchObject({ cancelled: 5, cached: 1, inflight: 0 });
  });
  it('drops the least recently used beyond its bytes', async () => {
    const engine = new SlowEngine();
    const store = new TileStore(engine, 40);
    for (let h = 0; h < 2; h++) store.request('t', [spec(h)], 1, 'grid');
    await engine.answer();
    store.peek('t', spec(0));
    store.request('t', [spec(2)], 1, 'grid');
    await engine.answer();
    expect([0, 1, 2].map((h) => store.peek('t', spec(h)) !== undefined)).toEqual([true, false, true]);
    expect(store.counts().bytes).toBe(32);
  });
  it('reports errors but not cancellations', async () => {
    const seen: unknown[] = [];
    const store = new TileStore({ tiles: () => Promise.reject(new Error('HS-NET-01')) });
    store.onChange((error, trace) => seen.push([(error as Error).message, trace]));
    store.request('t', [spec(0)], 0, 'a');
    await new Promise((r) => setTimeout(r, 0));
    expect(seen).toEqual([['HS-NET-01', 't']]);
  });
});
