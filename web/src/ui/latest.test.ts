import type { ReactiveControllerHost } from 'lit';
import { describe, expect, it } from 'vitest';
import { Latest } from './latest';

function host(): ReactiveControllerHost & { updates: number } {
  return { updates: 0, addController: () => undefined, removeController: () => undefined, updateComplete: Promise.resolve(true),
    requestUpdate() { this.updates++; } };
}
interface Pending { resolve: (v: string) => void; reject: (e: unknown) => void; signal: AbortSignal }
function asking(latest: Latest<string>): (key: string) => Pending {
  return (key) => {
    const pending = {} as Pending;
    latest.ask(key, (signal) => new Promise((resolve, reject) => Object.assign(pending, { resolve, reject, signal })));
    return pending;
  };
}
const settle = (): Promise<void> => new Promise((r) => { setTimeout(r, 0); });

describe('latest answer', () => {
  it('asks once a key, and only the newest answer counts', async () => {
    const h = host();
    const latest = new Latest<string>(h);
    const ask = asking(latest);
    const a = ask('a');
    expect(latest.busy).toBe(true);
    const b = ask('b');
    expect(a.signal.aborted).toBe(true);
    a.resolve('late');
    b.resolve('B');
    await settle();
    expect([latest.value, latest.last, latest.busy, h.updates]).toEqual(['B', 'B', false, 1]);
    expect(ask('b')).toEqual({});
  });
  it('keeps the old answer as stale', async () => {
    const latest = new Latest<string>(host());
    const ask = asking(latest);
    ask('a').resolve('A');
    await settle();
    ask('b');
    expect([latest.value, latest.last]).toEqual([undefined, 'A']);
    ask('a');
    expect(latest.value).toBe('A');
  });
  it('keeps a failure until the next question', async () => {
    const latest = new Latest<string>(host());
    const ask = asking(latest);
    ask('a').reject(new Error('no'));
    await settle();
    expect((latest.error as Error).message).toBe('no');
    ask('b');
    expect(latest.error).toBeUndefined();
  });
  it('asks nothing for ""', () => {
    const latest = new Latest<string>(host());
    expect(asking(latest)('')).toEqual({});
    expect(latest.busy).toBe(false);
  });
});
