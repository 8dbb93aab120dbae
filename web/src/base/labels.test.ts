import { describe, expect, it } from 'vitest';
import scoreTable from '../../../src/analysis/score_table.h?raw';
import source from '../../../src/analysis/labels.cc?raw';
import { FAMILIES, LABELS, MIXED, labelInfo, labelWords, labelsOf } from './labels';

describe('label table', () => {
  const scores = new Map([...scoreTable.matchAll(/\{Score::(k\w+),\s*"([a-z_]+)"/g)].map((m) => [m[1], m[2]]));
  const row = /(?:only\(k(\w+),\s*)?row\("([^"]*)", "([^"]*)", k(\w+), "([^"]*)",\s*(k\w+),/g;
  const core = [...source.matchAll(row)].map((m) => ({
    name: m[2], glyph: m[3], family: (m[4] ?? '').toLowerCase(), words: m[5], score: scores.get(m[6] ?? ''),
    ...(m[1] === undefined ? {} : { models: m[1].toLowerCase() }),
  }));
  const mixed = /kMixedRow = \{"", "([^"]*)", k(\w+), "([^"]*)", ""/.exec(source);
  it('is the core’s', () => {
    expect(core.length).toBeGreaterThan(10);
    expect(LABELS).toEqual(core);
    expect([MIXED.glyph, MIXED.family, MIXED.words]).toEqual([mixed?.[1], mixed?.[2]?.toLowerCase(), mixed?.[3]]);
  });
  it('gives every family words', () => {
    for (const label of [...LABELS, MIXED]) expect(FAMILIES.some((f) => f.family === label.family)).toBe(true);
  });
  it('tells the labels of causal models', () => {
    const names = (causal: boolean): string[] => labelsOf(causal).map((l) => l.name);
    expect(names(true).filter((n) => !names(false).includes(n))).toEqual(['induction', 'duplicate', 'first-token']);
    expect(names(false).filter((n) => !names(true).includes(n))).toEqual(['next', 'predictive', 'cls', 'sep', 'delimiters']);
  });
  it('falls back to mixed, and names the sink of causal models', () => {
    expect(labelInfo('no-such')).toBe(MIXED);
    expect([labelWords('cls', true), labelWords('cls', false)]).toEqual(['first token', '[CLS]']);
  });
});
