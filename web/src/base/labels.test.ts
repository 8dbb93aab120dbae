import { describe, expect, it } from 'vitest';
import source from '../../../src/analysis/labels.cc?raw';
import { FAMILIES, LABELS, MIXED, labelInfo, labelWords } from './labels';

describe('label table', () => {
  const row = /\{"([^"]*)", "([^"]*)", k(\w+), "([^"]*)", "([^"]*)"\}/g;
  const core = [...source.matchAll(row)].map((m) => ({ name: m[1], glyph: m[2], family: (m[3] ?? '').toLowerCase(), words: m[4], score: m[5] }));
  it('is the core’s', () => {
    expect(core.length).toBeGreaterThan(10);
    expect([...LABELS, MIXED]).toEqual(core);
  });
  it('gives every family words', () => {
    for (const label of [...LABELS, MIXED]) expect(FAMILIES.some((f) => f.family === label.family)).toBe(true);
  });
  it('falls back to mixed, and names the sink of causal models', () => {
    expect(labelInfo('no-such')).toBe(MIXED);
    expect([labelWords('cls', true), labelWords('cls', false)]).toEqual(['first token', '[CLS]']);
  });
});
