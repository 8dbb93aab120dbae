import { describe, expect, it } from 'vitest';
import { alignedOf } from '../../base/alignment';
import { DEFAULTS } from '../../ui/types';
import { differenceMap, paneCommand, paneSettings, rightMap } from './token_map';

// Left: [CLS] straw ##berries rot; right: [CLS] fresh strawberries.
const words = alignedOf({ matched: [[0, 1, 0, 1], [1, 3, 2, 3]], left_only: [[3, 4]], right_only: [[1, 2]] });
const right = rightMap(words, words);
const difference = differenceMap(words, words);

describe('tokens of a pane', () => {
  it('pins and the chosen link are those of the same words', () => {
    const s = { ...DEFAULTS, pins: ['q2', 'k3', 'k0'], selection: { q: 1, k: 3 } };
    expect(paneSettings(s, right)).toMatchObject({ pins: ['q2', 'k0'], selection: { q: 2, k: null } });
    expect(paneSettings(s, difference)).toMatchObject({ pins: ['q1', 'k0'], selection: { q: 1, k: null } });
  });

  it('commands come back as the left side’s, or not at all', () => {
    expect(paneCommand('pin.toggle', { pin: 'q2', add: true }, right)).toEqual({ pin: 'q1', add: true });
    expect(paneCommand('pin.toggle', { pin: 'q1', add: true }, right)).toBeNull();
    expect(paneCommand('pin.set', { pins: ['k1'] }, difference)).toEqual({ pins: ['k1'] });
    expect(paneCommand('selection.set', { q: 2, k: null }, right)).toEqual({ q: 1, k: null });
    expect(paneCommand('selection.set', { q: 1, k: 0 }, right)).toBeNull();
    expect(paneCommand('link.find', { side: 'k', index: 2 }, right)).toEqual({ side: 'k', index: 1 });
    expect(paneCommand('place.set', { scroll: { q: 1, k: 1 } }, right)).toBeNull();
    expect(paneCommand('density.set', { value: 'fit' }, right)).toEqual({ value: 'fit' });
  });
});
