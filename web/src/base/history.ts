// Undo and redo: up to 100 steps of immutable states, each with the name under which it is listed.
// Typing and dragging coalesce: steps of one name within 500 ms of each other are one.

import type { ViewState } from './state';

export const MAX_STEPS = 100;
export const COALESCE_MS = 500;

interface Step { before: ViewState; name: string; coalesce: boolean; time: number }

export class History {
  private past: Step[] = [];
  private future: { after: ViewState; name: string }[] = [];

  constructor(private present: ViewState, private readonly now: () => number = () => performance.now()) {}

  get state(): ViewState { return this.present; }
  get undoName(): string | null { return this.past[this.past.length - 1]?.name ?? null; }
  get redoName(): string | null { return this.future[this.future.length - 1]?.name ?? null; }

  /** Returns whether a new step was made: false where it joined the last one or nothing changed. */
  push(next: ViewState, name: string, coalesce = false): boolean {
    if (next === this.present) return false;
    const last = this.past[this.past.length - 1];
    const time = this.now();
    const joins = coalesce && last?.coalesce === true && last.name === name && time - last.time < COALESCE_MS && this.future.length === 0;
    if (joins) last.time = time;
    else {
      this.past.push({ before: this.present, name, coalesce, time });
      if (this.past.length > MAX_STEPS) this.past.shift();
    }
    this.present = next;
    this.future = [];
    return !joins;
  }

  /** Replaces the present without a step: what follows from a step, such as pins carried to a new text. */
  amend(next: ViewState): void { this.present = next; }

  undo(): string | null {
    const step = this.past.pop();
    if (!step) return null;
    this.future.push({ after: this.present, name: step.name });
    this.present = step.before;
    return step.name;
  }

  redo(): string | null {
    const step = this.future.pop();
    if (!step) return null;
    this.past.push({ before: this.present, name: step.name, coalesce: false, time: this.now() });
    this.present = step.after;
    return step.name;
  }
}
