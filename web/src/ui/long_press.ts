// Touch has no right button: holding something still for half a second does the same.

const LONG_PRESS = 500;
const STILL = 8;

export function longPress(event: PointerEvent, act: (x: number, y: number) => void): void {
  if (event.pointerType !== 'touch') return;
  const target = event.currentTarget as HTMLElement;
  const stop = new AbortController();
  const timer = setTimeout(() => { act(event.clientX, event.clientY); }, LONG_PRESS);
  for (const type of ['pointerup', 'pointercancel', 'pointerleave', 'pointermove']) {
    target.addEventListener(type, (e) => {
      const { clientX, clientY } = e as PointerEvent;
      if (type === 'pointermove' && Math.hypot(clientX - event.clientX, clientY - event.clientY) < STILL) return;
      clearTimeout(timer);
      stop.abort();
    }, { signal: stop.signal });
  }
}
