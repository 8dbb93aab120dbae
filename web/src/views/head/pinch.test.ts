import { describe, expect, it } from 'vitest';
import { Pinch } from './pinch';

function fingers(): { pinch: Pinch; log: [string, ...number[]][] } {
  const log: [string, ...number[]][] = [];
  return { log, pinch: new Pinch({ scrollBy: (dy) => { log.push(['scroll', dy]); }, zoom: (factor, y) => { log.push(['zoom', factor, y]); } }) };
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
    expect(log.filter(([what]) => what === 'scroll')).toEqual([['scroll', 5], ['scroll', 5]]);
    const zoomed = log.filter(([what]) => what === 'zoom').reduce((all, [, factor]) => all * (factor as number), 1);
    expect(zoomed).toBeCloseTo(1, 12);
    pinch.up(2);
    pinch.move(1, { x: 0, y: 0 });
    expect(log).toHaveLength(4);
  });

  it('zoom by how far they part, at the middle between them, with every move', () => {
    const { pinch, log } = fingers();
    pinch.down(1, { x: 0, y: 0 });
    pinch.down(2, { x: 100, y: 0 });
    for (const x of [110, 132, 66]) pinch.move(2, { x, y: 0 });
    const zooms = log.filter(([what]) => what === 'zoom');
    expect(zooms.map(([, factor]) => factor)).toEqual([1.1, 1.2, 0.5]);
    expect(zooms.every(([, , y]) => y === 0)).toBe(true);
  });
});
