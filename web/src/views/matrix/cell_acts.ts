// What a click, Enter or Alt-click on the matrix does: tokens are pinned, links chosen or looked for.

import type { CommandArgs, ViewSettings } from '../../base/state';
import type { AxisItem, Side } from '../../ui/axes';
import type { PictureAxes } from '../../ui/picture_axes';
import type { Held } from './matrix_gestures';
import type { Cell } from './matrix_plan';

export class CellActs {
  constructor(private readonly picture: () => { settings: ViewSettings; axes: PictureAxes },
    private readonly command: (id: string, args: CommandArgs) => void) {}

  /** The token that a row or column begins with. */
  token(side: Side, index: number): number { return (this.picture().axes[side][index] as AxisItem).first; }

  private link(cell: Cell): { q: number; k: number } { return { q: this.token('q', cell.q), k: this.token('k', cell.k) }; }

  /** Pins query and key of a cell; the same again unpins them. */
  choose(cell: Cell): void {
    const { settings } = this.picture();
    const { q, k } = this.link(cell);
    const pins = [`q${q}`, `k${k}`];
    const held = pins.every((p) => settings.pins.includes(p)) && settings.selection.q === q && settings.selection.k === k;
    this.command('pin.set', { pins: held ? [] : pins });
    this.select(held ? null : cell);
  }

  select(cell: Cell | null): void { this.command('selection.set', cell ? this.link(cell) : { q: null, k: null }); }

  /** A cell names both words of a link. */
  findLink(cell: Cell): void {
    this.select(cell);
    this.command('link.find', { side: 'k', index: this.token('k', cell.k) });
  }

  /** A token's name beside the matrix. */
  label({ side, token }: { side: Side; token: number }, held: Held): void {
    if (held.link) this.command('link.find', { side, index: token });
    else this.command('pin.toggle', { pin: `${side}${token}`, add: held.add });
  }
}
