// Files of this machine, one after the other on their way to the server: traces, and pictures for a
// model that reads them. The last one that can be read is shown.

import { CANCELLED, EngineError, type Engine, type EngineInfo, type TraceEntry } from '../api/engine';
import { S } from '../base/words/shell';
import { failureOf, type Failure } from './session';

export interface Upload { name: string; done: number; total: number }

/** What a file may be refused with. */
export const FILE_PROBLEMS: readonly string[] = ['HS-FILE-01', 'HS-FILE-02', 'HS-LIMIT-01', 'HS-IMAGE-01'];

/** What a picture may have (docs/wire.md, run). */
export const PICTURE_BYTES = 64 * 2 ** 20;

export function isPicture(file: Pick<File, 'name' | 'type'>): boolean {
  return /^image\/(png|jpeg)$/.test(file.type) || /\.(png|jpe?g)$/i.test(file.name);
}

export interface UploadEvents {
  changed: () => void;
  opened: (trace: TraceEntry) => void;
  failed: (failure: Failure) => void;
}

export class Uploads {
  /** Traces that came from this page. */
  traces: readonly TraceEntry[] = [];
  /** The file on its way. */
  current: Upload | null = null;
  private abort: AbortController | null = null;

  constructor(private readonly engine: Engine, private readonly info: () => EngineInfo | null, private readonly events: UploadEvents) {}

  async send(files: readonly File[]): Promise<void> {
    this.stop();
    const abort = (this.abort = new AbortController());
    for (const file of files) {
      if (abort.signal.aborted) return;
      try {
        this.took(await this.sendOne(file, abort));
      } catch (error) {
        const failure = failureOf(error);
        if (failure.code !== CANCELLED) this.events.failed(failure);
      }
    }
    if (this.abort === abort) this.abort = null;
  }

  private async sendOne(file: File, abort: AbortController): Promise<TraceEntry> {
    const picture = isPicture(file);
    const model = this.info()?.models[0];
    if (picture && model?.picture !== true) throw new EngineError('HS-FILE-02', S.noPictureModel(file.name, model?.name ?? null));
    const limit = Math.min(this.info()?.limits.file_bytes ?? Infinity, picture ? PICTURE_BYTES : Infinity);
    if (file.size > limit) throw new EngineError('HS-LIMIT-01', S.fileTooLarge(file.name, file.size, limit));
    const at = (done: number): void => {
      if (this.abort !== abort) return;
      this.current = { name: file.name, done: Math.min(done, file.size), total: file.size };
      this.events.changed();
    };
    at(0);
    try {
      const opts = { signal: abort.signal, priority: 0, progress: (done: number): void => { at(done); } } as const;
      return await (picture ? this.engine.runPicture(model?.name ?? '', file, file.name, opts) : this.engine.open(file, file.name, opts));
    } finally {
      if (this.abort === abort) {
        this.current = null;
        this.events.changed();
      }
    }
  }

  private took(trace: TraceEntry): void {
    this.traces = [...this.traces.filter((t) => t.id !== trace.id), trace];
    this.events.opened(trace);
  }

  stop(): void {
    this.abort?.abort();
    this.abort = null;
    if (!this.current) return;
    this.current = null;
    this.events.changed();
  }
}
