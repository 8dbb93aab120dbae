import { describe, expect, it } from 'vitest';
import { MatrixGestures } from './matrix_gestures';

const PLAIN = { add: false, link: false };

function world(): { log: string[]; gestures: MatrixGestures } {
  const log: string[] = [];
  const plot = { x: 0, y: 0, width: 100, height: 100 };
  const gestures = new MatrixGestures({
    plotAt: (x, y) => (x < 100 && y < 100 ? plot : null), isBrush: () => false,
    point: (at) => { log.push(`point ${at.x},${at.y}`); },
    pick: (at, { add, link }) => { log.push(`click ${at.x},${at.y}${add ? ' add' : ''}${link ? ' link' : ''}`); },
    pan: (dx, dy) => { log.push(`pan ${dx},${dy}`); }, zoom: (factor, at) => { log.push(`zoom ${factor} at ${at.x},${at.y}`); },
    brush: () => { /* drawn by the view */ }, zoomToBrush: (r) => { log.push(`to ${r.x},${r.y} ${r.width}×${r.height}`); },
  });
  return { log, gestures };
}

describe('gestures of the matrix', () => {
  it('a press that stays is a click, one that moves pans', () => {
    const { log, gestures } = world();
    gestures.down(1, { x: 10, y: 10 }, 0, false);
    gestures.move(1, { x: 12, y: 11 });
    gestures.up(1, { x: 12, y: 11 }, PLAIN);
    gestures.down(1, { x: 10, y: 10 }, 0, false);
    gestures.move(1, { x: 20, y: 15 });
    gestures.up(1, { x: 20, y: 15 }, PLAIN);
    expect(log).toEqual(['click 12,11', 'pan 10,5']);
  });
  it('Shift marks a rectangle in any direction', () => {
    const { log, gestures } = world();
    gestures.down(1, { x: 60, y: 50 }, 0, true);
    gestures.move(1, { x: 20, y: 10 });
    gestures.up(1, { x: 20, y: 10 }, PLAIN);
    expect(log).toEqual(['to 20,10 40×40']);
  });
  it('two fingers pan and zoom about their middle, and never click', () => {
    const { log, gestures } = world();
    gestures.down(1, { x: 10, y: 10 }, 0, false);
    gestures.down(2, { x: 30, y: 10 }, 0, false);
    gestures.move(2, { x: 50, y: 10 });
    gestures.up(2, { x: 50, y: 10 }, PLAIN);
    gestures.up(1, { x: 10, y: 10 }, PLAIN);
    expect(log).toEqual(['pan 10,0', 'zoom 2 at 30,10']);
  });
  it('a pointer that the system takes leaves nothing behind', () => {
    const { log, gestures } = world();
    gestures.down(1, { x: 10, y: 10 }, 0, false);
    gestures.cancel(1);
    gestures.move(1, { x: 40, y: 40 });
    expect(log).toEqual(['point 40,40']);
  });
});
