// Requests and answers as bytes (docs/wire.md): envelope, errors, arrays. Twin of src/rpc/message.cc.

import { EngineError, type LimitNumbers } from './engine';
import { parseSafetensors, type Tensor } from './safetensors';
import type { Answer } from './transport';

export const WIRE_VERSION = 2;

export interface Envelope { client: string; id: number; epoch: number; priority: number }
export type Json = Readonly<Record<string, unknown>>;
export interface WireAnswer { json: Json; tensors: ReadonlyMap<string, Tensor> }

export function requestText(envelope: Envelope, fields: Json): string { return JSON.stringify({ rpc: WIRE_VERSION, ...envelope, ...fields }); }

/**
 * Throws an EngineError: the server's own, or HS-BUG-01 for an answer that is none. The core's errors
 * come with status 200 (docs/decisions/090-errors-in-answers.md), the carrier's refusals with their own.
 */
export function readAnswer({ type, bytes, refused }: Answer): WireAnswer {
  if (type === 'safetensors') {
    const file = parsed(() => parseSafetensors(bytes));
    return { json: parsed(() => JSON.parse(file.metadata.json ?? '') as Json), tensors: file.tensors };
  }
  const json = parsed(() => JSON.parse(new TextDecoder().decode(bytes)) as Json);
  const { error } = json as { error?: unknown };
  if (error !== undefined || refused !== null) throw errorOf(error, refused ?? 'an error without a code');
  return { json, tensors: new Map() };
}

function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw bug(`an answer that cannot be read (${String((error as Error).message)})`);
  }
}

/** what: said where there is no error of the core's in it. */
export function errorOf(error: unknown, what: string): EngineError {
  const { code, got, expected, action, message, numbers } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return bug(what);
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return new EngineError(code, text(got), text(expected), text(action), message, limitNumbers(numbers));
}

function limitNumbers(numbers: unknown): LimitNumbers | null {
  const { got, limit } = (numbers ?? {}) as Record<string, unknown>;
  return typeof got === 'number' && typeof limit === 'number' ? { got, limit } : null;
}

export function bug(what: string): EngineError {
  return new EngineError('HS-BUG-01', what, '', '', `headscope met an error it did not expect: ${what}. Your view is in the address bar. Copy details.`);
}
