// What the server has: its traces, its model and what it can do; asked for at the start, while it
// reads its model, and when it cannot do what it said it could.

import type { Engine, EngineInfo } from '../api/engine';

const LOADING_POLL = 300;

export class ServerState {
  info: EngineInfo | null = null;
  private stopped = false;
  private asked = false;

  /** changed: something is known anew; failed: the server does not answer. */
  constructor(private readonly engine: Engine, private readonly changed: () => void, private readonly failed: (error: unknown) => void) {}

  /** Throws where the server does not answer. */
  async first(): Promise<EngineInfo> { return (this.info = await this.engine.info()); }

  /** What it has by now; false where it does not answer. */
  async look(): Promise<boolean> {
    try {
      this.info = await this.engine.info();
      this.changed();
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  /** What it has once no model is being read: one that was given up may be on its way back. */
  async settled(): Promise<void> {
    try {
      let info = await this.engine.info();
      while (info.loading && !this.stopped) {
        await new Promise((resolve) => setTimeout(resolve, LOADING_POLL));
        info = await this.engine.info();
      }
      this.info = info;
      this.changed();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Until its model has been read; false where it stopped answering. */
  async modelRead(): Promise<boolean> {
    while (this.info?.loading && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, LOADING_POLL));
      if (!(await this.look())) return false;
    }
    return true;
  }

  /** Once for each step of the user: where the answer stays the same, so does the refusal. */
  async lookOnce(): Promise<boolean> {
    if (this.asked) return false;
    this.asked = true;
    return (await this.look()) && this.modelRead();
  }
  stepTaken(): void { this.asked = false; }

  stop(): void { this.stopped = true; }
  resume(): void { this.stopped = false; }
}
