// What the server has: its traces, its model and what it can do; asked for at the start, while it
// reads its model, and when it cannot do what it said it could.

import type { Engine, EngineInfo } from '../api/engine';
import { modelRead } from '../api/model_read';

export class ServerState {
  info: EngineInfo | null = null;
  private waiting = new AbortController();
  private asked = false;

  /** changed: something is known anew; failed: the server does not answer. */
  constructor(private readonly engine: Engine, private readonly changed: () => void, private readonly failed: (error: unknown) => void) {}

  /** Throws where the server does not answer. */
  async first(): Promise<EngineInfo> { return (this.info = await this.engine.info()); }

  /** What it has by now; false where it does not answer. */
  look(): Promise<boolean> { return this.wait(async () => { this.learn(await this.engine.info()); }); }

  /** What it has once no model is being read: one that was given up may be on its way back. */
  settled(): Promise<boolean> {
    return this.wait(async (signal) => { this.learn(await modelRead(this.engine, { signal })); });
  }

  /** Until its model has been read, telling how far it is; false where it stopped answering, or nobody waits any more. */
  modelRead(): Promise<boolean> {
    return this.wait(async (signal) => { await modelRead(this.engine, { signal, seen: (info) => { this.learn(info); } }); });
  }

  /** Once for each step of the user: where the answer stays the same, so does the refusal. */
  async lookOnce(): Promise<boolean> {
    if (this.asked) return false;
    this.asked = true;
    return this.modelRead();
  }
  stepTaken(): void { this.asked = false; }

  stop(): void { this.waiting.abort(); }
  resume(): void { this.waiting = new AbortController(); }

  private learn(info: EngineInfo): void {
    this.info = info;
    this.changed();
  }

  private async wait(ask: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const { signal } = this.waiting;
    try {
      await ask(signal);
      return true;
    } catch (error) {
      if (!signal.aborted) this.failed(error);
      return false;
    }
  }
}
