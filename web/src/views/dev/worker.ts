// The synthetic engine off the main thread, as the program's server is: what the page's own thread
// does can then be timed. No part of the app.

import type { TileSpec } from '../../ui/tile_store';
import type { TraceInfo } from '../../ui/types';
import { closedFormTile } from './closed_form';
import { SyntheticEngine } from './synthetic_engine';

type Message = { trace: TraceInfo; closedForm: boolean } | { id: number; trace: string; specs: TileSpec[] } | { cancel: number };

let engine: SyntheticEngine | undefined;
/** Tokens, where tiles come in closed form. */
let fast = 0;
let queue: { id: number; trace: string; specs: TileSpec[] }[] = [];
let running = false;

onmessage = (e: MessageEvent<Message>) => {
  const m = e.data;
  if ('specs' in m) {
    queue.push(m);
    void work();
  } else if ('cancel' in m) queue = queue.filter((q) => q.id !== m.cancel);
  else {
    engine = new SyntheticEngine([m.trace], 0, 0);
    fast = m.closedForm ? m.trace.query.tokens.length : 0;
  }
};

async function work(): Promise<void> {
  if (running) return;
  running = true;
  for (let next = queue.shift(); next && engine; next = queue.shift()) {
    const tiles = fast > 0 ? next.specs.map((s) => closedFormTile(s, fast)) : await engine.tiles(next.trace, next.specs,
      { signal: new AbortController().signal });
    postMessage({ id: next.id, tiles }, { transfer: tiles.map((t) => t.data.buffer) });
    // A turn of the loop, so that cancelling is heard between requests.
    await new Promise((r) => { setTimeout(r, 0); });
  }
  running = false;
}
