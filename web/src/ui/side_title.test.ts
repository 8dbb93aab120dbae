import { describe, expect, it } from 'vitest';
import { fixtureTrace } from '../base/fixture';
import { ALL_STACKS, type TraceInfo } from '../base/trace_info';
import { sideTitle } from './side_title';

const one = fixtureTrace(['a', 'b']);
const stack = one.stacks[0] as TraceInfo['stacks'][number];
const two: TraceInfo = { ...one, key: fixtureTrace(['x', 'y', 'z']).query, stacks: ['encoder', 'decoder', 'cross'].map((name) => ({ ...stack, name })) };

describe('names of the sides', () => {
  it('say whose tokens they are where there are two texts', () => {
    expect([sideTitle(one, '', 'q'), sideTitle(one, '', 'k')]).toEqual(['Query', 'Key']);
    const of = (name: string): string[] => [sideTitle(two, name, 'q'), sideTitle(two, name, 'k')];
    expect(of('encoder')).toEqual(['Query (source)', 'Key (source)']);
    expect(of('decoder')).toEqual(['Query (target)', 'Key (target)']);
    expect(of('cross')).toEqual(['Query (target)', 'Key (source)']);
    expect(of(ALL_STACKS)).toEqual(['Query (source, then target)', 'Key (source, then target)']);
  });
});
