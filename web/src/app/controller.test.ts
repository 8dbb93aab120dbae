import { describe, expect, it, vi } from 'vitest';
import { EngineError } from '../api/engine';
import { parseLink, toLink } from '../base/link';
import type { Moved } from '../panels/common/divergence';
import { Controller } from './controller';
import { FakeEngine } from './dev/fake_engine';

async function open(link: string | null = null, engine = new FakeEngine({ delay: 0 })): Promise<Controller> {
  const controller = new Controller(engine);
  await controller.start(link === null ? null : parseLink(link));
  await controller.session.idle();
  return controller;
}
const codes = (c: Controller): string[] => c.notices.all.map((n) => n.code);

describe('Controller', () => {
  it('opens on the article’s pair, head L2H0, without an error (B1)', async () => {
    const c = await open();
    expect(c.state).toMatchObject({ heads: ['L2H0'], view: 'head', pins: [] });
    expect(c.trace?.query.tokens).toHaveLength(19);
    expect(c.errorLog).toEqual([]);
    expect(c.labels.size).toBe(144);
  });
  it('a model without a tokenizer: a trace that is there, the reason, and no error', async () => {
    const engine = new FakeEngine({ delay: 0, tokenizer: false });
    const c = await open(null, engine);
    expect([c.state.trace, c.trace?.id, c.session.failure, c.can('run')]).toEqual([engine.demo.id, engine.demo.id, null, 'It has no tokenizer here.']);
    // The same where the model was still being read when the page opened.
    const info = engine.info.bind(engine);
    const reading = vi.spyOn(engine, 'info').mockImplementationOnce(async () => ({ ...await info(), models: [],
      loading: { model: 'bert-base-uncased', precision: 'f32', done: 0, total: 1 } }));
    const early = await open(null, engine);
    await vi.waitFor(() => { expect(early.state.trace).toBe(engine.demo.id); });
    await early.session.idle();
    expect([reading.mock.calls.length, early.session.failure, early.errorLog]).toEqual([2, null, []]);
  });
  it('a text edit runs, and undo brings text and trace back (B3)', async () => {
    const c = await open();
    c.command('text.set', { a: 'A new text.' });
    await c.session.idle();
    expect(c.trace?.query.tokens).toContain('new');
    expect(c.history.undoName).toBe('typing in text A');
    c.undo();
    await c.session.idle();
    expect(c.state.textA).toBe('I went to the store.');
    expect(c.trace?.query.tokens).toContain('went');
  });
  it('typing in A and then in B are two undo steps, however quick', async () => {
    const c = await open();
    c.command('text.set', { a: 'one' });
    c.command('text.set', { a: 'one two' });
    c.command('text.set', { b: 'three' });
    expect(c.history.undoName).toBe('typing in text B');
    c.undo();
    expect([c.state.textA, c.state.textB]).toEqual(['one two', 'At the store, I bought fresh strawberries.']);
    c.undo();
    expect(c.state.textA).toBe('I went to the store.');
  });
  it('a mask, or an ablation taken away, leaves the trace that was shown by its id', async () => {
    const c = await open();
    const shown = c.trace?.id ?? '';
    c.command('trace.open', { trace: shown });
    await c.session.idle();
    c.command('mask.toggle', { token: 2 });
    await c.session.idle();
    expect([c.state.masked, c.state.trace, c.trace?.settings.masked]).toEqual([[2], '', [2]]);
    expect(c.trace?.id).not.toBe(shown);
  });
  it('no text asks for one, without a run and without an error; the picture stays', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    const runs = engine.runs;
    c.command('text.set', { a: '  ' });
    await c.session.idle();
    expect([c.session.status.kind, c.session.failure, c.session.stale, engine.runs - runs]).toEqual(['empty', null, true, 0]);
    c.command('text.set', { a: 'again' });
    await c.session.idle();
    expect([c.session.status.kind, c.session.stale]).toEqual(['idle', false]);
  });
  it('a caption names the text of the picture, not one that is still to be run', async () => {
    const c = await open();
    c.command('text.set', { a: 'word '.repeat(200) });
    c.apply(c.state, 'nothing');
    expect([c.session.stale, c.state.textA.length > 900, c.pictured.textA]).toEqual([true, true, 'I went to the store.']);
  });
  it('a node that is moved keeps what it shows; one that is gone asks for nothing', async () => {
    const engine = new FakeEngine({ delay: 20 });
    const c = await open(null, engine);
    c.command('text.article');
    c.command('text.set', { a: 'on its way', b: null });
    c.session.runNow();
    c.suspend();
    expect(c.session.busy()).toBe(false);
    c.resume();
    await c.session.idle();
    expect([c.trace?.query.text_a, c.session.stale]).toEqual(['on its way', false]);
  });
  it('the state before can be looked at, and says how far attention moved', async () => {
    const c = await open();
    const [first, text] = [c.trace?.id, c.state.textA];
    c.hold(true);
    expect([c.before.held, c.onScreen.trace?.id]).toEqual([false, first]);
    c.command('pin.set', { pins: ['q18'] });
    c.command('ablate.set', { mode: 'zero' });
    await c.session.idle();
    c.hold(true);
    expect([c.onScreen.trace?.id, c.onScreen.state.pins, c.trace?.id === first]).toEqual([first, ['q18'], false]);
    await vi.waitFor(() => { expect(c.before.moved).not.toBeNull(); });
    expect((c.before.moved as Moved).js.size).toBe(144);
    c.hold(false);
    expect([c.onScreen.trace?.id, c.state.textA]).toEqual([c.trace?.id, text]);
    // Of texts that differ their common words are compared.
    c.command('text.set', { a: 'Short.', b: null });
    await c.session.idle();
    c.hold(true);
    await vi.waitFor(() => { expect((c.before.moved as Moved | null)?.js.size).toBe(144); });
    expect(c.onScreen.trace?.query.tokens.length).toBe(19);
  });
  it('what moved is measured once, goes on when the key is let go, and is given up for another run', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(undefined, engine);
    c.command('ablate.set', { mode: 'zero' });
    await c.session.idle();
    const asked: AbortSignal[] = [];
    const answers: (() => void)[] = [];
    const { compare } = engine;
    engine.compare = async (left, request, opts) => {
      asked.push(opts.signal as AbortSignal);
      await new Promise<void>((resolve) => { answers.push(resolve); });
      return compare.call(engine, left, request, opts);
    };
    const press = (): void => { c.hold(true); c.hold(false); };
    press();
    press();
    expect([asked.length, asked[0]?.aborted, c.before.moved]).toEqual([1, false, null]);
    c.command('text.set', { a: 'Another text.', b: null });
    expect(asked[0]?.aborted).toBe(true);
    await c.session.idle();
    press();
    answers.forEach((answer) => { answer(); });
    await vi.waitFor(() => { expect(c.before.moved).not.toBeNull(); });
    press();
    expect([asked.length, (c.before.moved as Moved | null)?.js.size]).toEqual([2, 144]);
  });
  it('a trace that a link names is there at once; only typing waits', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open('#hs=1&a=hello', engine);
    c.command('set', { state: `#hs=1&tr=${engine.demo.id}&v=model` });
    expect([c.trace?.id, c.session.stale]).toEqual([engine.demo.id, false]);
    const texts = [c.state.textA, c.state.textB];
    expect(texts).toEqual([engine.demo.query.text_a, engine.demo.query.text_b]);
    c.command('set', { state: `#hs=1&tr=${engine.demo.id}&v=head` });
    expect([c.state.textA, c.state.textB, c.state.view]).toEqual([...texts, 'head']);
    c.command('text.set', { a: 'typed' });
    expect(c.session.status.kind).toBe('waiting');
    c.command('text.article');
    expect([c.trace?.id, c.session.stale]).toEqual([engine.demo.id, false]);
  });
  it('pins survive an edit by word, and undo restores them', async () => {
    const c = await open();
    c.command('pin.set', { pins: ['q5', 'k18'] });
    c.command('text.set', { a: 'Yesterday I went to the store.', b: null });
    await c.session.idle();
    expect(c.trace?.query.tokens[6]).toBe('store');
    expect(c.state.pins).toEqual(['q6']);
    expect(codes(c)).toEqual(['HS-PIN-01']);
    c.undo();
    await c.session.idle();
    expect(c.state.pins).toEqual(['q5', 'k18']);
  });
  it('the pin of a corpus example is of the example’s text, though an edit still waits', async () => {
    const c = await open();
    c.command('ablate.toggle');
    c.command('pin.set', { pins: ['q3'] });
    c.command('text.set', { a: 'Still being typed' });
    c.command('text.example', { a: 'We sold bread to the store.', b: null, pin: 'q3' });
    await c.session.idle();
    expect([c.trace?.query.tokens[3], c.state.pins, c.state.ablations]).toEqual(['bread', ['q3'], []]);
    expect(c.trace?.settings.ablations).toEqual([]);
  });
  it('a link to a head that the model has not: a notice, and L2H0', async () => {
    const c = await open('#hs=1&h=L14H3');
    expect(c.state.heads).toEqual(['L2H0']);
    expect(c.notices.all[0]?.text).toBe('The link asks for head L14H3; bert-base-uncased has layers 0–11 and heads 0–11. L2H0 is shown instead.');
  });
  it('names bad values, unknown keys, views to come and pins beyond the text', async () => {
    const c = await open('#hs=1&t=7&zz=1&v=map&p=q40');
    expect(codes(c).sort()).toEqual(['HS-LINK-01', 'HS-LINK-01', 'HS-LINK-02', 'HS-PIN-01']);
    expect(c.state).toMatchObject({ threshold: 0.01, view: 'head', pins: [], unknown: [['zz', '1']] });
  });
  it('expands "L6H*" against the model', async () => {
    expect((await open('#hs=1&h=L6H*')).state.heads).toHaveLength(12);
  });
  it('a refused command is a notice, not an exception', async () => {
    const c = await open();
    expect(c.command('layer.set', { layer: 99 })).toBe(false);
    expect(codes(c)).toEqual(['HS-CMD-01']);
  });
  it('an ablation runs again and is undone', async () => {
    const c = await open();
    const before = c.trace?.id;
    c.command('ablate.toggle');
    await c.session.idle();
    expect(c.trace?.settings.ablations).toEqual([{ head: 'L2H0', mode: 'zero' }]);
    c.undo();
    await c.session.idle();
    expect(c.trace?.id).toBe(before);
  });
  it('a server that started anew and still reads its model: what waits runs when it has it', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    const whole = await engine.info();
    const reading = { ...whole, models: [], loading: { model: 'bert-base-uncased', done: 1, total: 2 },
      capabilities: { ...whole.capabilities, run: 'It is being read.' } };
    const answers = [reading, reading, whole];
    engine.info = () => Promise.resolve(answers.shift() ?? whole);
    engine.failNext = new EngineError('HS-CAP-01', 'It is being read');
    c.command('text.set', { a: 'A new text.' });
    await vi.waitFor(() => { expect(c.trace?.query.text_a).toBe('A new text.'); }, 3000);
    expect([c.session.failure, c.problems, answers]).toEqual([null, [], []]);
  });
  it('a refusal that stays is asked about once for each step', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    let looked = 0;
    const info = engine.info.bind(engine);
    engine.info = () => { looked++; return info(); };
    engine.run = () => { engine.runs++; return Promise.reject(new EngineError('HS-CAP-01', 'Not this one')); };
    c.command('text.set', { a: 'A new text.' });
    await new Promise((r) => setTimeout(r, 600));
    expect([engine.runs, looked, c.session.failure?.code]).toEqual([2, 1, 'HS-CAP-01']);
  });
  it('Retry asks what the server has by now, then runs what was wanted', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    engine.failNext = new EngineError('HS-NET-01', 'No answer');
    c.command('text.set', { a: 'A new text.' });
    await c.session.idle();
    c.problem({ code: 'HS-NET-01', message: 'No answer', details: '' });
    let told = 0;
    c.addEventListener('retry', () => { told++; });
    await c.retry();
    await c.session.idle();
    expect([c.trace?.query.text_a, c.session.failure, c.problems, told]).toEqual(['A new text.', null, [], 1]);
  });
  it('a link that names a trace opens it, with its texts', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const run = await engine.run({ model: '', a: 'Some text', b: null, ablations: [{ head: 'L1H1', mode: 'zero' }], masked: [], truncate: false },
      { signal: new AbortController().signal, priority: 0 });
    const c = await open(`#hs=1&tr=${run.id}`, engine);
    expect(c.state).toMatchObject({ textA: 'Some text', textB: null, trace: run.id, ablations: [{ head: 'L1H1', mode: 'zero' }] });
    expect(engine.runs).toBe(1);
    c.command('ablate.clear');
    await c.session.idle();
    expect([c.state.trace, c.trace?.settings.ablations]).toEqual(['', []]);
    const lost = await open('#hs=1&tr=nowhere');
    expect(lost.session.failure?.code).toBe('HS-TRACE-01');
  });
  it('opens trace files one after the other; what cannot be read is told, and the picture stays', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    await c.open([new File(['x'], 'one.safetensors'), new File(['x'], 'two.safetensors')]);
    await c.session.idle();
    expect([c.uploads.traces.map((t) => t.title), c.trace?.title, c.problems]).toEqual([['one.safetensors', 'two.safetensors'], 'two.safetensors', []]);
    expect(c.history.undoName).toBe('open a trace');
    engine.open = () => Promise.reject(new EngineError('HS-FILE-02', 'damaged'));
    await c.open([new File(['x'], 'bad.safetensors'), new File([new Uint8Array((1 << 20) + 1)], 'large.safetensors')]);
    expect([c.trace?.title, c.problems.map((p) => p.code)]).toEqual(['two.safetensors', ['HS-FILE-02', 'HS-LIMIT-01']]);
    await c.open([new File(['x'], 'bad.safetensors')]);
    expect(c.problems.map((p) => p.code)).toEqual(['HS-FILE-02']);
    for (const p of c.problems) c.forget(p);
    expect(c.problems).toEqual([]);
  });
  it('another model is read first, runs the text, and undo brings the first one back', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    await c.library.ready;
    expect(c.library.list.map((m) => [m.name, m.runnable === true])).toEqual([['bert-base-uncased', true], ['other', true], ['far', false]]);
    c.command('model.set', { model: 'other' });
    await c.session.idle();
    expect([engine.openModel, c.info?.models[0]?.name, c.trace?.model.name, c.trace?.query.text_a]).toEqual(['other', 'other', 'other',
      'I went to the store.']);
    c.command('text.set', { a: 'On the other.' });
    await c.session.idle();
    expect([c.trace?.model.name, c.session.failure]).toEqual(['other', null]);
    c.undo();
    c.undo();
    c.command('text.set', { a: 'On the first.' });
    await c.session.idle();
    // Model "" = the page's own: the one that was open when it came.
    expect([c.state.model, c.trace?.model.name]).toEqual(['', 'bert-base-uncased']);
    expect([engine.openModel, c.trace?.model.name]).toEqual(['bert-base-uncased', 'bert-base-uncased']);
  });
  it('a link to another model opens it', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open('#hs=1&m=other&a=hello', engine);
    expect([engine.openModel, c.trace?.model.name, c.session.failure]).toEqual(['other', 'other', null]);
  });
  it('a model that cannot be read: an error with a way back, and the old picture', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    engine.failLoad = new EngineError('HS-MODEL-01', 'no weights there');
    c.command('model.set', { model: 'other' });
    await c.session.idle();
    expect([c.session.failure?.code, c.session.stale, c.trace?.model.name, c.info?.models[0]?.name]).toEqual(
      ['HS-MODEL-01', true, 'bert-base-uncased', 'bert-base-uncased']);
    c.undo();
    await c.session.idle();
    expect([c.session.failure, c.session.stale]).toEqual([null, false]);
  });
  it('a file on its way says how far it is, and can be stopped', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open(null, engine);
    engine.open = (_file, _name, o) => new Promise((_, reject) => {
      o.progress?.(3, 5);
      o.signal.addEventListener('abort', () => { reject(new EngineError('HS-CANCEL-01', 'cancelled')); });
    });
    const before = c.trace?.id;
    const sent = c.open([new File(['12345'], 'a.safetensors'), new File(['x'], 'b.safetensors')]);
    expect(c.uploads.current).toEqual({ name: 'a.safetensors', done: 3, total: 5 });
    c.uploads.stop();
    await sent;
    expect([c.uploads.current, c.problems, c.uploads.traces, c.trace?.id]).toEqual([null, [], [], before]);
  });
  it('R2: after many edits the drawn trace is the last text’s', async () => {
    const c = await open();
    for (let i = 0; i < 50; i++) c.command('text.set', { a: `edit ${i}` });
    await c.session.idle();
    expect(c.trace?.query.text_a).toBe('edit 49');
    expect(c.session.stale).toBe(false);
  });
});

describe('precision', () => {
  const made = (c: Controller): (string | undefined)[] => [c.state.precision, c.trace?.computed?.precision];
  it('another one reads the model anew, runs the text and travels in the link; undo brings numbers back', async () => {
    const c = await open('#hs=1&a=the%20store');
    expect(made(c)).toEqual(['f32', 'f32']);
    const first = c.trace?.id;
    c.command('precision.set', { precision: 'bf16' });
    await c.session.idle();
    expect([...made(c), toLink(c.state)]).toEqual(['bf16', 'bf16', '#hs=1&a=the%20store&pr=bf16']);
    expect(c.trace?.id).not.toBe(first);
    c.undo();
    await c.session.idle();
    expect([...made(c), c.trace?.id]).toEqual(['f32', 'f32', first]);
  });
  it('a link without one means float32; a page without a link takes that of the server', async () => {
    const engine = new FakeEngine({ delay: 0 });
    engine.precision = 'bf16x3';
    const fresh = await open(null, engine);
    expect(fresh.state.precision).toBe('bf16x3');
    fresh.command('text.set', { a: 'the store' });
    await fresh.session.idle();
    expect(made(fresh)).toEqual(['bf16x3', 'bf16x3']);
    const linked = await open('#hs=1&a=the%20store', engine);
    expect(made(linked)).toEqual(['f32', 'f32']);
    // Its own is read again where another page took the server to another.
    fresh.command('text.set', { a: 'the door' });
    await fresh.session.idle();
    expect(made(fresh)).toEqual(['bf16x3', 'bf16x3']);
  });
  it('where it cannot be had, the picture stays, and undo leads back', async () => {
    const engine = new FakeEngine({ delay: 0 });
    const c = await open('#hs=1&a=the%20store', engine);
    engine.failLoad = new EngineError('HS-MODEL-01', 'no numbers');
    c.command('precision.set', { precision: 'bf16' });
    await c.session.idle();
    expect([c.session.failure?.code, c.trace?.computed?.precision, c.session.stale, c.pictured.precision]).toEqual(['HS-MODEL-01', 'f32', true, 'f32']);
    c.undo();
    await c.session.idle();
    expect([c.session.failure, c.session.stale, ...made(c)]).toEqual([null, false, 'f32', 'f32']);
  });
  it('of a trace that is opened whole is its own', async () => {
    const engine = new FakeEngine({ delay: 0 });
    engine.precision = 'bf16';
    const c = await open(null, engine);
    c.command('text.set', { a: 'the store' });
    await c.session.idle();
    const id = c.trace?.id ?? '';
    const other = await open(`#hs=1&tr=${id}`, engine);
    expect(made(other)).toEqual(['bf16', 'bf16']);
    expect(other.command('precision.set', { precision: 'f32' })).toBe(false);
    // What is run on its text is run in its numbers.
    other.command('ablate.set', { mode: 'zero' });
    await other.session.idle();
    expect(made(other)).toEqual(['bf16', 'bf16']);
  });
});
