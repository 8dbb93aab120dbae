// What a key means in the matrix view.

import { isMenuKey, isPlainKey } from '../common/keys';

export type MatrixKey = { move: [dq: number, dk: number] } | 'choose' | 'menu' | 'zoom-in' | 'zoom-out' | 'fit' | 'brush' | null;

const MOVES: Readonly<Record<string, [number, number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const SINGLE: Readonly<Record<string, MatrixKey>> = { '+': 'zoom-in', '=': 'zoom-in', '-': 'zoom-out', 0: 'fit', b: 'brush', B: 'brush' };

/** singleKeys: letters and digits act (they can be switched off). */
export function matrixKey(event: KeyboardEvent, singleKeys: boolean): MatrixKey {
  const move = MOVES[event.key];
  if (move) return { move };
  if (event.key === 'Enter') return 'choose';
  if (isMenuKey(event)) return 'menu';
  return singleKeys && isPlainKey(event) ? SINGLE[event.key] ?? null : null;
}
