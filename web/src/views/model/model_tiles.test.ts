import { describe, expect, it } from 'vitest';
import type { Tile, TileEngine, TileSpec } from '../../base/tiles';
import { TileStore } from '../../ui/tile_store';
import { layerGrid } from './grid';
import { ModelTiles, PREVIEW_QUERIES, byDistance, previewOf, type Plan } from './model_tiles';

const ops = { quantity: 'weight', combine: 'separate', filter: 'all', special: 'show', renormalise: false, words: false, extraSpecial: [] };
const spec = (name: string): TileSpec => ({ stack: 'self', heads: [name], q0: 0, q1: 8192, k0: 0, k1: 8192, outQ: 64, outK: 64, pool: 'max', dtype: 'f16',
  ops });
const cells = layerGrid([0, 1, 2].map((layer) => ({ layer, heads: [0, 1, 2, 3] }))).cells;

class Slow implements TileEngine {
  readonly asked: { names: string[]; preview: boolean; done: () => void; signal: AbortSignal }[] = [];
  tiles(_t: string, specs: readonly TileSpec[], o: { signal: AbortSignal }): Promise<Tile[]> {
    return new Promise((resolve, reject) => {
      o.signal.addEventListener('abort', () => { reject(new Error('aborted')); });
      this.asked.push({ names: specs.map((s) => s.heads[0] ?? ''), preview: (specs[0]?.preview ?? 0) > 0, signal: o.signal,
        done: () => { resolve(specs.map(() => ({ rows: 1, cols: 1, data: new Uint16Array(1) }))); } });
    });
  }
}
const settle = (): Promise<void> => new Promise((r) => { setTimeout(r, 0); });

function world(plan: Partial<Plan> = {}): { engine: Slow; tiles: ModelTiles; plan: Plan; store: TileStore; answer: () => Promise<void> } {
  const engine = new Slow();
  const store = new TileStore(engine);
  let answered = 0;
  return { engine, store, tiles: new ModelTiles(store, 'grid'),
    plan: { trace: 't', long: true, spec, visible: cells.slice(0, 8), near: cells, pointer: null,
    refine: true, ...plan },
    answer: async () => { for (; answered < engine.asked.length; answered++) engine.asked[answered]?.done(); await settle(); } };
}

describe('tiles of the model view', () => {
  it('asks for exact tiles of short texts at once, a batch a row', () => {
    const { engine, tiles, plan } = world({ long: false });
    tiles.request(plan);
    expect(engine.asked.map((a) => [a.names, a.preview])).toEqual([0, 1, 2].map((layer) => [[0, 1, 2, 3].map((h) => `L${layer}H${h}`), false]));
  });
  it('previews long ones first, then refines a few at a time, nearest the pointer first', async () => {
    const { engine, tiles, plan, answer } = world({ pointer: { row: 1, col: 3 } });
    tiles.request(plan);
    expect(engine.asked.every((a) => a.preview)).toBe(true);
    expect(tiles.shown(plan, 'L0H0')).toBeUndefined();
    await answer();
    expect(tiles.shown(plan, 'L0H0')?.exact).toBe(false);
    tiles.request(plan);
    const exact = engine.asked.filter((a) => !a.preview);
    expect(exact.flatMap((a) => a.names)).toHaveLength(8);
    expect(exact[0]?.names).toEqual(['L1H3', 'L0H3', 'L1H2', 'L0H2']);
    await answer();
    expect([tiles.shown(plan, 'L1H3')?.exact, tiles.shown(plan, 'L2H0')?.exact]).toEqual([true, false]);
    tiles.request(plan);
    await answer();
    expect(engine.asked.flatMap((a) => (a.preview ? [] : a.names))).toHaveLength(8);
  });
  it('refines nothing when stopped, and cancels what was on its way', async () => {
    const { engine, tiles, plan, answer, store } = world();
    tiles.request(plan);
    await answer();
    tiles.request(plan);
    tiles.request({ ...plan, refine: false });
    await settle();
    expect(engine.asked.filter((a) => !a.preview).every((a) => a.signal.aborted)).toBe(true);
    expect(store.counts()).toMatchObject({ inflight: 0, cancelled: 8 });
  });
  it('cancels what has scrolled away', async () => {
    const { engine, tiles, plan, store } = world();
    tiles.request(plan);
    tiles.request({ ...plan, visible: cells.slice(8), near: cells.slice(8) });
    await settle();
    expect(engine.asked.filter((a) => a.signal.aborted).flatMap((a) => a.names)).toEqual(cells.slice(0, 8).map((c) => c.name));
    expect(store.counts().cancelled).toBe(8);
  });
  it('gives previews the rows they can have', () => {
    expect([previewOf(spec('L0H0')).outQ, previewOf({ ...spec('L0H0'), outQ: 32 }).outQ, previewOf({ ...spec('L0H0'), outQ: 1 }).outQ]).toEqual([64, 32,
      PREVIEW_QUERIES]);
    expect(byDistance(cells, { row: 2, col: 0 })[0]?.name).toBe('L2H0');
  });
});
