// The minimap as a control: dragging it, or the arrow keys on it, scrolls the columns.

import type { Side } from '../../ui/axes';
import type { Picture } from './head_paint';

type Column = (side: Side) => HTMLElement | null;

/** Columns that scroll apart follow the pointer in both directions, linked ones down only. */
export function dragMinimap(event: PointerEvent, p: Picture, column: Column, apart: boolean): void {
  const canvas = event.currentTarget as HTMLCanvasElement;
  canvas.setPointerCapture(event.pointerId);
  const place = (side: Side, f: number): void => {
    const element = column(side);
    if (element) element.scrollTop = f * p[side].count * p[side].rowHeight - p[side].viewHeight / 2;
  };
  const move = (e: PointerEvent): void => {
    const box = canvas.getBoundingClientRect();
    place('q', (e.clientY - box.top) / box.height);
    if (apart) place('k', (e.clientX - box.left) / box.width);
  };
  move(event);
  canvas.addEventListener('pointermove', move);
  canvas.addEventListener('pointerup', () => { canvas.removeEventListener('pointermove', move); }, { once: true });
}

export function minimapKey(event: KeyboardEvent, p: Picture, column: Column): void {
  const step = event.key === 'ArrowDown' ? 0.9 : event.key === 'ArrowUp' ? -0.9 : 0;
  const element = column('q');
  if (step === 0 || !element) return;
  element.scrollTop += step * p.q.viewHeight;
  event.preventDefault();
  event.stopPropagation();
}
