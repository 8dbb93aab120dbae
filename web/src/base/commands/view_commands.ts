// Commands about what is shown and how it is drawn.

import { DRAWING_FIELDS } from '../controls';
import { parseLink } from '../link';
import { CommandError, DEFAULT_STATE, SORT_COLUMNS, type Command, type CommandArgs, type HeadFilter, type Scroll, type SortKey, type ViewName,
  type ViewState, type Zoom } from '../state';
import { DEFAULT_FILTER } from '../state';
import { ALL_STACKS, isBlock } from '../trace_info';
import { bad, needTrace, patched, textArg } from './build';

export const TABS: readonly { view: ViewName; title: string; key: string }[] = [
  { view: 'head', title: 'Head', key: '1' }, { view: 'model', title: 'Model', key: '2' }, { view: 'neuron', title: 'Neuron', key: '3' },
  { view: 'matrix', title: 'Matrix', key: '4' },
  { view: 'compare', title: 'Compare', key: '5' }, { view: 'corpus', title: 'Corpus', key: '6' },
];

const views = TABS.map(({ view, title, key }): Command => ({
  id: `view.${view}`, title: `${title} view`, keys: key, name: () => `${title.toLowerCase()} view`,
  run: (state) => patched(state, { view }),
}));

function readSort(value: unknown): SortKey[] {
  const one = (k: unknown): k is SortKey => typeof k === 'object' && k !== null &&
    (SORT_COLUMNS as readonly unknown[]).includes((k as SortKey).by) && typeof (k as SortKey).descending === 'boolean';
  return Array.isArray(value) && value.every(one) ? value.map(({ by, descending }) => ({ by, descending })) : bad('sort', 'a list of {by, descending}');
}

const count = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;

function readScroll(value: unknown): Scroll {
  const { q, k } = (value ?? {}) as Partial<Record<'q' | 'k', unknown>>;
  return count(q) && count(k) ? { q, k } : bad('scroll', 'the first query and key on screen as {q, k}');
}

function readZoom(value: unknown): Zoom | null {
  if (value === null) return null;
  const { q0, q1, k0, k1 } = value as Partial<Record<keyof Zoom, unknown>>;
  return count(q0) && count(q1) && count(k0) && count(k1) && q0 < q1 && k0 < k1 ? { q0, q1, k0, k1 } : bad('zoom', 'null or cells {q0, q1, k0, k1}');
}

function readFilter(state: ViewState, value: unknown): HeadFilter {
  if (typeof value !== 'object' || value === null) bad('filter', 'an object');
  const patch = value as Partial<Record<keyof HeadFilter, unknown>>;
  for (const key of Object.keys(patch) as (keyof HeadFilter)[]) {
    if (!(key in DEFAULT_FILTER) || typeof patch[key] !== typeof DEFAULT_FILTER[key]) bad(`filter ${key}`, Object.keys(DEFAULT_FILTER).join(', '));
  }
  return { ...state.filter, ...(patch as Partial<HeadFilter>) };
}

/** Typing and sliding are one step; a label that is switched on is one of its own. */
function filterIsDragged(args: CommandArgs): boolean {
  const keys = Object.keys((args['filter'] ?? {}) as object);
  return keys.length > 0 && keys.every((key) => ['minScore', 'layers', 'name'].includes(key));
}

const FILTER_NAMES: readonly [keyof HeadFilter, string][] = [['labels', 'filter by label'], ['minScore', 'least score'],
  ['layers', 'filter by layer'], ['name', 'filter by name'], ['hideOthers', 'hide others']];
function filterName({ filter: before }: ViewState, { filter: after }: ViewState): string {
  const changed = FILTER_NAMES.filter(([key]) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return changed.length === 1 && changed[0] ? changed[0][1] : 'head filter';
}

export const viewCommands: readonly Command[] = [
  ...views,
  { id: 'threshold.set', title: 'Threshold', coalesce: true, name: (_b, after) => `threshold ${after.threshold}`,
    options: () => [0, 0.01, 0.05, 0.1, 0.5].map((value) => ({ title: `Threshold: ${value}`, args: { value } })),
    run: (state, _f, args) => {
      const value = args['value'];
      if (typeof value !== 'number' || !(value >= 0 && value <= 1)) bad(`threshold ${JSON.stringify(value)}`, 'a number from 0 to 1');
      return patched(state, { threshold: value });
    } },
  { id: 'topk.set', title: 'Lines per query', coalesce: true, name: (_b, after) => (after.topk ? `top ${after.topk} per query` : 'all lines per query'),
    options: () => [['by length', null], ['all', 0], ['1', 1], ['8', 8],
      ['64', 64]].map(([title, value]) => ({ title: `Lines per query: ${title}`, args: { value } })),
    run: (state, _f, args) => {
      const value = args['value'];
      const fits = value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 64);
      return fits ? patched(state, { topk: value as number | null }) : bad(`top-k ${JSON.stringify(value)}`, 'null (by length), 0 (off) or 1 to 64');
    } },
  { id: 'stack.set', title: 'Stack', enabled: needTrace, name: (_b, after) => `stack ${after.stack || 'default'}`,
    options: (_s, facts) => ((facts.trace?.stacks.length ?? 0) > 1 ? [...(facts.trace?.stacks ?? []).map((s) => s.name), ALL_STACKS]
      : []).map((name) => ({ title: `Stack: ${name}`, args: { value: name } })),
    run: (state, facts, args) => {
      const value = textArg(args, 'value');
      if (value !== '' && facts.trace && !isBlock(facts.trace, value) && !facts.trace.stacks.some((s) => s.name === value)) bad(`stack '${value}'`,
        [...facts.trace.stacks.map((s) => s.name), ALL_STACKS].join(', '));
      return patched(state, { stack: value, pins: [], selection: DEFAULT_STATE.selection, scroll: DEFAULT_STATE.scroll, zoom: null });
    } },
  { id: 'place.set', title: 'Scroll or zoom', name: () => 'scroll', options: () => [], place: true,
    run: (state, _f, args) => patched(state, { ...(args['scroll'] === undefined ? {} : { scroll: readScroll(args['scroll']) }),
      ...(args['zoom'] === undefined ? {} : { zoom: readZoom(args['zoom']) }) }) },
  { id: 'drawing.reset', title: 'Reset the drawing controls', name: () => 'reset of the drawing controls',
    run: (state) => patched(state, Object.fromEntries(DRAWING_FIELDS.map((f) => [f, DEFAULT_STATE[f]]))) },
  { id: 'filter.set', title: 'Filter heads', coalesce: filterIsDragged, name: filterName, options: () => [],
    run: (state, _f, args) => patched(state, { filter: readFilter(state, args['filter']) }) },
  { id: 'filter.clear', title: 'Clear the head filter', name: () => 'clear the head filter', run: (state) => patched(state, { filter: DEFAULT_FILTER }) },
  { id: 'sort.set', title: 'Sort heads', name: () => 'sort heads',
    options: () => SORT_COLUMNS.map((by) => ({ title: `Sort heads by ${by}`, args: { sort: [{ by, descending: by !== 'name' && by !== 'label' }] } })),
    run: (state, _f, args) => patched(state, { sort: readSort(args['sort']), map: 'list' }) },
  { id: 'set', title: 'Open a link', name: () => 'open a link', options: () => [],
    run: (_state, _f, args) => {
      const { state, problems } = parseLink(textArg(args, 'state'));
      const first = problems[0];
      if (first) throw new CommandError('HS-LINK-01', `The link holds ${first.key} '${first.value}'; expected ${first.expected}.`);
      return state;
    } },
];
