// The eye on a question whose answer is awaited: asks for its progress now and then, and gives it up
// when the other side stays silent. Time is what this page really lived through: after a sleep, or in
// a hidden tab whose timers come once a minute, a tick comes late, and silence that nobody could have
// heard proves nothing. A late tick asks first and judges at the next one.

import type { Liveness } from './transport';

export interface Watched {
  /** Asks for progress; resolves when the other side answered. */
  probe: () => Promise<void>;
  /** Somebody waits for progress: ask at every tick. */
  eager: boolean;
  lost: () => void;
}

/** A tick that comes this many polls late was not waiting for an answer. */
const LATE_POLLS = 4;

export function watch({ silence, poll }: Liveness, { probe, eager, lost }: Watched, now: () => number = () => Date.now()): () => void {
  let heard = now();
  let ticked = heard;
  let asking = false;
  const timer = setInterval(() => {
    const time = now();
    const late = time - ticked > LATE_POLLS * poll;
    ticked = time;
    if (late) heard = time;
    if (time - heard > silence) {
      clearInterval(timer);
      lost();
      return;
    }
    if (asking || (!late && !eager && time - heard < silence / 4)) return;
    asking = true;
    probe().then(() => { heard = now(); }, () => undefined).finally(() => { asking = false; });
  }, poll);
  return () => { clearInterval(timer); };
}
