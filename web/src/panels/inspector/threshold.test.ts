import { describe, expect, it } from 'vitest';
import source from '../../../../src/analysis/thresholds.cc?raw';
import { LABELS } from '../../base/labels';
import { headLine } from './threshold';

// The calibrated table, read from the core's source.
const table = Object.fromEntries([...source.matchAll(/\{"([\w.-]+)", ([.\d]+)\}/g)].map((m) => [m[1], Number(m[2])]));

describe('the line of a label', () => {
  it('is found for every label that has one', () => {
    expect(LABELS.filter((l) => l.name !== 'delimiters' && headLine(l.name, table, 19, 'input', 0) === null)).toEqual([]);
  });
  it.each([['next', 19, 'input', 0.45], ['sep', 19, 'input', 0.67], ['sep', 112, 'input', 0.6], ['predictive', 19, 'input', 0.3], ['predictive', 112, 'corpus', 0.1], ['same-word', 19, 'input', 0.35], ['nothing', 19, 'input', null]] as const)(
    '%s, %s tokens, %s: %s', (label, tokens, scope, line) => { expect(headLine(label, table, tokens, scope, 40)).toBe(line); });
  it('is not guessed without the core’s table', () => { expect(headLine('next', null, 19, 'input', 0)).toBeNull(); });
});
