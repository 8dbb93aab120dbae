// Tiles on their way and at rest, for one engine: priority queue, at most four requests in flight,
// cancellation, and a byte-counted LRU (ui.md §4). Keys hold the trace's content hash, so what is
// cached never goes stale and a late answer is kept but never drawn in the wrong place.

import type { Priority, Tile, TileEngine, TileSpec } from '../base/tiles';

export type { Priority, Tile, TileEngine, TileOps, TileSpec } from '../base/tiles';

interface Batch {
  trace: string;
  scope: string;
  priority: Priority;
  order: number;
  specs: { key: string; spec: TileSpec }[];
  abort: AbortController;
  running: boolean;
}

export interface StoreCounts { inflight: number; cached: number; cancelled: number; bytes: number }

/** Hears that something came, or what failed and of which trace. */
export type StoreListener = (error?: unknown, trace?: string) => void;

const texts = new WeakMap<TileSpec, string>();

export class TileStore {
  private readonly cache = new Map<string, Tile>();
  private readonly pending = new Map<string, Batch>();
  private queue: Batch[] = [];
  private running = 0;
  private order = 0;
  private bytes = 0;
  private cancelled = 0;
  /** Counts tiles that came: what was made from the cache is stale when it moves. */
  version = 0;
  /** Keys whose request failed: not asked for again until retry(), or a broken server would be hammered. */
  private readonly failed = new Set<string>();
  private readonly listeners = new Set<StoreListener>();

  constructor(private readonly engine: TileEngine, private capBytes = 256 * 2 ** 20, private readonly maxInFlight = 4) {}

  /** Bytes of tiles that are kept. */
  get limit(): number { return this.capBytes; }
  set limit(bytes: number) {
    this.capBytes = bytes;
    this.trim('');
  }

  static key(trace: string, spec: TileSpec): string {
    // Written once a spec: views keep theirs, and ask for them at every frame.
    let text = texts.get(spec);
    if (text === undefined) texts.set(spec, (text = JSON.stringify(spec)));
    return `${trace} ${text}`;
  }

  onChange(listener: StoreListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  counts(): StoreCounts {
    return { inflight: this.running, cached: this.cache.size, cancelled: this.cancelled, bytes: this.bytes };
  }

  /** True while anything of the scope is on its way. */
  busy(scope: string): boolean {
    for (const batch of this.pending.values()) if (batch.scope === scope) return true;
    return false;
  }

  /** On its way. */
  waiting(trace: string, spec: TileSpec): boolean { return this.pending.has(TileStore.key(trace, spec)); }

  peek(trace: string, spec: TileSpec): Tile | undefined {
    const key = TileStore.key(trace, spec);
    const tile = this.cache.get(key);
    if (tile) {
      this.cache.delete(key);
      this.cache.set(key, tile);
    }
    return tile;
  }

  /** Asks for what is neither held nor on its way, as one request. */
  request(trace: string, specs: readonly TileSpec[], priority: Priority, scope: string): void {
    const wanted = specs.map((spec) => ({ key: TileStore.key(trace, spec), spec }))
      .filter(({ key }) => !this.cache.has(key) && !this.pending.has(key) && !this.failed.has(key));
    if (wanted.length === 0) return;
    const batch: Batch = { trace, scope, priority, order: this.order++, specs: wanted, abort: new AbortController(), running: false };
    for (const { key } of wanted) this.pending.set(key, batch);
    this.queue.push(batch);
    this.pump();
  }

  /** Cancels the scope's batches that hold none of the keys still wanted. */
  keepOnly(scope: string, keys: ReadonlySet<string>): void {
    const batches = new Set([...this.pending.values()].filter((b) => b.scope === scope));
    for (const batch of batches) if (!batch.specs.some(({ key }) => keys.has(key))) this.cancel(batch);
  }

  /** What failed may be asked for again. */
  retry(): void {
    this.failed.clear();
    for (const listener of this.listeners) listener();
  }

  private cancel(batch: Batch): void {
    for (const { key } of batch.specs) if (this.pending.get(key) === batch) this.pending.delete(key);
    this.queue = this.queue.filter((b) => b !== batch);
    this.cancelled += batch.specs.length;
    batch.abort.abort();
  }

  private pump(): void {
    while (this.running < this.maxInFlight && this.queue.length > 0) {
      this.queue.sort((a, b) => a.priority - b.priority || a.order - b.order);
      void this.run(this.queue.shift() as Batch);
    }
  }

  private async run(batch: Batch): Promise<void> {
    this.running++;
    batch.running = true;
    let failure: unknown;
    try {
      const tiles = await this.engine.tiles(batch.trace, batch.specs.map((s) => s.spec), { signal: batch.abort.signal, priority: batch.priority });
      batch.specs.forEach(({ key }, i) => {
        const tile = tiles[i];
        if (tile) this.put(key, tile);
      });
    } catch (error) {
      if (!batch.abort.signal.aborted) {
        failure = error;
        for (const { key } of batch.specs) this.failed.add(key);
      }
    }
    this.running--;
    for (const { key } of batch.specs) if (this.pending.get(key) === batch) this.pending.delete(key);
    this.pump();
    for (const listener of this.listeners) listener(failure, batch.trace);
  }

  private put(key: string, tile: Tile): void {
    this.version++;
    const old = this.cache.get(key);
    if (old) this.bytes -= old.data.byteLength;
    this.cache.delete(key);
    this.cache.set(key, tile);
    this.bytes += tile.data.byteLength;
    this.trim(key);
  }

  /** The least recently used go; what has just come stays. */
  private trim(newest: string): void {
    for (const [oldest, held] of this.cache) {
      if (this.bytes <= this.capBytes || oldest === newest) break;
      this.cache.delete(oldest);
      this.bytes -= held.data.byteLength;
    }
  }
}

const stores = new WeakMap<TileEngine, TileStore>();
/** The one store of an engine: views on a page share tiles and the limit of requests. */
export function storeOf(engine: TileEngine): TileStore {
  let store = stores.get(engine);
  if (!store) stores.set(engine, (store = new TileStore(engine)));
  return store;
}
