import { describe, expect, it } from 'vitest';
import { Camera } from './camera';

const plot = { x: 10, y: 20, width: 100, height: 100 };
const shape = { rows: 20, cols: 20 };

describe('the part of a matrix on screen', () => {
  it('is all of it at first, and again when the stage changes', () => {
    const camera = new Camera();
    expect(camera.place(plot, shape, null, '')).toEqual({ x: 0, y: 0, cell: 5 });
    expect(camera.place({ ...plot, width: 200, height: 200 }, shape, null, '')).toEqual({ x: 0, y: 0, cell: 10 });
    expect(camera.zoomOf(plot, shape)).toBeNull();
  });

  it('stays where the user went, and comes back from the state', () => {
    const camera = new Camera();
    camera.place(plot, shape, null, '');
    camera.zoom(2, { x: 10, y: 20 }, plot, shape); // at the corner: 10 cells of 10 px
    expect(camera.place(plot, shape, null, '')).toEqual({ x: 0, y: 0, cell: 10 });
    camera.pan(-30, -20);
    const zoom = camera.zoomOf(plot, shape);
    expect(zoom).toEqual({ q0: 2, q1: 12, k0: 3, k1: 13 });
    const other = new Camera();
    other.take(zoom);
    expect(other.place(plot, shape, zoom, '')).toEqual({ x: 3, y: 2, cell: 10 });
  });

  it('moves as little as shows a cell', () => {
    const camera = new Camera();
    camera.place(plot, shape, null, '');
    camera.show({ q0: 0, q1: 10, k0: 0, k1: 10 }, plot);
    expect(camera.reveal({ q: 9, k: 3 }, plot)).toBe(false);
    expect(camera.reveal({ q: 10, k: 3 }, plot)).toBe(true);
    expect(camera.view).toEqual({ x: 0, y: 1, cell: 10 });
    expect(camera.pointOf({ q: 10, k: 3 }, plot)).toEqual({ x: 45, y: 115 });
  });
});
