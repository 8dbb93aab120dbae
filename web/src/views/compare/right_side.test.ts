import { describe, expect, it } from 'vitest';
import { EngineError, type Engine, type TraceEntry } from '../../api/engine';
import { DEFAULT_STATE } from '../../base/state';
import { rightSide } from './right_side';

const left = { id: 't1', model: { name: 'm' }, query: { text_a: 'Some text', text_b: null }, source: 'run',
  settings: { ablations: [], masked: [], truncated: false, zero_segment_ids: false } } as unknown as TraceEntry;

/** A server whose first answers to info() say that it reads its model, and which refuses runs while it does. */
function server(reading: number): { engine: Engine; runs: () => number } {
  let runs = 0, asked = 0;
  const engine = {
    info: () => Promise.resolve({ loading: asked++ < reading ? { model: 'm', done: 1, total: 2 } : null }),
    run: (request: { a: string }) => {
      runs++;
      return asked > reading ? Promise.resolve({ id: 't2', query: { text_a: request.a } }) : Promise.reject(new EngineError('HS-CAP-01', 'It is being read.'));
    },
  } as unknown as Engine;
  return { engine, runs: () => runs };
}
const state = { right: { ...DEFAULT_STATE.right, textA: 'Another text' } };

describe('the right side of a comparison', () => {
  it('waits for a model that is still being read', async () => {
    const { engine, runs } = server(3);
    const right = await rightSide(engine, left, state, { signal: new AbortController().signal, priority: 0 });
    expect([right.query.text_a, runs()]).toEqual(['Another text', 2]);
  });
  it('tells at once what a server that reads no model refuses', async () => {
    const { engine, runs } = server(0);
    engine.run = () => Promise.reject(new EngineError('HS-CAP-01', 'No model.'));
    await expect(rightSide(engine, left, state, { signal: new AbortController().signal, priority: 0 })).rejects.toThrow('No model.');
    expect(runs()).toBe(0);
  });
  it('asks no more once nobody waits', async () => {
    const { engine, runs } = server(1e9);
    const gone = new AbortController();
    const waiting = rightSide(engine, left, state, { signal: gone.signal, priority: 0 });
    gone.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    expect(runs()).toBe(1);
  });
});
