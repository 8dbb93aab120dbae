import { describe, expect, it } from 'vitest';
import { nextDensity, Pinch } from './pinch';

function fingers(): { pinch: Pinch; log: string[] } {
  const log: string[] = [];
  return { log, pinch: new Pinch({ scrollBy: (dy) => { log.push(`scroll ${dy}`); }, density: (step) => { log.push(`density ${step}`); } }) };
}

describe('fingers on the head view', () => {
  it('one does nothing, two pan', () => {
    const { pinch, log } = fingers();
    pinch.down(1, { x: 0, y: 100 });
    pinch.move(1, { x: 0, y: 80 });
    expect(log).toEqual([]);
    pinch.down(2, { x: 100, y: 80 });
    pinch.move(1, { x: 0, y: 70 });
    pinch.move(2, { x: 100, y: 70 });
    expect(log).toEqual(['scroll 5', 'scroll 5']);
    pinch.up(2);
    pinch.move(1, { x: 0, y: 0 });
    expect(log).toHaveLength(2);
  });

  it('step through the row heights as they part and close', () => {
    const { pinch, log } = fingers();
    pinch.down(1, { x: 0, y: 0 });
    pinch.down(2, { x: 100, y: 0 });
    pinch.move(2, { x: 130, y: 0 });
    pinch.move(2, { x: 140, y: 0 });
    pinch.move(2, { x: 100, y: 0 });
    expect(log.filter((l) => l.startsWith('density'))).toEqual(['density 1', 'density -1']);
    expect([nextDensity('compact', 1), nextDensity('comfortable', 1), nextDensity('compact', -1), nextDensity('fit', -1)])
      .toEqual(['comfortable', 'comfortable', 'fit', 'fit']);
  });
});
