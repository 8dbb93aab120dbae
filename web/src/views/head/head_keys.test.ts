import { describe, expect, it } from 'vitest';
import { headKey } from './head_keys';

const key = (name: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }) as KeyboardEvent;
const last = { q: 4, k: 9 };

describe('keys of the head view', () => {
  it.each([['ArrowDown', 'q', 4, 'q', 4], ['ArrowDown', 'k', 4, 'k', 5], ['ArrowUp', 'k', 0, 'k', 0], ['ArrowRight', 'q', 3, 'k', 3],
    ['ArrowLeft', 'k', 9, 'q', 4], ['Home', 'k', 7, 'k', 0], ['End', 'k', 7, 'k', 9]] as const)('%s at %s%i goes to %s%i', (name, side, index, to, at) => {
    expect(headKey(key(name), { side, index }, last)).toEqual({ to: { side: to, index: at } });
  });
  it.each([['Enter', {}, 'pin'], ['Enter', { shiftKey: true }, 'add-pin'], ['F10', { shiftKey: true }, 'menu'], ['ContextMenu', {}, 'menu'],
    ['Escape', {}, 'escape'], ['x', {}, null], ['ArrowDown', { ctrlKey: true }, null]] as const)('%s %j is %s', (name, more, meaning) => {
    expect(headKey(key(name, more), { side: 'q', index: 0 }, last)).toBe(meaning);
  });
});
