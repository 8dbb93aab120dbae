// Waiting for a server that still reads its model.

import type { Engine, EngineInfo } from './engine';

const LOOK_AGAIN = 300;

export interface Waiting {
  /** Rejects with its reason, at once. */
  signal: AbortSignal;
  /** Hears of every answer, the last one too. */
  seen?: (info: EngineInfo) => void;
  /** Milliseconds between two looks. */
  poll?: number | undefined;
}

/** What the server has once it reads no model. Rejects where it does not answer. */
export async function modelRead(engine: Pick<Engine, 'info'>, { signal, seen, poll = LOOK_AGAIN }: Waiting): Promise<EngineInfo> {
  for (;;) {
    const info = await engine.info();
    signal.throwIfAborted();
    seen?.(info);
    if (!info.loading) return info;
    await pause(poll, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
