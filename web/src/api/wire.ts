// Requests and answers as bytes (docs/wire.md): envelope, errors, arrays. Twin of src/rpc/message.cc.

import { EngineError } from './engine';
import { parseSafetensors, type Tensor } from './safetensors';

export const WIRE_VERSION = 1;

export interface Envelope { client: string; id: number; epoch: number; priority: number }
export type Json = Readonly<Record<string, unknown>>;
export interface WireAnswer { json: Json; tensors: ReadonlyMap<string, Tensor> }

/** As it is sent, with its media type: JSON, and behind a NUL the file where there is one. */
export function requestBody(envelope: Envelope, fields: Json, file?: Blob): { body: string | Blob; type: string } {
  const json = JSON.stringify({ rpc: WIRE_VERSION, ...envelope, ...fields });
  return file ? { body: new Blob([json, '\0', file]), type: 'application/octet-stream' } : { body: json, type: 'application/json' };
}

/**
 * Throws an EngineError: the server's own, or HS-BUG-01 for an answer that is none. The core's errors
 * come with status 200 (docs/decisions/090-errors-in-answers.md), the carrier's refusals with their own.
 */
export async function readAnswer(response: Response): Promise<WireAnswer> {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('application/vnd.safetensors')) {
    const file = await parsed(async () => parseSafetensors(await response.arrayBuffer()));
    return { json: await parsed(() => JSON.parse(file.metadata.json ?? '') as Json), tensors: file.tensors };
  }
  const json = await parsed(async () => JSON.parse(await response.text()) as Json);
  const { error } = json as { error?: unknown };
  if (error !== undefined || !response.ok) throw errorOf(error, response.status);
  return { json, tensors: new Map() };
}

async function parsed<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // A connection that broke while the answer came is the network's affair.
    if (error instanceof TypeError || (error as Error).name === 'AbortError') throw error;
    throw bug(`an answer that cannot be read (${String((error as Error).message)})`);
  }
}

export function errorOf(error: unknown, status: number): EngineError {
  const { code, got, expected, action, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return bug(`HTTP status ${status}`);
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return new EngineError(code, text(got), text(expected), text(action), message);
}

export function bug(what: string): EngineError {
  return new EngineError('HS-BUG-01', what, '', '', `headscope met an error it did not expect: ${what}. Your view is in the address bar. Copy details.`);
}
