// The models that the page may choose from, and opening one in the place of the open one. Every page
// of the server sees the change: memory holds one model.

import type { Engine, EngineInfo, ListedModel, Opts } from '../api/engine';
import type { Precision } from '../base/precision';

export class ModelLibrary {
  /** Empty where the server offers no choice. */
  list: readonly ListedModel[] = [];
  /**
   * What the page means where its state names no model: the one that was open when it first looked. Another page may
   * have opened another since.
   */
  own = '';
  /** Resolves when the list is known. */
  ready: Promise<void> = Promise.resolve();

  /** look: asks the server what it has by now. */
  constructor(private readonly engine: Engine, private readonly info: () => EngineInfo | null, private readonly look: () => Promise<unknown>,
              private readonly changed: () => void) {}

  /** Models may have been fetched, or put into a folder. */
  refresh(): Promise<void> {
    const asked = this.engine.models({ signal: new AbortController().signal, priority: 2 }).then((list) => {
      this.list = list;
      this.changed();
    }, () => undefined);
    return (this.ready = asked);
  }

  get open(): string { return this.info()?.models[0]?.name ?? ''; }

  /** Something is known anew. */
  looked(): void { this.own ||= this.open; }

  /** A listed model other than the open one, or in another precision: it is to be read before anything runs on it. */
  async needed(model: string, precision: Precision): Promise<boolean> {
    if (model === '' || (model === this.open && precision === this.info()?.models[0]?.precision)) return false;
    await this.ready;
    return this.list.some((m) => m.name === model);
  }

  async load(model: string, precision: Precision, opts: Opts): Promise<void> {
    try {
      await this.engine.load(model, precision, opts);
    } finally {
      // Also after a failure: the old one was read again.
      await this.look();
    }
  }
}
