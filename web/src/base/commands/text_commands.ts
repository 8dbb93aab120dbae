// Commands about texts, tokens, the model and the trace.

import { ARTICLE_A, ARTICLE_B, type Command, type Facts, type ViewState } from '../state';
import { keyTokens, type Tokens } from '../trace_info';
import { wellFormed } from '../link';
import { MAX_PINS } from '../state';
import { bad, intArg, listArg, needTrace, patched, textArg } from './build';

const canRun = (_s: ViewState, facts: Facts): true | string => facts.can('run');
const hasPin = (state: ViewState, facts: Facts): true | string => (state.pins.length > 0 ? needTrace(state, facts) : 'No token is pinned.');

/** Another text is another run: what belonged to the old one's positions goes, pins are carried over later. */
function withTexts(state: ViewState, textA: string, textB: string | null): ViewState {
  return patched(state, { textA: wellFormed(textA), textB: textB === null ? null : wellFormed(textB), masked: [], trace: '' });
}

function sideTokens(facts: Facts, side: string): Tokens | null {
  return facts.trace ? (side === 'k' ? keyTokens(facts.trace) : facts.trace.query) : null;
}

function pinArg(facts: Facts, pin: string): string {
  const match = /^([qk])(\d{1,9})$/.exec(pin);
  const tokens = match ? sideTokens(facts, match[1] as string) : null;
  if (!match || !tokens || Number(match[2]) >= tokens.tokens.length) bad(`pin '${pin}'`, `q or k and a token below ${tokens?.tokens.length ?? 0}`);
  return pin;
}

function tokenName(facts: Facts, pin: string | undefined): string {
  return pin ? `“${sideTokens(facts, pin.charAt(0))?.tokens[Number(pin.slice(1))] ?? pin}”` : '';
}

function tokenArg(state: ViewState, facts: Facts, value: unknown): number {
  const token = value === undefined ? Number(state.pins[0]?.slice(1) ?? NaN) : value;
  const n = facts.trace?.query.tokens.length ?? 0;
  return typeof token === 'number' && Number.isInteger(token) && token >= 0 && token < n ? token : bad(`token ${String(token)}`, `a token from 0 to ${n - 1}`);
}

function toggled(list: readonly number[], token: number): number[] {
  return list.includes(token) ? list.filter((t) => t !== token) : [...list, token].sort((a, b) => a - b);
}

const pinName = (_b: ViewState, after: ViewState): string => (after.pins.length > 0 ? `pin ${after.pins.join(', ')}` : 'unpin');

export const textCommands: readonly Command[] = [
  { id: 'text.set', title: 'Edit the text', coalesce: true, enabled: canRun, name: () => 'typing', options: () => [],
    run: (state, _f, args) => withTexts(state, args['a'] === undefined ? state.textA : textArg(args, 'a'),
      args['b'] === undefined ? state.textB : args['b'] === null ? null : textArg(args, 'b')) },
  { id: 'text.add-b', title: 'Add text B', enabled: canRun, name: () => 'add text B', run: (state) => (state.textB === null ? withTexts(state, state.textA, '') : state) },
  { id: 'text.remove-b', title: 'Remove text B', enabled: canRun, name: () => 'remove text B', run: (state) => withTexts(state, state.textA, null) },
  { id: 'text.swap', title: 'Swap texts A and B', enabled: (s, f) => (s.textB === null ? 'There is no text B.' : canRun(s, f)), name: () => 'swap the texts',
    run: (state) => (state.textB === null ? state : withTexts(state, state.textB, state.textA)) },
  { id: 'text.article', title: 'Use the article’s pair', enabled: canRun, name: () => 'the article’s pair', run: (state) => withTexts(state, ARTICLE_A, ARTICLE_B) },
  { id: 'pin.set', title: 'Pin tokens', enabled: needTrace, name: pinName, options: () => [],
    run: (state, facts, args) => {
      const pins = [...new Set(listArg(args, 'pins').map((p) => pinArg(facts, p)))];
      return pins.length <= MAX_PINS ? patched(state, { pins }) : bad(`${pins.length} pins`, `at most ${MAX_PINS}`);
    } },
  { id: 'pin.token', title: 'Go to token', enabled: needTrace, name: pinName,
    options: (_s, facts) => (facts.trace?.query.tokens ?? []).slice(0, 512).map((token, i) => ({ title: `Token @${i} ${token}`, args: { token: i } })),
    run: (state, facts, args) => patched(state, { pins: [pinArg(facts, `q${intArg(args, 'token')}`)] }) },
  { id: 'pin.clear', title: 'Unpin', enabled: hasPin, name: () => 'unpin', run: (state) => patched(state, { pins: [] }) },
  { id: 'mark.toggle', title: 'Treat the pinned token as special, or not', enabled: hasPin, name: () => 'special token by hand',
    run: (state, facts, args) => patched(state, { marked: toggled(state.marked, tokenArg(state, facts, args['token'])) }) },
  { id: 'mask.toggle', title: 'Mask the pinned token, or not', keys: 'M', enabled: (s, f) => { const pinned = hasPin(s, f); return pinned === true ? canRun(s, f) : pinned; },
    name: (before, after) => (after.masked.length > before.masked.length ? 'mask a token' : 'unmask a token'),
    run: (state, facts, args) => {
      const token = tokenArg(state, facts, args['token']);
      if (facts.trace?.query.special[token]) bad(`${tokenName(facts, `q${token}`)} is a special token`, 'a word');
      return patched(state, { masked: toggled(state.masked, token), trace: '' });
    } },
  { id: 'mask.clear', title: 'Unmask every token', enabled: canRun, name: () => 'no masked tokens', run: (state) => patched(state, { masked: [], trace: '' }) },
  { id: 'model.set', title: 'Model', name: (_b, after) => `model ${after.model}`, options: () => [],
    run: (state, _f, args) => patched(state, { model: textArg(args, 'model'), trace: '', masked: [], ablations: [] }) },
  { id: 'trace.open', title: 'Open a trace', name: () => 'open a trace', options: () => [],
    run: (state, _f, args) => patched(state, { trace: textArg(args, 'trace'), masked: [], ablations: [], pins: [], marked: [] }) },
];
