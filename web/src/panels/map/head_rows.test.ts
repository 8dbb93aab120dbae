import { describe, expect, it } from 'vitest';
import { PLAIN_RULE } from '../../base/layer_rule';
import { DEFAULT_FILTER, type HeadFilter, type SortKey } from '../../base/state';
import type { HeadSummary } from '../common/summary';
import { columnValue, headRows, isFiltering, labelCounts, listOrder, matches, nearest, nextSort, sortRows } from './head_rows';

const stack = { name: 'self', layers: [0, 3], heads: [2, 1], kv_heads: [2, 1], rules: [PLAIN_RULE, PLAIN_RULE] };

function summary(layer: number, head: number, labels: string[], scores: Record<string, number | null>, more: Partial<HeadSummary> = {}): HeadSummary {
  return { stack: 'self', layer, head, labels, leaning: [], too_few: [], undecided: [], near_line: [], incl_itself: false, distance: 1, reach: 1,
    entropy: 1, scores, ...more };
}
const input = [summary(0, 0, ['next', 'sep'], { next: 0.9, sep: 0.7, same_including_itself: 0.1 }, { entropy: 0.2 }),
  summary(0, 1, [], { next: 0.1, sep: 0.3, same_including_itself: 0.31 }, { entropy: 2 }),
    summary(3, 0, ['sep'], { next: 0, sep: 0.8 }, { entropy: null })];
const filter = (f: Partial<HeadFilter>): HeadFilter => ({ ...DEFAULT_FILTER, ...f });
const rows = (f: Partial<HeadFilter> = {}, other?: HeadSummary[]): ReturnType<typeof headRows> =>
  headRows(stack, input, { causal: false, filter: filter(f), ...(other ? { other, otherName: 'corpus' } : {}) });
const kept = (f: Partial<HeadFilter>): string[] => rows(f).filter((r) => matches(r, filter(f))).map((r) => r.name);

describe('rows', () => {
  it('follow the stack, unequal layers and layer numbers kept', () => {
    expect(rows().map((r) => [r.name, r.at, r.info.name, r.score])).toEqual([['L0H0', 0, 'next', 0.9], ['L0H1', 0, '', null], ['L3H0', 1, 'sep', 0.8]]);
  });
  it('show the label that the filter asks for', () => {
    expect(rows({ labels: ['family:delimiter'] }).map((r) => [r.info.name, r.score])).toEqual([['sep', 0.7], ['', null], ['sep', 0.8]]);
  });
  it('exist before there are summaries, and then match no label', () => {
    const empty = headRows(stack, null, { causal: false, filter: DEFAULT_FILTER });
    expect(empty).toHaveLength(3);
    expect(empty.some((r) => matches(r, filter({ labels: ['family:mixed'] })))).toBe(false);
  });
  it('call the sink of causal models by its name', () => {
    const [row] = headRows(stack, [summary(0, 0, ['cls'], { cls: 0.9 })], { causal: true, filter: DEFAULT_FILTER });
    expect(row?.words).toBe('first token');
  });
  it.each([[[], '', ''], [['next'], '', 'corpus: next token'], [['sep'], 'corpus: [SEP]', 'corpus: [SEP]']] as const)(
    'flag scopes that disagree: corpus %j', (labels, _first, second) => {
      const other = [summary(0, 0, ['sep', 'next'], {}), summary(0, 1, [...labels], {}), summary(3, 0, ['sep'], {})];
      expect(rows({}, other).map((r) => r.disagrees)).toEqual(['', second, '']);
    });
  it('disagree when the best label there is none here', () => {
    expect(rows({}, [summary(0, 0, ['broad', 'next'], {})])[0]?.disagrees).toBe('corpus: broad');
  });
});

describe('filter', () => {
  it.each<[Partial<HeadFilter>, string[]]>([
    [{}, ['L0H0', 'L0H1', 'L3H0']],
    [{ labels: ['next'] }, ['L0H0']],
    [{ labels: ['next', 'family:mixed'] }, ['L0H0', 'L0H1']],
    [{ labels: ['family:delimiter'] }, ['L0H0', 'L3H0']],
    [{ labels: ['family:delimiter'], minScore: 0.75 }, ['L3H0']],
    [{ minScore: 0.85 }, ['L0H0']],
    [{ layers: '0-1' }, ['L0H0', 'L0H1']],
    [{ layers: '3' }, ['L3H0']],
    [{ name: 'l3' }, ['L3H0']],
    [{ name: 'next' }, ['L0H0']],
    [{ name: 'zebra' }, []],
  ])('%j keeps %j', (f, expected) => { expect(kept(f)).toEqual(expected); });
  it('knows when it does anything', () => {
    expect([DEFAULT_FILTER, filter({ hideOthers: true }), filter({ name: 'x' })].map(isFiltering)).toEqual([false, false, true]);
  });
  it('names the nearest head where nothing matches', () => {
    expect(nearest(rows(), filter({ labels: ['same-word'] }))).toMatchObject({ row: { name: 'L0H1' }, score: 0.31, info: { name: 'same-word' } });
  });
  it('counts labels', () => { expect([...labelCounts(rows())]).toEqual([['next', 1], ['sep', 2], ['', 1]]); });
});

describe('order', () => {
  const sorted = (...keys: SortKey[]): string[] => sortRows(rows(), keys).map((r) => r.name);
  it.each<[SortKey[], string[]]>([
    [[], ['L0H0', 'L0H1', 'L3H0']],
    [[{ by: 'name', descending: true }], ['L3H0', 'L0H1', 'L0H0']],
    [[{ by: 'score', descending: true }], ['L0H0', 'L3H0', 'L0H1']],
    [[{ by: 'score', descending: false }], ['L3H0', 'L0H0', 'L0H1']],
    [[{ by: 'entropy', descending: true }], ['L0H1', 'L0H0', 'L3H0']],
    [[{ by: 'distance', descending: true }, { by: 'sep', descending: true }], ['L3H0', 'L0H0', 'L0H1']],
  ])('%j', (keys, expected) => { expect(sorted(...keys)).toEqual(expected); });
  it('takes a second key with Shift, turns a held one', () => {
    const one = nextSort([], 'score', false);
    expect(one).toEqual([{ by: 'score', descending: true }]);
    expect(nextSort(one, 'score', false)).toEqual([{ by: 'score', descending: false }]);
    expect(nextSort(one, 'name', true)).toEqual([...one, { by: 'name', descending: false }]);
    expect(nextSort([...one, { by: 'name', descending: false }], 'entropy', true)).toEqual([...one, { by: 'entropy', descending: true }]);
    expect(nextSort([...one, { by: 'name', descending: false }], 'name', false)).toEqual([{ by: 'name', descending: false }]);
    expect(nextSort(one, 'label', false)).toEqual([{ by: 'label', descending: false }]);
  });
  it('takes changes from outside', () => {
    expect(sortRows(rows(), [{ by: 'change', descending: true }], { changes: new Map([['L3H0', 0.2]]) }).map((r) => r.name)[0]).toBe('L3H0');
  });
  it('a filter by label ranks by its score, what it keeps first', () => {
    const f = filter({ labels: ['family:delimiter'] });
    const all = headRows(stack, input, { causal: false, filter: f });
    const keeps = new Set(all.filter((r) => matches(r, f)).map((r) => r.name));
    expect(sortRows(all, listOrder([], f), { kept: keeps }).map((r) => [r.name, r.score])).toEqual([['L3H0', 0.8], ['L0H0', 0.7], ['L0H1', null]]);
    // The dimmed head with the highest entropy does not lead.
    expect(sortRows(all, listOrder([{ by: 'entropy', descending: true }], f), { kept: keeps }).map((r) => r.name)).toEqual(['L0H0', 'L3H0', 'L0H1']);
    expect(listOrder([], DEFAULT_FILTER)).toEqual([]);
    expect(columnValue(rows()[0] as ReturnType<typeof rows>[number], 'change')).toBeNull();
  });
});
