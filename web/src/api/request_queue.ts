// At most `limit` requests in flight, the most urgent first, in order of arrival within a priority.

interface Waiting { priority: number; order: number; start: () => void }

export class RequestQueue {
  private waiting: Waiting[] = [];
  private running = 0;
  private order = 0;

  constructor(private readonly limit: number) {}

  get inflight(): number { return this.running; }

  /** Runs the work when its turn comes; a signal that aborts before takes it from the queue. */
  async run<T>(priority: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.turn(priority, signal);
    try {
      return await work();
    } finally {
      this.running--;
      this.pump();
    }
  }

  private turn(priority: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = { priority, order: this.order++, start: () => {
        signal.removeEventListener('abort', leave);
        this.running++;
        resolve();
      } };
      const leave = (): void => {
        this.waiting = this.waiting.filter((w) => w !== entry);
        reject(signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError'));
      };
      if (signal.aborted) { leave(); return; }
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
      this.pump();
    });
  }

  private pump(): void {
    while (this.running < this.limit && this.waiting.length > 0) {
      this.waiting.sort((a, b) => a.priority - b.priority || a.order - b.order);
      (this.waiting.shift() as Waiting).start();
    }
  }
}
