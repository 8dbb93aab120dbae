// What the live region says to screen readers: at most one message a second, the newest wins.

const PAUSE = 1000;

export class Announcer {
  spoken = '';
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: () => void) {}

  say(text: string): void {
    clearTimeout(this.timer);
    const wait = Math.max(0, this.last + PAUSE - performance.now());
    this.timer = setTimeout(() => {
      this.last = performance.now();
      this.spoken = text;
      this.changed();
    }, wait);
  }

  stop(): void { clearTimeout(this.timer); }
}
