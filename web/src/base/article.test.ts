import { describe, expect, it } from 'vitest';
import source from '../../../src/analysis/article.cc?raw';
import names from '../../../src/analysis/score_table.h?raw';
import { ARTICLE, findToken } from './article';
import { fixtureTrace } from './fixture';
import { labelInfo, LABELS, scoreWords } from './labels';

describe('the article’s patterns', () => {
  it('are the core’s: number, head and the position of the word in the pair', () => {
    const rows = [...source.matchAll(/\{(\d),\s*"[^"]+",\s*\{(\d+), (\d+)\},\s*(\d+),/g)].map(([, number, layer, head, query]) =>
      [Number(number), `L${layer}H${head}`, Number(query)]);
    expect(rows).toHaveLength(6);
    const trace = fixtureTrace();
    expect(ARTICLE.map((p) => [p.number, p.head, findToken(trace, p.word, p.occurrence)])).toEqual(rows);
  });
  it('hold where their label does', () => {
    for (const p of ARTICLE) expect([p.label, labelInfo(p.label).score]).toEqual([p.label, p.score]);
  });
});

it('every score of the core has words', () => {
  const scores = [...names.matchAll(/\{Score::k\w+, "([a-z_]+)"/g)].map((m) => m[1] as string);
  expect(scores.length).toBeGreaterThan(15);
  expect(scores.filter((name) => scoreWords(name) === name && name.includes('_'))).toEqual([]);
  expect(LABELS.every((l) => scores.includes(l.score))).toBe(true);
});
