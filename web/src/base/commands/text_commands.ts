// Commands about texts, tokens, the model and the trace.

import { ARTICLE_A, ARTICLE_B, DEFAULT_STATE, type Command, type CommandArgs, type Facts, type ViewState } from '../state';
import { chosenToken, togglePin } from '../pins';
import { sideTokens, type Tokens } from '../trace_info';
import { MAX_GENERATE, wellFormed } from '../link';
import { MAX_PINS } from '../state';
import { isPrecision, PRECISIONS } from '../precision';
import { counted } from '../words/common';
import { P } from '../words/precision';
import { bad, intArg, listArg, needTrace, patched, textArg, withPins } from './build';

/** Where one looks in a text that is no longer there. */
const NOWHERE = { selection: DEFAULT_STATE.selection, scroll: DEFAULT_STATE.scroll, zoom: null };

/** Nothing of what was done to another input. */
const AFRESH = { generate: 0, masked: [], ablations: [], pins: [], marked: [], ...NOWHERE };

const canRun = (_s: ViewState, facts: Facts): true | string => facts.can('run');
/** A token that is named, or the pinned one. */
const hasToken = (state: ViewState, facts: Facts, args: CommandArgs): true | string =>
  (args['token'] !== undefined || state.pins.length > 0 ? needTrace(state, facts) : 'No token is pinned.');
const hasPin = (state: ViewState, facts: Facts): true | string => (state.pins.length > 0 ? needTrace(state, facts) : 'No token is pinned.');

/** Another text is another run: what belonged to the old one's positions goes, pins are carried over later. */
function withTexts(state: ViewState, textA: string, textB: string | null): ViewState {
  return patched(state, { textA: wellFormed(textA), textB: textB === null ? null : wellFormed(textB), masked: [], trace: '', picture: '', generate: 0 });
}

/** Of the stack on screen: an encoder's queries are the source, a decoder's keys the target. */
function tokensOf(state: ViewState, facts: Facts, side: string): Tokens | null {
  return facts.trace ? sideTokens(facts.trace, state.stack, side === 'k' ? 'k' : 'q') : null;
}

function pinArg(state: ViewState, facts: Facts, pin: string): string {
  const match = /^([qk])(\d{1,9})$/.exec(pin);
  const tokens = match ? tokensOf(state, facts, match[1] as string) : null;
  if (!match || !tokens || Number(match[2]) >= tokens.tokens.length) bad(`pin '${pin}'`, `q or k and a token below ${tokens?.tokens.length ?? 0}`);
  return pin;
}

function indexArg(state: ViewState, facts: Facts, args: CommandArgs, side: 'q' | 'k', name: string = side): number | null {
  const value = args[name];
  if (value === undefined || value === null) return null;
  const n = tokensOf(state, facts, side)?.tokens.length ?? 0;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < n ? value
    : bad(`${side} ${JSON.stringify(value)}`, `null or a token from 0 to ${n - 1}`);
}

function tokenName(state: ViewState, facts: Facts, pin: string | undefined): string {
  return pin ? `“${tokensOf(state, facts, pin.charAt(0))?.tokens[Number(pin.slice(1))] ?? pin}”` : '';
}

function tokenArg(state: ViewState, facts: Facts, value: unknown): number {
  const token = value === undefined ? Number(state.pins[0]?.slice(1) ?? NaN) : value;
  const n = tokensOf(state, facts, 'q')?.tokens.length ?? 0;
  return typeof token === 'number' && Number.isInteger(token) && token >= 0 && token < n ? token
    : bad(`token ${String(token)}`, `a token from 0 to ${n - 1}`);
}

function toggled(list: readonly number[], token: number): number[] {
  return list.includes(token) ? list.filter((t) => t !== token) : [...list, token].sort((a, b) => a - b);
}

/** "mask “went”", "unmask “went”": of the token that one list has and the other has not. */
function toggleName(field: 'masked' | 'marked', on: string, off: string): NonNullable<Command['name']> {
  return (before, after, facts) => {
    const added = after[field].length > before[field].length;
    const [longer, shorter] = added ? [after[field], before[field]] : [before[field], after[field]];
    return `${added ? on : off} ${tokenName(after, facts, `q${longer.find((t) => !shorter.includes(t)) ?? 0}`)}`;
  };
}

/**
 * The other word of a link: a second word clicked in the column of queries is what the first one looks at; a query
 * chosen after a key is who looks at it.
 */
function linkTo(state: ViewState, side: 'q' | 'k', token: number): ViewState['selection'] {
  const [q, k] = [chosenToken(state, 'q'), chosenToken(state, 'k')];
  if (side === 'k') return { q: q ?? bad('one word', 'a query first: click it, then Alt-click the word that it looks at'), k: token };
  if (q !== null) return { q, k: token };
  return { q: token, k: k ?? bad('one word', 'another word first: click it, then Alt-click this one') };
}

function linkName(state: ViewState, facts: Facts): string {
  const { q, k } = state.selection;
  return `heads by ${tokenName(state, facts, `q${q ?? 0}`)} → ${tokenName(state, facts, `k${k ?? 0}`)}`;
}

const pinName: NonNullable<Command['name']> = (_before, after, facts) =>
  (after.pins.length > 0 ? `pin ${after.pins.map((p) => tokenName(after, facts, p)).join(', ')}` : 'unpin');

/** One token, in another view. */
function tokenView(id: string, title: string, view: ViewState['view'], pins: (state: ViewState, pin: string) => string[]): Command {
  return {
    id, title, enabled: needTrace, name: (_b, after, facts) => `${title.toLowerCase()}, ${tokenName(after, facts, after.pins[0])}`,
    options: (state, facts) => (facts.trace && state.pins[0] ? [{ title, args: { pin: state.pins[0] } }] : []),
    run: (state, facts, args) => patched(withPins(state, pins(state, pinArg(state, facts, textArg(args, 'pin')))), { view }),
  };
}

export const textCommands: readonly Command[] = [
  { id: 'text.set', title: 'Edit the text', coalesce: true, enabled: canRun, options: () => [],
    name: (before, after) => (before.textB === after.textB ? 'typing in text A' : before.textA === after.textA ? 'typing in text B' : 'typing'),
    run: (state, _f, args) => withTexts(state, args['a'] === undefined ? state.textA : textArg(args, 'a'),
      args['b'] === undefined ? state.textB : args['b'] === null ? null : textArg(args, 'b')) },
  { id: 'text.add-b', title: 'Add text B', enabled: canRun, name: () => 'add text B',
    run: (state) => (state.textB === null ? withTexts(state, state.textA, '') : state) },
  { id: 'text.remove-b', title: 'Remove text B', enabled: canRun, name: () => 'remove text B', run: (state) => withTexts(state, state.textA, null) },
  { id: 'text.swap', title: 'Swap texts A and B', enabled: (s, f) => (s.textB === null ? 'There is no text B.' : canRun(s, f)),
    name: () => 'swap the texts',
    run: (state) => (state.textB === null ? state : withTexts(state, state.textB, state.textA)) },
  { id: 'text.article', title: 'Use the article’s pair', enabled: canRun, name: () => 'the article’s pair',
    run: (state) => withTexts(state, ARTICLE_A, ARTICLE_B) },
  { id: 'text.example', title: 'Load an example of the corpus', enabled: canRun, name: () => 'corpus example as input', options: () => [],
    run: (state, _f, args) => {
      const pin = textArg(args, 'pin');
      if (!/^q\d{1,9}$/.test(pin)) bad(`pin '${pin}'`, 'q and a token of the example');
      const next = withTexts(state, textArg(args, 'a'), args['b'] === null ? null : textArg(args, 'b'));
      // The corpus was measured with every head on.
      return { ...next, ...NOWHERE, pins: [pin], marked: [], ablations: [], view: 'head' };
    } },
  { id: 'pin.set', title: 'Pin tokens', enabled: needTrace, name: pinName, options: () => [],
    run: (state, facts, args) => {
      const pins = [...new Set(listArg(args, 'pins').map((p) => pinArg(state, facts, p)))];
      return pins.length <= MAX_PINS ? withPins(state, pins) : bad(`${pins.length} pins`, `at most ${MAX_PINS}`);
    } },
  { id: 'pin.toggle', title: 'Pin a token, or not', enabled: needTrace, name: pinName, options: () => [],
    run: (state, facts, args) => withPins(state, togglePin(state.pins, pinArg(state, facts, textArg(args, 'pin')), args['add'] === true)) },
  { id: 'pin.token', title: 'Go to token', enabled: needTrace, name: pinName,
    options: (state, facts) => (tokensOf(state, facts, 'q')?.tokens ?? []).map((token, i) => ({ title: `Token @${i} ${token}`, args: { token: i } })),
    run: (state, facts, args) => withPins(state, [pinArg(state, facts, `q${intArg(args, 'token')}`)]) },
  { id: 'pin.clear', title: 'Unpin', enabled: hasPin, name: () => 'unpin', run: (state) => withPins(state, []) },
  { id: 'selection.set', title: 'Choose a link', enabled: needTrace, name: () => 'choose a link', options: () => [], place: true,
    run: (state, facts, args) => patched(state, { selection: { q: indexArg(state, facts, args, 'q'), k: indexArg(state, facts, args, 'k') } }) },
  { id: 'link.find', title: 'Find heads by a link', name: (_b, after, facts) => linkName(after, facts), options: () => [], enabled: needTrace,
    run: (state, facts, args) => {
      const side = args['side'] === 'k' ? 'k' : 'q';
      const token = indexArg(state, facts, { token: args['index'] }, side, 'token') ?? bad('no token', `a token of side ${side}`);
      return patched(state, { selection: linkTo(state, side, token), ranking: 'link' });
    } },
  { id: 'link.clear', title: 'Rank heads by their labels again', name: () => 'heads by their labels',
    run: (state) => patched(state, { ranking: 'labels' }) },
  { id: 'mark.toggle', title: 'Treat the pinned token as special, or not', enabled: hasToken,
    name: toggleName('marked', 'treat as special:', 'treat as a word:'),
    run: (state, facts, args) => patched(state, { marked: toggled(state.marked, tokenArg(state, facts, args['token'])) }) },
  { id: 'mask.toggle', title: 'Mask the pinned token, or not', keys: 'M',
    enabled: (s, f, args) => { const named = hasToken(s, f, args); return named === true ? canRun(s, f) : named; },
    name: toggleName('masked', 'mask', 'unmask'),
    run: (state, facts, args) => {
      const token = tokenArg(state, facts, args['token']);
      if (tokensOf(state, facts, 'q')?.special[token]) bad(`${tokenName(state, facts, `q${token}`)} is a special token`, 'a word');
      return patched(state, { masked: toggled(state.masked, token), trace: '' });
    } },
  { id: 'mark.clear', title: 'Treat every word as a word again', name: () => 'no words as special', run: (state) => patched(state, { marked: [] }) },
  tokenView('token.neuron', 'Neuron view of the token', 'neuron', (s, pin) => [pin, ...s.pins.filter((p) => !p.startsWith(pin.charAt(0)))].slice(0, 2)),
  tokenView('token.corpus', 'Find the token in the corpus', 'corpus', (_s, pin) => [pin]),
  { id: 'mask.clear', title: 'Unmask every token', enabled: canRun, name: () => 'no masked tokens',
    run: (state) => patched(state, { masked: [], trace: '' }) },
  { id: 'generate.set', title: 'Generate',
    name: (_b, after) => (after.generate > 0 ? `generate ${counted(after.generate, 'token', 'tokens')}` : 'the text alone'),
    enabled: (_s, facts) => facts.can('generate'),
    options: (state) => [20, 100].map((tokens) => ({ title: `Generate ${tokens} tokens`, args: { tokens } }))
      .concat(state.generate > 0 ? [{ title: 'The text without what was generated', args: { tokens: 0 } }] : []),
    run: (state, _f, args) => {
      const tokens = intArg(args, 'tokens');
      return tokens <= MAX_GENERATE ? patched(state, { generate: tokens, trace: '' }) : bad(`${tokens} tokens`, `at most ${MAX_GENERATE}`);
    } },
  { id: 'model.set', title: 'Model', name: (_b, after) => `model ${after.model}`, options: () => [],
    run: (state, _f, args) => patched(state, { model: textArg(args, 'model'), trace: '', picture: '', generate: 0, masked: [], ablations: [] }) },
  { id: 'precision.set', title: P.precision, name: (_b, after) => `precision ${P.names[after.precision]}`,
    enabled: (state, facts) => (state.trace ? P.whole : state.picture ? true : canRun(state, facts)),
    options: (state) => PRECISIONS.filter((p) => p !== state.precision).map((p) => ({ title: `${P.precision}: ${P.names[p]}`, args: { precision: p } })),
    run: (state, _f, args) => {
      const precision = textArg(args, 'precision');
      return isPrecision(precision) ? patched(state, { precision }) : bad(`precision '${precision}'`, `one of ${PRECISIONS.join(', ')}`);
    } },
  { id: 'picture.open', title: 'Run a picture', name: () => 'open a picture', options: () => [],
    run: (state, _f, args) => patched(state, { picture: textArg(args, 'picture'), trace: '', ...AFRESH }) },
  { id: 'trace.open', title: 'Open a trace', name: () => 'open a trace', options: () => [],
    run: (state, _f, args) => patched(state, { trace: textArg(args, 'trace'), picture: '', ...AFRESH }) },
];
