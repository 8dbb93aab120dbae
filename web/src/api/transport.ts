// How questions travel. The protocol (rpc_engine.ts) knows methods, the queue, cancelling, reviving and
// progress; a transport knows only how one question's bytes reach the core and how its answer comes
// back: HTTP to `headscope serve`, messages of a notebook's widget, a worker with the core in it.

import type { EngineError } from './engine';

/** An answer as it came: JSON, or one safetensors file (docs/wire.md). */
export interface Answer {
  type: 'json' | 'safetensors';
  bytes: ArrayBuffer;
  /** The carrier's own refusal of the question; null where the core answered. */
  refused: string | null;
}

export interface SendOptions {
  signal: AbortSignal;
  /** Bytes that belong to the question (`open`). */
  file?: Blob;
  /** The page may go before the answer comes; nobody waits for it. */
  last?: boolean;
  /** Bytes of the question that have left; where the transport can tell. */
  sent?: (done: number, total: number) => void;
}

/**
 * Whether the other side still lives, where silence could mean that it does not. A worker inside the
 * page has none: while it computes it can answer nothing, and it cannot die alone.
 */
export interface Liveness {
  /** Milliseconds of silence after which it counts as gone. */
  silence: number;
  /** Milliseconds between two looks; progress is asked for as often. */
  poll: number;
  /** The error that says so. lastSeen: of its last answer, null = never. */
  lost: (lastSeen: Date | null) => EngineError;
}

export interface Transport {
  /** body: JSON text. Rejects with the signal's reason, or with anything else where no answer came. */
  send(method: string, body: string, options: SendOptions): Promise<Answer>;
  readonly liveness: Liveness | null;
}
