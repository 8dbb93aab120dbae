import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from './engine';
import type { Liveness } from './transport';
import { watch } from './watch';

const liveness: Liveness = { silence: 10_000, poll: 250, lost: () => new EngineError('HS-NET-01', 'gone') };

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A page whose other side answers probes, or not; `asleep`: the clock goes on, timers do not. */
function page(answers: boolean): { probes: () => number; lost: () => boolean; asleep: (ms: number) => void; stop: () => void } {
  let probes = 0;
  let lost = false;
  const stop = watch(liveness, { eager: false, lost: () => { lost = true; },
    probe: () => { probes++; return answers ? Promise.resolve() : new Promise(() => undefined); } });
  return { probes: () => probes, lost: () => lost, asleep: (ms) => { vi.setSystemTime(Date.now() + ms); }, stop };
}

describe('a server that may be gone', () => {
  it('is given up after the silence, not before', async () => {
    const p = page(false);
    await vi.advanceTimersByTimeAsync(9_900);
    expect([p.lost(), p.probes()]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(600);
    expect(p.lost()).toBe(true);
  });
  it('is kept while it answers', async () => {
    const p = page(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(p.lost()).toBe(false);
    p.stop();
  });
  it('a lid that was closed for an hour proves nothing: it is asked first', async () => {
    const p = page(true);
    await vi.advanceTimersByTimeAsync(1_000);
    p.asleep(3_600_000);
    await vi.advanceTimersByTimeAsync(250);
    expect([p.lost(), p.probes()]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(p.lost()).toBe(false);
    p.stop();
  });
  it('nor does it save a server that is really gone', async () => {
    const p = page(false);
    p.asleep(3_600_000);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(p.lost()).toBe(true);
  });
  it('timers that come once a minute are no silence', async () => {
    const p = page(true);
    for (let minute = 0; minute < 5; minute++) {
      p.asleep(60_000);
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(p.lost()).toBe(false);
    p.stop();
  });
});
