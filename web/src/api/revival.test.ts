import { describe, expect, it } from 'vitest';
import type { TraceEntry } from './engine';
import { Revival } from './revival';

const entry = (id: string): TraceEntry => ({ id }) as TraceEntry;

describe('Revival', () => {
  it('makes a trace once for all who wait, and again when it is lost again', async () => {
    const revival = new Revival();
    let made = 0;
    revival.remember('t1', () => { made++; return Promise.resolve(entry('t1')); });
    expect(await Promise.all([revival.again('t1'), revival.again('t1')])).toEqual([true, true]);
    expect(made).toBe(1);
    expect(await revival.again('t1')).toBe(true);
    expect(made).toBe(2);
  });
  it('says where another trace came of it, and passes on why none did', async () => {
    const revival = new Revival();
    revival.remember('t1', () => Promise.resolve(entry('t2')));
    expect(await revival.again('t1')).toBe(false);
    revival.remember('t1', () => Promise.reject(new Error('no')));
    await expect(revival.again('t1')).rejects.toThrow('no');
  });
  it('remembers the newest', async () => {
    const revival = new Revival();
    const remember = (n: number): void => { revival.remember(`t${n}`, () => Promise.resolve(entry(`t${n}`))); };
    for (let n = 0; n < 64; n++) remember(n);
    remember(0);
    remember(64);
    expect(await Promise.all(['t0', 't1', 't2', 't64', 'never'].map((id) => revival.again(id)))).toEqual([true, false, true, true, false]);
  });
});
