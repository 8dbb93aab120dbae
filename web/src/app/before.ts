// The state before: the last trace but one as it was shown, looked at while a key is held, and how far
// each head's attention moved since then.

import type { Engine, TraceEntry } from '../api/engine';
import { fitTo } from '../base/fit';
import type { ViewState } from '../base/state';
import { isBlock } from '../base/trace_info';
import { S } from '../base/words/shell';
import { divergences, type Moved } from '../panels/common/divergence';
import { failureOf } from './session';

export interface Shown { trace: TraceEntry; state: ViewState }

export class Before {
  /** null: there is no earlier picture. */
  last: Shown | null = null;
  held = false;
  /** Nats a head, or why nobody can say. null: being measured. */
  moved: Moved | string | null = null;
  /** How much of that is done, 0–1. */
  share = 0;
  private current: Shown | null = null;
  private fitted: ViewState | null = null;
  /** Long texts take a while: it goes on when the key is let go, and the next look shows how far it is. */
  private measuring = new AbortController();
  /** Traces and stack of what is measured, or has been. */
  private measured = '';

  constructor(private readonly engine: Engine, private readonly changed: () => void) {}

  /** What is on screen now: it becomes the state before when another trace comes. */
  remember(shown: Shown): void { this.current = shown; }

  /** Another trace has come. */
  arrived(to: TraceEntry): void {
    if (this.current && this.current.trace.id !== to.id) this.last = this.current;
    this.held = false;
    if (!this.measured.startsWith(`${to.id} `)) this.giveUp();
  }

  /** Another run is asked for, which must not wait for a measurement. One that is done stays. */
  giveUp(): void {
    if (this.moved !== null) return;
    this.measuring.abort();
    this.measured = '';
  }

  hold(on: boolean, trace: TraceEntry | null, state: ViewState): void {
    if (on === this.held || (on && !this.last)) return;
    this.held = on;
    this.fitted = null;
    if (on && trace) this.measure(trace, state);
    this.changed();
  }

  /** The earlier trace under the present settings, but with the pins and marks of its own text; null where it is not held. */
  shown(state: ViewState): Shown | null {
    if (!this.held || !this.last) return null;
    const { pins, marked, selection } = this.last.state;
    this.fitted ??= fitTo(this.last.trace, { ...state, pins, marked, selection }).state;
    return { trace: this.last.trace, state: this.fitted };
  }

  private measure(trace: TraceEntry, state: ViewState): void {
    const { last } = this;
    const of = [trace.id, last?.trace.id, state.stack].join(' ');
    if (!last || of === this.measured) return;
    this.measuring.abort();
    this.measured = of;
    this.moved = null;
    this.share = 0;
    if (isBlock(trace, state.stack)) {
      this.moved = S.oneStack;
      return;
    }
    const abort = (this.measuring = new AbortController());
    const done = (moved: Moved | string): void => {
      if (abort.signal.aborted) return;
      this.moved = moved;
      this.changed();
    };
    const progress = (all: number, total: number): void => {
      if (abort.signal.aborted || total === 0) return;
      this.share = all / total;
      this.changed();
    };
    divergences(this.engine, trace, last.trace, state.stack, { signal: abort.signal, progress }).then(done,
      (error: unknown) => {
        done(failureOf(error).message);
        // Asked again at the next look.
        if (!abort.signal.aborted) this.measured = '';
      });
  }
}
