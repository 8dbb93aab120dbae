// The link: #hs=1&m=…&h=L2H0. Everything after #, so it never reaches a server's log. Twin of
// parse_link and to_link in src/figure/view_state.cc: same keys, order, defaults and validation.
// Values are validated, never coerced: a value that does not parse is reported and the default
// stands. Keys of a newer headscope are kept, reported and written back.
//
// The second table holds what only the app has; the core keeps those keys unread (decision 070).

import { parsePattern, parseRanges, patternName } from './heads';
import { PRECISIONS } from './precision';
import { ARTICLE_A, ARTICLE_B, DEFAULT_STATE, MAX_PINS, MEASURES, SORT_COLUMNS, type Ablation, type HeadFilter, type RightSide, type SortColumn,
  type ViewState } from './state';

/** Texts above this many UTF-8 bytes stay out of the link; it then names the trace. */
export const MAX_LINK_TEXT = 4096;

export interface LinkProblem { key: string; value: string; expected: string }
export interface ParsedLink { state: ViewState; problems: LinkProblem[] }

class Refused extends Error {
  constructor(readonly value: string, readonly expected: string) { super(expected); }
}
function refuse(value: string, expected: string): never { throw new Refused(value, expected); }

interface Option {
  key: string;
  name: string;
  read: (value: string) => Partial<ViewState>;
  /** null = the default, left out. */
  write: (state: ViewState) => string | null;
}

type Keyed<T> = { [K in keyof ViewState]: ViewState[K] extends T ? K : never }[keyof ViewState];

function choice(key: string, name: string, field: Keyed<string>, values: readonly string[]): Option {
  return {
    key, name,
    read: (value) => ({ [field]: values.includes(value) ? value : refuse(value, `one of ${values.join(', ')}`) }),
    write: (state) => (state[field] === DEFAULT_STATE[field] ? null : state[field]),
  };
}

function flag(key: string, name: string, field: Keyed<boolean>): Option {
  return {
    key, name,
    read: (value) => ({ [field]: value === '1' ? true : value === '0' ? false : refuse(value, 'one of 0, 1') }),
    write: (state) => (state[field] ? '1' : null),
  };
}

function text(key: string, name: string, field: Keyed<string>): Option {
  return { key, name, read: (value) => ({ [field]: value }), write: (state) => (state[field] === DEFAULT_STATE[field] ? null : state[field]) };
}

function numbers(key: string, name: string, field: 'marked' | 'masked'): Option {
  const one = (part: string): number => wholeNumber(part) ?? refuse(part, 'token numbers, separated by commas');
  return {
    key, name,
    read: (value) => ({ [field]: [...new Set(value === '' ? [] : value.split(',').map(one))] }),
    write: (state) => (state[field].length > 0 ? state[field].join(',') : null),
  };
}

export function wholeNumber(value: string): number | null { return /^\d{1,9}$/.test(value) ? Number(value) : null; }

function readHeads(value: string): string[] {
  return value.split(',').map((part) => {
    const pattern = parsePattern(part);
    return pattern ? patternName(pattern) : refuse(part, 'names like L2H0 or L6H* (all heads of layer 6), separated by commas');
  });
}

function readPins(value: string): string[] {
  const parts = value === '' ? [] : value.split(',');
  const pins = parts.map((part) => {
    const index = /^[qk]/.test(part) ? wholeNumber(part.slice(1)) : null;
    return index === null ? refuse(part, 'q1 (query token 1) or k2 (key token 2), separated by commas') : `${part.charAt(0)}${index}`;
  });
  const unique = [...new Set(pins)];
  return unique.length > MAX_PINS ? refuse(value, `at most ${MAX_PINS} tokens`) : unique;
}

function unit(value: string): number {
  const number = /^[0-9.eE+-]+$/.test(value) ? Number(value) : NaN;
  return number >= 0 && number <= 1 ? Math.abs(number) : refuse(value, 'a number from 0 to 1');
}

function readTopk(value: string): number {
  if (value === 'off') return 0;
  const number = wholeNumber(value);
  return number !== null && number >= 1 && number <= 64 ? number : refuse(value, 'off, or 1 to 64');
}

/** Tokens that a run may be asked to add. */
export const MAX_GENERATE = 512;

function readGenerate(value: string): number {
  const number = wholeNumber(value);
  return number !== null && number <= MAX_GENERATE ? number : refuse(value, `0 to ${MAX_GENERATE}`);
}

export function readAblations(value: string): Ablation[] {
  return (value === '' ? [] : value.split(',')).map((part) => {
    const [head = '', mode = 'zero', ...more] = part.split(':');
    const pattern = parsePattern(head);
    if (!pattern || more.length > 0 || (mode !== 'zero' && mode !== 'mean' && mode !== 'uniform')) {
      refuse(part, 'L8H9, L8H9:mean, L8H9:uniform or L2H*, separated by commas');
    }
    return { head: patternName(pattern), mode };
  });
}

/** As the command line spells it; zero is the default and left out. */
export function ablationsText(ablations: readonly Ablation[]): string {
  return ablations.map((a) => `${a.head}:${a.mode}`).join(',');
}

function readSort(value: string): ViewState['sort'] {
  return value.split(',').map((part) => {
    const by = part.replace(/^-/, '');
    if (!(SORT_COLUMNS as readonly string[]).includes(by)) refuse(part, `one of ${SORT_COLUMNS.join(', ')}, with - for descending`);
    return { by: by as SortColumn, descending: part.startsWith('-') };
  });
}

function readSelection(value: string): ViewState['selection'] {
  const match = /^(?:q(\d{1,9}))?(?:k(\d{1,9}))?$/.exec(value);
  if (!match || value === '') refuse(value, 'q1, k2 or q1k2 (query token 1, key token 2)');
  return { q: match[1] === undefined ? null : Number(match[1]), k: match[2] === undefined ? null : Number(match[2]) };
}

function readScroll(value: string): ViewState['scroll'] {
  const [q, k, ...more] = value.split(',').map((part) => wholeNumber(part) ?? refuse(value, 'the first query on screen, or query and key: 12 or 12,40'));
  return q === undefined || more.length > 0 ? refuse(value, 'one or two token numbers') : { q, k: k ?? q };
}

function readZoom(value: string): ViewState['zoom'] {
  const match = /^(\d{1,9})-(\d{1,9}),(\d{1,9})-(\d{1,9})$/.exec(value);
  const [q0, q1, k0, k1] = (match?.slice(1) ?? []).map(Number) as [number, number, number, number];
  return match && q0 < q1 && k0 < k1 ? { q0, q1, k0, k1 } : refuse(value, 'queries and keys as 0-40,0-40');
}

const readTrace = (value: string): string => (/^[\w.-]{1,128}$/.test(value) ? value : refuse(value, 'a trace id'));

const selectionText = ({ q, k }: ViewState['selection']): string | null => (q === null ? '' : `q${q}`) + (k === null ? '' : `k${k}`) || null;
const scrollText = ({ q, k }: ViewState['scroll']): string | null => (q === 0 && k === 0 ? null : q === k ? String(q) : `${q},${k}`);
const zoomText = (z: ViewState['zoom']): string | null => (z ? `${z.q0}-${z.q1},${z.k0}-${z.k1}` : null);

const list = (values: readonly string[], fallback: readonly string[]): string | null =>
  values.join(',') === fallback.join(',') ? null : values.join(',');

/** Known to command line, core and app. a and b are read and written by hand: they belong together. */
const SHARED: readonly Option[] = [
  choice('v', 'view', 'view', ['head', 'model', 'neuron', 'matrix', 'compare', 'corpus', 'map']),
  { key: 'h', name: 'heads', read: (v) => ({ heads: readHeads(v) }), write: (s) => list(s.heads, DEFAULT_STATE.heads) },
  { key: 'p', name: 'pin', read: (v) => ({ pins: readPins(v) }), write: (s) => list(s.pins, []) },
  choice('f', 'attention', 'attention', ['all', 'aa', 'ab', 'ba', 'bb']),
  text('st', 'stack', 'stack'),
  choice('s', 'special', 'special', ['show', 'hide', 'hide-renorm']),
  flag('r', 'renorm', 'renorm'),
  choice('c', 'combine', 'combine', ['separate', 'mean', 'max', 'sum']),
  choice('qy', 'quantity', 'quantity', ['weight', 'norm', 'score', 'rollout', 'flow']),
  { key: 't', name: 'threshold', read: (v) => ({ threshold: unit(v) }),
    write: (s) => (s.threshold === DEFAULT_STATE.threshold ? null : String(s.threshold)) },
  { key: 'k', name: 'topk', read: (v) => ({ topk: readTopk(v) }), write: (s) => (s.topk === null ? null : s.topk === 0 ? 'off' : String(s.topk)) },
  choice('sc', 'scale', 'scale', ['linear', 'log', 'row']),
  choice('cs', 'colours', 'colours', ['auto', 'common', 'own', 'log']),
  flag('w', 'words', 'words'),
  { key: 'ab', name: 'ablate', read: (v) => ({ ablations: readAblations(v) }), write: (s) => (s.ablations.length > 0 ? ablationsText(s.ablations) : null) },
  choice('pr', 'precision', 'precision', PRECISIONS),
  choice('pn', 'panels', 'panels', ['one', 'both']),
  choice('th', 'theme', 'theme', ['light', 'dark', 'print']),
];

function ranges(key: string, name: string, field: 'gridLayers' | 'gridHeads'): Option {
  return { key, name, read: (v) => ({ [field]: parseRanges(v) ? v : refuse(v, 'numbers like 0-3,7') }), write: (s) => s[field] || null };
}

const filter = (key: string, name: string, read: (v: string) => Partial<HeadFilter>, write: (f: HeadFilter) => string | null): Option =>
  // The reader gives a part of the filter; parseLink joins the parts.
  ({ key, name, read: (v) => ({ filter: read(v) as HeadFilter }), write: (s) => write(s.filter) });

/** A part of the right side; parseLink joins the parts. */
const right = (key: string, name: string, read: (v: string) => Partial<RightSide>, write: (r: RightSide) => string | null): Option =>
  ({ key, name, read: (v) => ({ right: read(v) as RightSide }), write: (s) => write(s.right) });

const APP_ONLY: readonly Option[] = [
  choice('dn', 'density', 'density', ['comfortable', 'compact', 'fit']),
  flag('vl', 'values', 'values'),
  numbers('mk', 'treated as special', 'marked'),
  numbers('mw', 'masked', 'masked'),
  { key: 'gn', name: 'tokens to generate', read: (v) => ({ generate: readGenerate(v) }), write: (s) => (s.generate > 0 ? String(s.generate) : null) },
  choice('tn', 'thumbnails', 'thumb', ['auto', 'lines', 'matrix', 'received']),
  choice('or', 'order', 'order', ['layer', 'label', 'score', ...MEASURES]),
  { key: 'de', name: 'details', read: (v) => ({ details: readHeads(v) }), write: (s) => list(s.details, []) },
  ranges('gl', 'layers of the grid', 'gridLayers'),
  ranges('gh', 'heads of the grid', 'gridHeads'),
  choice('po', 'pool', 'pool', ['max', 'mean']),
  choice('cl', 'columns', 'columns', ['linked', 'unlinked']),
  choice('no', 'neurons', 'neurons', ['contribution', 'index', 'pinned']),
  choice('nr', 'rows of keys', 'keyRows', ['position', 'weight']),
  choice('nv', 'vectors', 'vectors', ['after', 'before']),
  choice('nc', 'computation', 'computation', ['shown', 'hidden']),
  { key: 'at', name: 'chosen link', read: (v) => ({ selection: readSelection(v) }), write: (s) => selectionText(s.selection) },
  { key: 'sy', name: 'first row', read: (v) => ({ scroll: readScroll(v) }), write: (s) => scrollText(s.scroll) },
  { key: 'zm', name: 'part of the matrix', read: (v) => ({ zoom: readZoom(v) }), write: (s) => zoomText(s.zoom) },
  choice('sp', 'scope', 'scope', ['input', 'corpus']),
  choice('mp', 'map', 'map', ['map', 'list']),
  choice('by', 'heads ranked by', 'ranking', ['labels', 'link']),
  filter('lb', 'label filter', (v) => ({ labels: v.split(',').map((l) =>
    (/^(family:)?[a-z-]+$/.test(l) ? l : refuse(l, 'label names or family:NAME'))) }), (f) => list(f.labels, [])),
  filter('sm', 'least score', (v) => ({ minScore: unit(v) }), (f) => (f.minScore === 0 ? null : String(f.minScore))),
  filter('ly', 'layers', (v) => ({ layers: parseRanges(v) ? v : refuse(v, 'layers like 0-3,7') }), (f) => f.layers || null),
  filter('nm', 'name', (v) => ({ name: v }), (f) => f.name || null),
  filter('ho', 'hide others', (v) => ({ hideOthers: v === '1' ? true : v === '0' ? false : refuse(v, 'one of 0, 1') }), (f) => (f.hideOthers ? '1' : null)),
  { key: 'so', name: 'sort', read: (v) => ({ sort: readSort(v) }), write: (s) => list(s.sort.map((k) => (k.descending ? '-' : '') + k.by), []) },
  right('wt', 'trace on the right', (v) => ({ trace: readTrace(v) }), (r) => r.trace || null),
  right('wm', 'model on the right', (v) => ({ model: v }), (r) => r.model),
  right('wa', 'text A on the right', (v) => ({ textA: v }), (r) => r.textA),
  right('wb', 'text B on the right', (v) => ({ textB: v }), (r) => r.textB),
  right('wx', 'ablated on the right', (v) => ({ ablations: v === '' ? [] : readAblations(v) }), (r) => r.ablations && ablationsText(r.ablations)),
  choice('cw', 'compare as', 'compareAs', ['sides', 'difference']),
  choice('cm', 'heads by', 'metric', ['js', 'mean', 'labels']),
  { key: 'tr', name: 'trace', read: (v) => ({ trace: readTrace(v) }), write: (s) => s.trace || null },
  { key: 'pc', name: 'picture', read: (v) => ({ picture: readTrace(v) }), write: (s) => s.picture || null },
];
const OPTIONS = new Map([...SHARED, ...APP_ONLY].map((option) => [option.key, option]));

/** One setting by its key; or what it expects, where the value is none. */
export function readSetting(key: string, value: string): Partial<ViewState> | { expected: string } {
  const option = OPTIONS.get(key);
  if (!option) return { expected: 'a key of the link' };
  try {
    return option.read(value);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { expected: error.expected };
  }
}

/** The state with the default of one setting: a link that does not name it. */
export function withoutSetting(state: ViewState, key: string): ViewState {
  const entries = toLink(state).split('&').filter((entry) => !entry.startsWith(`${key}=`));
  const { textA, textB, trace } = state;
  return { ...parseLink(entries.join('&')).state, textA, textB, trace };
}

/** An address without a state: "", "#" or a plain anchor. */
export function isLink(hash: string): boolean { return /^#?hs=/.test(hash); }

export function parseLink(link: string): ParsedLink {
  const problems: LinkProblem[] = [];
  const parts = link.replace(/^#/, '').split('&');
  if (parts[0] !== 'hs=1') {
    return { state: DEFAULT_STATE, problems: [{ key: 'link', value: link.slice(0, 40), expected: 'a link that begins with #hs=1' }] };
  }
  let state = DEFAULT_STATE;
  const texts: { a?: string; b?: string; trace?: boolean } = {};
  for (const part of parts.slice(1)) {
    const equals = part.indexOf('=');
    const key = decode(part.slice(0, Math.max(0, equals)));
    const value = decode(part.slice(equals + 1));
    const known = key === null ? undefined : OPTIONS.get(key);
    if (equals < 0 || key === null || value === null) {
      problems.push({ key: 'link entry', value: part.slice(0, 40), expected: equals < 0 ? 'key=value' : 'UTF-8 text as %XX' });
    } else if (key === 'm') state = { ...state, model: value };
    else if (key === 'a' || key === 'b') texts[key] = value;
    else if (!known) state = { ...state, unknown: [...state.unknown, [key, value]] };
    else {
      try {
        const patch = known.read(value);
        state = { ...state, ...patch, ...(patch.filter ? { filter: { ...state.filter, ...patch.filter } } : {}),
          ...(patch.right ? { right: { ...state.right, ...patch.right } } : {}) };
        if (key === 'tr') texts.trace = true;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        problems.push({ key: known.name, value: error.value, expected: error.expected });
      }
    }
  }
  if (texts.a !== undefined || texts.b !== undefined || texts.trace) state = { ...state, textA: texts.a ?? '', textB: texts.b ?? null };
  return { state, problems };
}

export function utf8Length(value: string): number { return new TextEncoder().encode(value).length; }

/** Texts that do not fit a link: it then names a trace and opens only where that is stored. */
export function textsTooLong(state: ViewState): boolean { return utf8Length(state.textA) + utf8Length(state.textB ?? '') > MAX_LINK_TEXT; }

/** parseLink(toLink(s)).state equals s for every state whose texts fit. traceId: of what is shown. */
export function toLink(state: ViewState, traceId = ''): string {
  const entries: [string, string][] = [];
  if (state.model !== DEFAULT_STATE.model) entries.push(['m', state.model]);
  const byTrace = textsTooLong(state) && (state.trace || traceId) !== '';
  const article = state.textA === ARTICLE_A && state.textB === ARTICLE_B && !state.trace;
  if (!byTrace && !article) {
    // An empty text A needs no entry where another one says that the texts are not the article's.
    if (state.textA !== '' || (state.textB === null && !state.trace)) entries.push(['a', state.textA]);
    if (state.textB !== null) entries.push(['b', state.textB]);
  }
  const written = byTrace ? { ...state, trace: state.trace || traceId } : state;
  for (const option of [...SHARED, ...APP_ONLY]) {
    const value = option.write(written);
    if (value !== null) entries.push([option.key, value]);
  }
  entries.push(...state.unknown.map(([key, value]): [string, string] => [key, value]));
  return `#hs=1${entries.map(([key, value]) => `&${encode(key)}=${encode(value)}`).join('')}`;
}

/** The characters that stay plain are the core's: letters, digits and -._~,:* */
function encode(value: string): string {
  return encodeURIComponent(wellFormed(value)).replace(/[!'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2C/g, ',').replace(/%3A/g, ':');
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** Half a surrogate pair is no text: it becomes U+FFFD, as on the command line. */
export function wellFormed(value: string): string {
  return value.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}
