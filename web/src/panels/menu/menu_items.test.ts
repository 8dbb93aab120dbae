import { describe, expect, it } from 'vitest';
import { runCommand } from '../../base/commands';
import { fixtureFacts, fixtureTrace } from '../../base/fixture';
import { DEFAULT_STATE, type ViewState } from '../../base/state';
import { menuItems, type MenuFacts, type TokenRef } from './menu_items';

const trace = fixtureTrace();
const items = (at: TokenRef, patch: Partial<ViewState> = {}, can: MenuFacts = { run: true, corpus: true }): ReturnType<typeof menuItems> =>
  menuItems(trace, { ...DEFAULT_STATE, ...patch }, at, can);
const item = (id: string, ...args: Parameters<typeof items>): ReturnType<typeof menuItems>[number] =>
  items(...args).find((i) => i.id === id) as ReturnType<typeof menuItems>[number];

describe('token menu', () => {
  it('offers its acts in order', () => {
    expect(items({ side: 'q', token: 1 }).map((i) => i.text)).toEqual(['Pin “i”', 'Mask this word', 'Treat as special', 'Neuron view',
      'Find in corpus', 'Find heads that link to it', 'Copy', 'Go to token…']);
  });
  it('turns round what is done', () => {
    expect(items({ side: 'q', token: 1 }, { pins: ['q1'], masked: [1], marked: [1] }).slice(0, 3).map((i) => i.text)).toEqual(['Unpin “i”',
      'Unmask this word', 'Treat as a word again']);
  });
  it('sends commands, so that a mask also leaves the trace that is shown by its id', () => {
    const sent = (id: string, at: TokenRef, state: ViewState): ViewState => {
      const { action } = item(id, at, state);
      return 'command' in action ? runCommand(action.command.id, state, fixtureFacts(trace), action.command.args).state : state;
    };
    const state: ViewState = { ...DEFAULT_STATE, trace: 't123', masked: [5, 1], marked: [2] };
    expect(sent('mask', { side: 'q', token: 2 }, state)).toMatchObject({ masked: [1, 2, 5], trace: '' });
    expect(sent('special', { side: 'q', token: 2 }, state)).toMatchObject({ marked: [], trace: 't123' });
    expect(sent('pin', { side: 'k', token: 0 }, state)).toMatchObject({ pins: ['k0'], trace: 't123' });
  });
  it('says why something is off', () => {
    expect([item('mask', { side: 'q', token: 0 }).enabled,
      item('special', { side: 'k', token: 7 }).enabled]).toEqual(['Special tokens are not masked.', 'It is a special token.']);
    expect(item('mask', { side: 'q', token: 1 }, {}, { run: 'no model', corpus: 'no corpus' }).enabled).toBe('no model');
    expect(item('corpus', { side: 'q', token: 1 }, {}, { run: true, corpus: 'no corpus' }).enabled).toBe('no corpus');
  });
  it('keeps the other side’s pin for the neuron view', () => {
    expect(item('neuron', { side: 'q', token: 2 }, { pins: ['q1', 'k5'] }).action).toEqual({ command: { id: 'token.neuron', args: { pin: 'q2' } } });
    expect(runCommand('token.neuron', { ...DEFAULT_STATE, pins: ['q1', 'k5'] }, fixtureFacts(trace),
      { pin: 'q2' }).state).toMatchObject({ view: 'neuron', pins: ['q2', 'k5'] });
  });
  it('does not mask words of the other text', () => {
    const two = { ...trace, key: fixtureTrace(['x', 'y']).query };
    expect(menuItems(two, DEFAULT_STATE, { side: 'k', token: 1 },
      { run: true, corpus: true }).find((i) => i.id === 'mask')?.enabled).toBe('This token belongs to the other text.');
  });
});
