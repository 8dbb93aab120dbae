import { describe, expect, it } from 'vitest';
import { COMMANDS, paletteEntries, runCommand } from './commands';
import { ARTICLE } from './article';
import { carry } from './carry';
import { ARTICLE_TOKENS, fixtureFacts, fixtureTrace } from './fixture';
import { History } from './history';
import { parseRanges, resolveHeads } from './heads';
import { picker, seeded } from './random';
import { DEFAULT_STATE, type CommandArgs, type Facts, type ViewState } from './state';
import type { StackInfo } from './trace_info';

const facts = fixtureFacts();
const run = (id: string, args: CommandArgs = {}, state: ViewState = DEFAULT_STATE, f: Facts = facts): ViewState => runCommand(id, state, f, args).state;

describe('commands', () => {
  it('have unique ids and keys', () => {
    for (const list of [COMMANDS.map((c) => c.id), COMMANDS.map((c) => c.keys).filter(Boolean)]) expect(new Set(list).size).toBe(list.length);
  });
  it('undo over 50 random commands returns the equal state, redo the last one (U2)', () => {
    const random = picker(seeded(7));
    const history = new History(DEFAULT_STATE);
    let steps = 0;
    while (steps < 50) {
      const entry = random.of(paletteEntries(history.state, facts).filter((e) => e.enabled === true));
      const result = runCommand(entry.id, history.state, facts, entry.args);
      if (history.push(result.state, result.name)) steps++;
    }
    const last = history.state;
    while (history.undo() !== null);
    expect(history.state).toEqual(DEFAULT_STATE);
    while (history.redo() !== null);
    expect(history.state).toEqual(last);
  });
  it('every palette entry runs on every fixture', () => {
    const fixtures = [facts, fixtureFacts(fixtureTrace(['[CLS]', 'a', '[SEP]'], 2, 2)), fixtureFacts(null)];
    for (const f of fixtures) {
      const state: ViewState = { ...DEFAULT_STATE, heads: f.trace?.stacks[0]?.layers.length === 2 ? ['L1H1'] : ['L2H0'], pins: f.trace ? ['q1'] : [] };
      const entries = paletteEntries(state, f).filter((e) => e.enabled === true);
      for (const entry of entries) {
        const missing = entry.id === 'article.show' || entry.id.startsWith('article.');
        if (!(missing && f !== facts)) expect(() => runCommand(entry.id, state, f, entry.args), `${entry.id} ${entry.title}`).not.toThrow();
      }
    }
  });
  it.each([
    ['layer.set', { layer: 12 }], ['layer.set', { layer: '2' }], ['head.select', { head: 'L2H12' }], ['head.set', { heads: [] }],
      ['threshold.set', { value: 2 }],
    ['topk.set', { value: 65 }], ['special.set', { value: 'off' }], ['pin.set', { pins: ['q19'] }], ['pin.set', { pins: ['q1', 'q2', 'q3', 'q4', 'q5'] }],
    ['mark.toggle', { token: 19 }], ['article.show', { number: 7 }], ['set', { state: '#hs=1&t=9' }], ['no.such', {}], ['stack.set', { value: 'cross' }],
  ])('%s refuses %j', (id, args) => {
    expect(() => run(id, args as CommandArgs, { ...DEFAULT_STATE, pins: ['q1'] })).toThrow(/expected|no command|There is/);
  });
  it('a missing capability turns a command off with its reason', () => {
    const trace: Facts = { ...facts, can: () => 'Ablation needs the model.' };
    expect(() => run('ablate.toggle', {}, DEFAULT_STATE, trace)).toThrow('Ablation needs the model.');
  });
});

describe('what commands do', () => {
  it('a quantity that the trace cannot give is refused with the reason, and skipped by its key', () => {
    const trace = fixtureTrace();
    const some = fixtureFacts({ ...trace, quantities: { weight: true, norm: 'No value norms are stored.', score: true, rollout: 'no', flow: 'no' } });
    expect(() => run('quantity.set', { value: 'norm' }, DEFAULT_STATE, some)).toThrow('No value norms are stored.');
    const once = run('quantity.next', {}, DEFAULT_STATE, some);
    expect([once.quantity, run('quantity.next', {}, once, some).quantity]).toEqual(['score', 'weight']);
  });
  it('changing the layer keeps head numbers and heads of other layers', () => {
    expect(run('layer.set', { layer: 5 }, { ...DEFAULT_STATE, heads: ['L2H0', 'L2H6', 'L9H1'] }).heads).toEqual(['L5H0', 'L5H6', 'L9H1']);
    expect(run('layer.previous', {}, { ...DEFAULT_STATE, heads: ['L0H3'] }).heads).toEqual(['L0H3']);
  });
  it('the last head stays on', () => {
    expect(run('head.toggle', { head: 'L2H0' })).toBe(DEFAULT_STATE);
  });
  it('the next head crosses into the next layer', () => {
    expect(run('head.next', {}, { ...DEFAULT_STATE, heads: ['L2H11'] }).heads).toEqual(['L3H0']);
    expect(run('head.previous', {}, { ...DEFAULT_STATE, heads: ['L0H0'] }).heads).toEqual(['L11H11']);
  });
  it.each(ARTICLE.map((p, i) => [p.number, p.head, ['q1', 'q2', 'q5', 'q10', 'q16', 'q5'][i] as string]))('article pattern %i', (number, head, pin) => {
    expect(run('article.show', { number, word: true })).toMatchObject({ heads: [head], pins: [pin] });
    expect(run('article.show', { number })).toMatchObject({ heads: [head], pins: [] });
  });
  it('P walks through the six and around', () => {
    let state = DEFAULT_STATE;
    const seen = ARTICLE.map(() => (state = run('article.next', {}, state)).heads[0]);
    expect(seen).toEqual(['L6H11', 'L2H6', 'L10H10', 'L2H1', 'L6H4', 'L2H0']);
    expect(run('article.previous', {}, DEFAULT_STATE).heads).toEqual(['L6H4']);
  });
  it('X ablates what is selected, and again takes it back', () => {
    const once = run('ablate.toggle', {}, { ...DEFAULT_STATE, heads: ['L2H0', 'L2H1'] });
    expect(once.ablations).toEqual([{ head: 'L2H0', mode: 'zero' }, { head: 'L2H1', mode: 'zero' }]);
    expect(run('ablate.toggle', {}, once).ablations).toEqual([]);
  });
  it('a link is found from one word to another, clicked in either column', () => {
    const chosen = (pins: string[], side: string, index: number): unknown => {
      const state = run('link.find', { side, index }, run('pin.set', { pins }));
      return [state.ranking, state.selection.q, state.selection.k];
    };
    expect(chosen(['q4'], 'k', 9)).toEqual(['link', 4, 9]);
    // Both words in the column of queries: the first looks at the second.
    expect(chosen(['q4'], 'q', 9)).toEqual(['link', 4, 9]);
    expect(chosen(['k9'], 'q', 4)).toEqual(['link', 4, 9]);
    expect(() => run('link.find', { side: 'q', index: 4 })).toThrow(/another word first/);
    expect(() => run('link.find', { side: 'k', index: 99 }, run('pin.set', { pins: ['q4'] }))).toThrow(/0 to 18/);
  });
  it('another text forgets masks, which stand for positions', () => {
    expect(run('text.set', { a: 'new' }, { ...DEFAULT_STATE, masked: [3], trace: 'x' })).toMatchObject({ textA: 'new', masked: [], trace: '' });
  });
});

describe('the chosen link', () => {
  it('is what was pinned last, until it is unpinned', () => {
    const once = run('pin.toggle', { pin: 'q3' });
    const both = run('pin.toggle', { pin: 'k5', add: true }, once);
    expect([once.selection, both.selection]).toEqual([{ q: 3, k: null }, { q: 3, k: 5 }]);
    expect(run('pin.clear', {}, both).selection).toEqual({ q: null, k: null });
    expect(run('pin.toggle', { pin: 'q4' }, { ...both, selection: { q: 9, k: 5 } }).selection).toEqual({ q: 4, k: null });
  });
  it('is no undo step, and neither is scrolling', () => {
    for (const [id, args] of [['selection.set', { q: 1, k: 2 }],
      ['place.set', { scroll: { q: 3, k: 3 }, zoom: { q0: 0, q1: 4, k0: 0, k1: 4 } }]] as const) {
      expect(runCommand(id, DEFAULT_STATE, facts, args).place).toBe(true);
    }
    expect(runCommand('pin.toggle', DEFAULT_STATE, facts, { pin: 'q1' }).place).toBe(false);
  });
  it.each([['selection.set', { q: 19 }], ['selection.set', { k: -1 }], ['place.set', { scroll: { q: 1 } }],
    ['place.set', { zoom: { q0: 4, q1: 4, k0: 0, k1: 1 } }], ['pin.toggle', { pin: 'q19' }]])('%s refuses %j', (id, args) => {
    expect(() => run(id, args)).toThrow(/expected/);
  });
});

describe('two texts: tokens are those of the side and stack', () => {
  const trace = { ...fixtureTrace(['a', 'b']), key: fixtureTrace(['x', 'y', 'z', 'b']).query };
  const stacks = ['encoder', 'decoder', 'cross'].map((name) => ({ ...(trace.stacks[0] as StackInfo), name }));
  const pair = fixtureFacts({ ...trace, stacks });
  it.each([['encoder', 'q3', true], ['decoder', 'q3', false], ['decoder', 'k3', false], ['cross', 'k3', true],
    ['cross', 'q2', false]])('%s %s: %s', (stack, pin, there) => {
    const set = (): ViewState => run('pin.set', { pins: [pin] }, { ...DEFAULT_STATE, stack }, pair);
    if (there) expect(set().pins).toEqual([pin]);
    else expect(set).toThrow(/a token below/);
  });
  it('pins of an encoder are carried by its own words', () => {
    const to = { ...trace, stacks, key: fixtureTrace(['w', 'x', 'y', 'z', 'b']).query };
    expect(carry({ ...trace, stacks }, to, { ...DEFAULT_STATE, stack: 'encoder', pins: ['q3'], selection: { q: 3, k: null } })).toMatchObject({
      pins: ['q4'], selection: { q: 4, k: null } });
  });
});

describe('lists of heads', () => {
  it.each([[['L2H0', 'L14H3'], ['L2H0'], ['L14H3']], [['L6H*'], Array.from({ length: 12 }, (_, h) => `L6H${h}`), []],
    [['L2H0', 'L2H0'], ['L2H0'], []], [['L2H12'], [], ['L2H12']]])('%j', (names, heads, missing) => {
    expect(resolveHeads(names, facts.trace?.stacks[0] as never)).toEqual({ heads, missing });
  });
  it.each([['', []], ['0-3,7', [0, 1, 2, 3, 7]], ['5', [5]], ['x', null], ['3-1', null], ['1,', null]])('ranges "%s"', (text, layers) => {
    expect(parseRanges(text)).toEqual(layers === null ? null : new Set(layers));
  });
});

describe('carry: selections survive an edit by word', () => {
  const from = fixtureTrace();
  const edited = ARTICLE_TOKENS.map((t) => (t === 'went' ? 'walked' : t));
  it.each([
    ['same word', ['q5'], ['[CLS]', ...ARTICLE_TOKENS], ['q6']],
    ['second occurrence', ['k10'], ['[CLS]', 'so', ...ARTICLE_TOKENS.slice(1)], ['k11']],
    ['else the same index', ['q2'], edited, ['q2']],
    ['else dropped', ['q16'], ['[CLS]', 'a', '[SEP]'], []],
  ])('%s', (_name, pins, tokens, expected) => {
    const out = carry(from, fixtureTrace(tokens), { ...DEFAULT_STATE, pins });
    expect(out.pins).toEqual(expected);
    expect(out.lost).toEqual(expected.length > 0 ? [] : ['##berries']);
  });
});
