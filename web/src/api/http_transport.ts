// The transport of `headscope serve`: one POST a question.

import { EngineError } from './engine';
import type { Answer, Liveness, SendOptions, Transport } from './transport';

export interface HttpOptions {
  /** "" = the page's own origin. */
  base?: string;
  /** Of an address other than loopback: sent with every question. */
  token?: string;
  fetch?: typeof fetch;
  silence?: number;
  poll?: number;
}

export class HttpTransport implements Transport {
  readonly liveness: Liveness;
  private readonly base: string;
  private readonly token: string;
  private readonly fetch: typeof fetch;

  constructor(options: HttpOptions = {}) {
    this.base = options.base ?? '';
    this.token = options.token ?? '';
    this.fetch = options.fetch ?? ((input, init) => fetch(input, init));
    const silence = options.silence ?? 10_000;
    this.liveness = { silence, poll: options.poll ?? 250, lost: (seen) => unreachable(this.base, silence, seen) };
  }

  async send(method: string, json: string, { signal, file, sent, last = false }: SendOptions): Promise<Answer> {
    // Behind a NUL the file, where there is one.
    const body = file ? new Blob([json, '\0', file]) : json;
    if (body instanceof Blob && sent && typeof XMLHttpRequest !== 'undefined') return this.upload(method, body, signal, sent);
    const response = await this.fetch(`${this.base}/rpc/${method}`, {
      method: 'POST', body, signal, keepalive: last, cache: 'no-store', credentials: 'omit',
      headers: this.headers(file !== undefined),
    });
    return { type: answerType(response.headers.get('Content-Type')), bytes: await response.arrayBuffer(), refused: refusal(response.status) };
  }

  private headers(file: boolean): Record<string, string> {
    return { 'Content-Type': file ? 'application/octet-stream' : 'application/json', ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) };
  }

  /** fetch cannot tell how much of a body has left. */
  private upload(method: string, body: Blob, signal: AbortSignal, sent: NonNullable<SendOptions['sent']>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', `${this.base}/rpc/${method}`);
      request.responseType = 'arraybuffer';
      for (const [name, value] of Object.entries(this.headers(true))) request.setRequestHeader(name, value);
      request.upload.onprogress = (e) => { sent(e.loaded, e.total); };
      request.onload = () => {
        resolve({ type: answerType(request.getResponseHeader('Content-Type')), bytes: request.response as ArrayBuffer, refused: refusal(request.status) });
      };
      request.onerror = () => { reject(new TypeError('the connection broke')); };
      const give = (): void => {
        request.abort();
        reject(signal.reason as Error);
      };
      if (signal.aborted) give();
      else {
        signal.addEventListener('abort', give, { once: true });
        request.onloadend = () => { signal.removeEventListener('abort', give); };
        request.send(body);
      }
    });
  }
}

function answerType(header: string | null): Answer['type'] { return (header ?? '').startsWith('application/vnd.safetensors') ? 'safetensors' : 'json'; }
function refusal(status: number): string | null { return status >= 200 && status < 300 ? null : `HTTP status ${status}`; }

function unreachable(base: string, silence: number, lastSeen: Date | null): EngineError {
  const where = base || (typeof location === 'undefined' ? 'its address' : location.origin);
  const clock = lastSeen?.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
  const seen = clock ? ` It was last seen ${clock}.` : '';
  const got = `No answer from the headscope server at ${where} after ${Math.round(silence / 1000)} s.${seen}`;
  const action = 'Start it again with `headscope serve`, then choose Retry. Your view is kept.';
  return new EngineError('HS-NET-01', got, '', action, `${got} ${action}`);
}

/** The token of the printed address (#token=…), and the address's state without it. */
export function takeToken(hash: string): { token: string; hash: string } {
  const parts = hash.replace(/^#/, '').split('&').filter(Boolean);
  const token = parts.find((p) => p.startsWith('token='))?.slice('token='.length) ?? '';
  const rest = parts.filter((p) => !p.startsWith('token=')).join('&');
  return { token: /^[0-9a-f]{32}$/.test(token) ? token : '', hash: rest ? `#${rest}` : '' };
}
