// The address bar follows the state, and the state follows the address. Back follows model, text,
// view and head changes only; all other changes replace the entry. Writes are bundled: browsers
// throttle pages that write their address more than about 200 times in 30 s.

import { isLink, parseLink, toLink, type LinkProblem } from '../base/link';
import type { ViewState } from '../base/state';

const REST = 200;

export interface Place {
  readonly hash: string;
  push: (hash: string) => void;
  replace: (hash: string) => void;
  /** Calls back when somebody else changed it: Back, or a link that was followed. */
  moves: (heard: () => void, signal: AbortSignal) => void;
}

export interface Followed { state: ViewState; problems: LinkProblem[] }

function placeKey(s: ViewState): string { return JSON.stringify([s.model, s.precision, s.picture, s.textA, s.textB, s.trace, s.view, s.heads]); }

export class LinkSync {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pending: { state: ViewState; trace: string; step: number } | null = null;
  private written = { key: '', step: -1, hash: '' };

  constructor(private readonly place: Place) {}

  /** The state in the address, if there is one. */
  read(): Followed | null {
    return isLink(this.place.hash) ? parseLink(this.place.hash) : null;
  }

  /** step: number of the undo step that the state belongs to; typing stays one entry. */
  write(state: ViewState, trace: string, step: number): void {
    this.pending = { state, trace, step };
    this.timer ??= setTimeout(() => { this.flush(); }, REST);
  }

  /** The first state: it replaces the entry that the page was opened with. */
  start(state: ViewState, trace: string, step: number): void {
    this.written = { key: placeKey(state), step, hash: this.place.hash };
    this.write(state, trace, step);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.pending) return;
    const { state, trace, step } = this.pending;
    this.pending = null;
    const hash = toLink(state, trace);
    const key = placeKey(state);
    if (hash !== this.written.hash) {
      if (key !== this.written.key && step !== this.written.step) this.place.push(hash);
      else this.place.replace(hash);
    }
    this.written = { key, step, hash };
  }

  /** On popstate and hashchange: the state to follow, or null where the address is our own. */
  moved(): Followed | null {
    if (this.place.hash === this.written.hash) return null;
    const followed = this.read();
    if (followed) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.pending = null;
      this.written = { key: placeKey(followed.state), step: -1, hash: this.place.hash };
    }
    return followed;
  }

  /** After following an address: later writes of the same step replace its entry. */
  settle(step: number): void { this.written = { ...this.written, step }; }

  dispose(): void {
    clearTimeout(this.timer);
    this.pending = null;
  }
}

export function windowPlace(win: Window): Place {
  return {
    get hash() { return win.location.hash; },
    push: (hash) => { win.history.pushState(null, '', hash); },
    replace: (hash) => { win.history.replaceState(null, '', hash); },
    moves: (heard, signal) => { for (const type of ['popstate', 'hashchange']) win.addEventListener(type, heard, { signal }); },
  };
}
