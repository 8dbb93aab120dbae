import { describe, expect, it } from 'vitest';
import { fixtureTrace } from './fixture';
import { patchAt, patchOf, tokenOfPatch } from './patches';

const tokens = { ...fixtureTrace(['[CLS]', 'p0,0', 'p0,1', 'p1,0', 'p1,1']).query, kinds: ['text', 'patch', 'patch', 'patch', 'patch'] };

describe('patches of a picture', () => {
  it('are its tokens but the class token, row by row', () => {
    expect([0, 1, 4].map((t) => patchOf(tokens, t))).toEqual([null, 0, 3]);
    expect([0, 3, 4].map((p) => tokenOfPatch(tokens, p))).toEqual([1, 4, null]);
    expect(patchOf(fixtureTrace(['a']).query, 0)).toBeNull();
  });
  it('lie where they were cut', () => {
    const info = { width: 32, height: 32, rows: 2, columns: 2 };
    expect([patchAt(info, 0.1, 0.1), patchAt(info, 0.9, 0.1), patchAt(info, 0.1, 0.9), patchAt(info, 1, 0)]).toEqual([0, 1, 2, null]);
  });
});
