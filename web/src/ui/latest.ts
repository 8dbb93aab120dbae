// The answer to the newest question of a panel: a newer one aborts the older, a failure is kept
// beside the question, and what was known stays to be shown as stale until the answer is there.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Latest<T> implements ReactiveController {
  private asked = '';
  private known: { key: string; value: T } | undefined;
  private failed: { key: string; error: unknown } | undefined;
  private abort: AbortController | undefined;

  constructor(private readonly host: ReactiveControllerHost) { host.addController(this); }

  /** Asks once for every new key; "" = no question. */
  ask(key: string, load: (signal: AbortSignal) => Promise<T>): void {
    if (key === this.asked) return;
    this.abort?.abort();
    this.abort = undefined;
    this.asked = key;
    this.failed = undefined;
    if (key === '' || this.known?.key === key) return;
    const abort = (this.abort = new AbortController());
    load(abort.signal).then((value) => { this.done(abort, () => { this.known = { key, value }; }); },
      (error: unknown) => { this.done(abort, () => { this.failed = { key, error }; }); });
  }

  private done(abort: AbortController, keep: () => void): void {
    if (abort.signal.aborted || this.abort !== abort) return;
    this.abort = undefined;
    keep();
    this.host.requestUpdate();
  }

  /** The answer to the question asked last; undefined while it is on its way. */
  get value(): T | undefined { return this.known?.key === this.asked ? this.known.value : undefined; }
  /** The last answer of all, to be shown as stale. */
  get last(): T | undefined { return this.known?.value; }
  get busy(): boolean { return this.abort !== undefined; }
  get error(): unknown { return this.failed?.key === this.asked ? this.failed.error : undefined; }

  retry(): void {
    this.asked = '';
    this.host.requestUpdate();
  }

  hostDisconnected(): void {
    this.abort?.abort();
    this.abort = undefined;
    this.asked = '';
  }
}
