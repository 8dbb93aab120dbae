// The head view's tooltip: one at a time, beside what it is about. It can be entered, so it waits a
// moment before it goes (WCAG 1.4.13).

/** Once the pointer has left for a while. */
export interface TipRest {
  leave(act: () => void): void;
  stay(): void;
}

export class Tip {
  private shown: { x: number; y: number; text: string } | null = null;

  constructor(private readonly rest: TipRest, private readonly changed: () => void) {}

  get open(): boolean { return this.shown !== null; }

  /** x, y: on the stage. */
  show(x: number, y: number, text: string): void {
    this.rest.stay();
    this.shown = { x, y, text };
  }

  stay(): void { this.rest.stay(); }

  leave(): void { this.rest.leave(() => { this.shown = null; this.changed(); }); }

  /** At once. */
  drop(): void {
    this.rest.stay();
    this.shown = null;
  }

  place(element: HTMLElement, stage: { width: number; height: number }): void {
    const { shown } = this;
    element.style.display = shown ? 'block' : 'none';
    if (!shown) return;
    if (element.textContent !== shown.text) element.textContent = shown.text;
    element.style.left = `${Math.max(4, Math.min(shown.x, stage.width - element.offsetWidth - 4))}px`;
    element.style.top = `${Math.max(2, Math.min(shown.y, stage.height - element.offsetHeight - 2))}px`;
  }
}
