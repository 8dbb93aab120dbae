// Front of worker.ts. No part of the app.

import type { Tile, TileSpec } from '../../ui/tile_store';
import type { NeuronData, TraceInfo, ViewEngine } from '../../ui/types';
import { SyntheticEngine } from './synthetic_engine';

export class WorkerEngine implements ViewEngine {
  private readonly worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  private readonly open = new Map<number, (tiles: Tile[]) => void>();
  private readonly near: SyntheticEngine;
  private count = 0;

  constructor(trace: TraceInfo, closedForm: boolean) {
    this.near = new SyntheticEngine([trace]);
    this.worker.postMessage({ trace, closedForm });
    this.worker.onmessage = (e: MessageEvent<{ id: number; tiles: Tile[] }>) => {
      this.open.get(e.data.id)?.(e.data.tiles);
      this.open.delete(e.data.id);
    };
  }

  tiles(trace: string, specs: readonly TileSpec[], options: { signal: AbortSignal }): Promise<Tile[]> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      options.signal.addEventListener('abort', () => {
        this.open.delete(id);
        this.worker.postMessage({ cancel: id });
        reject(new DOMException('aborted', 'AbortError'));
      });
      this.open.set(id, resolve);
      this.worker.postMessage({ id, trace, specs });
    });
  }

  neuron(trace: string, request: { head: string; query: number }): Promise<NeuronData> { return this.near.neuron(trace, request); }
}
