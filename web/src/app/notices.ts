// What the app has to say that is no error: one list, newest last, each said once.

export interface Notice { id: number; code: string; text: string }

export class Notices {
  private list: Notice[] = [];
  private next = 1;

  get all(): readonly Notice[] { return this.list; }

  add(code: string, text: string): void {
    this.list = [...this.list.filter((n) => n.code !== code || n.text !== text), { id: this.next++, code, text }].slice(-4);
  }

  dismiss(id: number): void { this.list = this.list.filter((n) => n.id !== id); }
  dismissCode(code: string): void { this.list = this.list.filter((n) => n.code !== code); }
}
