import { describe, expect, it } from 'vitest';
import links from '../../../tests/data/view_links.json';
import { parseLink, textsTooLong, toLink, wellFormed } from './link';
import { randomState } from './random_state';
import { seeded } from './random';
import { ARTICLE_A, ARTICLE_B, DEFAULT_STATE, type ViewState } from './state';

interface Shared { accepted: [string, string][]; refused: string[] }
// Read by src/figure/view_state_test.cc too: both must agree.
const shared = links as unknown as Shared;

describe('links that core and app read alike', () => {
  it.each(shared.accepted)('%s', (link, again) => {
    const { state, problems } = parseLink(link);
    expect(problems).toEqual([]);
    expect(toLink(state)).toBe(again);
    expect(parseLink(again).state).toEqual(state);
  });
  it.each(shared.refused)('refused: %s', (link) => {
    expect(parseLink(link).problems).toHaveLength(1);
  });
});

describe('parseLink and toLink', () => {
  it('leaves defaults out', () => {
    expect(toLink(DEFAULT_STATE)).toBe('#hs=1');
    expect(parseLink('#hs=1').state).toEqual({ ...DEFAULT_STATE, textA: ARTICLE_A, textB: ARTICLE_B });
  });
  it('brings back 500 random states', () => {
    const random = seeded(20181);
    for (let i = 0; i < 500; i++) {
      const state = randomState(random);
      const link = toLink(state);
      expect(parseLink(link), link).toEqual({ state, problems: [] });
    }
  });
  it('keeps what is valid beside what is not', () => {
    const { state, problems } = parseLink('#hs=1&h=L3H1&r=yes&t=0');
    expect(state.heads).toEqual(['L3H1']);
    expect(state.renorm).toBe(false);
    expect(state.threshold).toBe(0);
    expect(problems).toEqual([{ key: 'renorm', value: 'yes', expected: 'one of 0, 1' }]);
  });
  it('keeps keys of a newer headscope', () => {
    const link = '#hs=1&a=x&zz=new&zy=';
    expect(parseLink(link).state.unknown).toEqual([['zz', 'new'], ['zy', '']]);
    expect(toLink(parseLink(link).state)).toBe(link);
  });
  it('names the trace where the texts are above 4 kB', () => {
    const long: ViewState = { ...DEFAULT_STATE, textA: 'ä'.repeat(2049) };
    expect(textsTooLong(long)).toBe(true);
    expect(toLink(long, 'abc123')).toBe('#hs=1&tr=abc123');
    expect(textsTooLong({ ...DEFAULT_STATE, textA: 'ä'.repeat(2048), textB: null })).toBe(false);
    expect(parseLink('#hs=1&tr=abc123').state).toMatchObject({ trace: 'abc123', textA: '', textB: null });
  });
  it('mends half surrogate pairs', () => {
    expect(wellFormed('a\uD83Cb\uDF53🍓')).toBe('a\uFFFDb\uFFFD🍓');
  });
});
