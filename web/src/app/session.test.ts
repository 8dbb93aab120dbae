import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError, type EngineInfo, type HeadsOpts } from '../api/engine';
import { DEFAULT_STATE } from '../base/state';
import { FakeEngine } from './dev/fake_engine';
import { estimateTokens, failureOf, runKey, Session, TYPING_DELAY, type RunKey } from './session';

const key = (a: string, more: Partial<RunKey> = {}): RunKey => ({ ...runKey({ ...DEFAULT_STATE, textA: a, textB: null }), ...more });

const ONE_MODEL = { needed: () => Promise.resolve(false), load: () => Promise.resolve(), own: '' };

async function open(engine = new FakeEngine()): Promise<{ engine: FakeEngine; session: Session }> {
  const info: EngineInfo = await engine.info();
  return { engine, session: new Session(engine, () => info, () => info.capabilities.run, ONE_MODEL) };
}

async function settle(session: Session): Promise<void> {
  const done = session.idle();
  await vi.runAllTimersAsync();
  await done;
}

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }); });
afterEach(() => { vi.useRealTimers(); });

describe('Session', () => {
  it('shows a trace that the server holds without a run', async () => {
    const { engine, session } = await open(new FakeEngine({ model: false }));
    session.request(runKey(DEFAULT_STATE), 0);
    await settle(session);
    expect(session.trace?.id).toBe(engine.demo.id);
    expect(engine.runs).toBe(0);
    expect(session.summaries).toHaveLength(144);
  });
  it('asks for the labels of the stack on screen; between two texts there are none', async () => {
    const { engine, session } = await open();
    const asked: string[] = [];
    const heads = engine.heads.bind(engine);
    engine.heads = (t, scope, o: HeadsOpts) => { asked.push(o.stack ?? ''); return heads(t, scope, o); };
    const [self] = engine.demo.stacks;
    const two = { ...engine.demo, key: { ...engine.demo.query },
      stacks: ['encoder', 'decoder', 'cross'].map((name) => ({ ...self, name })) } as typeof engine.demo;
    session.fallBack(key('two texts'), two);
    for (const stack of ['decoder', 'cross', 'all', 'encoder']) {
      session.labelsOf(stack);
      await settle(session);
      expect([stack, session.summaries?.length]).toEqual([stack, stack === 'cross' || stack === 'all' ? 0 : 144]);
    }
    expect(asked).toEqual(['encoder', 'decoder', 'encoder']);
  });
  it('says why another text cannot run without a model, and keeps the picture', async () => {
    const { session } = await open(new FakeEngine({ model: false }));
    session.request(runKey(DEFAULT_STATE), 0);
    await settle(session);
    session.request(key('other'), 0);
    await settle(session);
    expect(session.failure?.code).toBe('HS-CAP-01');
    expect(session.trace).not.toBeNull();
    expect(session.stale).toBe(true);
  });
  it('waits for the end of typing; the newest text wins (R2)', async () => {
    const { engine, session } = await open();
    for (let i = 0; i < 200; i++) {
      session.request(key(`word ${i}`), TYPING_DELAY);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(engine.runs).toBe(0);
    await settle(session);
    expect(engine.runs).toBe(1);
    expect(session.trace?.query.text_a).toBe('word 199');
    expect(session.stale).toBe(false);
  });
  it('a newer run cancels the older, whose answer is never shown', async () => {
    const { engine, session } = await open(new FakeEngine({ delay: 100 }));
    const shown: string[] = [];
    session.addEventListener('trace', () => { shown.push(session.trace?.query.text_a ?? ''); });
    session.request(key('old'), 0);
    await vi.advanceTimersByTimeAsync(150);
    session.request(key('new'), 0);
    await settle(session);
    expect(engine.runs).toBe(2);
    expect(shown).toEqual(['new']);
  });
  it('a newer run aborts the older, and an answer that comes all the same is dropped', async () => {
    const { engine, session } = await open(new FakeEngine({ delay: 100 }));
    const signals: (AbortSignal | undefined)[] = [];
    const answer = engine.run.bind(engine);
    engine.run = (input, o) => { signals.push(o.signal); return answer(input, { ...o, signal: new AbortController().signal }); };
    const shown: string[] = [];
    session.addEventListener('trace', () => { shown.push(session.trace?.query.text_a ?? ''); });
    session.request(key('old'), 0);
    await vi.advanceTimersByTimeAsync(50);
    session.request(key('new'), 0);
    await settle(session);
    expect(signals.map((s) => s?.aborted)).toEqual([true, false]);
    expect(shown).toEqual(['new']);
  });
  it('long texts wait for Run, and are counted', async () => {
    const { engine, session } = await open();
    const long = 'word '.repeat(200);
    session.request(key(long), TYPING_DELAY, false);
    expect(session.status.kind).toBe('manual');
    expect(session.busy()).toBe(true);
    await settle(session);
    expect(session.busy()).toBe(false);
    expect(session.status.kind).toBe('manual');
    expect(engine.runs).toBe(0);
    expect(session.counted).toEqual({ tokens: 202, limit: 512 });
    session.runNow();
    await settle(session);
    expect(session.trace?.query.tokens).toHaveLength(202);
  });
  it('a text that waits for Run and is too long is counted', async () => {
    const { session } = await open();
    session.request(key('word '.repeat(600)), TYPING_DELAY, false);
    await settle(session);
    expect([session.status.kind, session.failure]).toEqual(['manual', null]);
    expect(session.counted).toEqual({ tokens: 602, limit: 512 });
  });
  it('too long: the error with both numbers, then the first 512', async () => {
    const { session } = await open();
    session.request(key('word '.repeat(600)), 0);
    await settle(session);
    expect(session.failure).toMatchObject({ code: 'HS-LEN-01' });
    expect(session.failure?.message).toContain('602 tokens');
    expect(session.counted).toEqual({ tokens: 602, limit: 512 });
    session.runNow(true);
    await settle(session);
    expect(session.failure).toBeNull();
    expect(session.trace?.query.tokens).toHaveLength(512);
  });
  it('an error keeps the old trace; Retry runs the wanted text', async () => {
    const { engine, session } = await open();
    session.request(key('first'), 0);
    await settle(session);
    engine.failNext = new EngineError('HS-NET-01', 'no answer');
    session.request(key('second'), 0);
    await settle(session);
    expect(session.failure?.code).toBe('HS-NET-01');
    expect(session.trace?.query.text_a).toBe('first');
    session.runNow();
    await settle(session);
    expect(session.trace?.query.text_a).toBe('second');
  });
  it('back to the shown text cancels what was on its way', async () => {
    const { session } = await open();
    session.request(key('first'), 0);
    await settle(session);
    session.request(key('second'), TYPING_DELAY);
    session.request(key('first'), 0);
    expect(session.busy()).toBe(false);
    expect(session.stale).toBe(false);
  });
  it('stops', async () => {
    const { session } = await open(new FakeEngine({ delay: 1000 }));
    session.request(key('x'), 0);
    await vi.advanceTimersByTimeAsync(100);
    session.stop();
    expect(session.busy()).toBe(false);
    expect(session.failure?.code).toBe('HS-STOP');
  });
});

describe('estimateTokens and failureOf', () => {
  it.each([['I went to the store.', 'At the store, I bought fresh strawberries.', 18], ['', null, 2], ["it's", null, 5]])('"%s"', (a, b, n) => {
    expect(estimateTokens(a, b)).toBe(n);
  });
  it('names codes and the unexpected', () => {
    expect(failureOf(new EngineError('HS-LEN-01', 'x')).code).toBe('HS-LEN-01');
    expect(failureOf(new TypeError('boom'))).toMatchObject({ code: 'HS-BUG-01', message: expect.stringContaining('boom') as string });
  });
});
