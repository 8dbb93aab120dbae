// What a click, Alt-click or double-click in the head view does: tokens are pinned, links chosen or looked for.

import type { CommandArgs, ViewSettings } from '../../base/state';
import type { AxisItem, Side } from '../../ui/axes';
import { parsePin } from '../../ui/pins';

export class TokenActs {
  constructor(private readonly settings: () => ViewSettings, private readonly command: (id: string, args?: CommandArgs) => void) {}

  pin(side: Side, item: AxisItem, add: boolean): void {
    const held = this.settings().pins.find((t) => { const pin = parsePin(t); return pin?.side === side && pin.token >= item.first && pin.token < item.end; });
    this.command('pin.toggle', { pin: held ?? `${side}${item.first}`, add });
  }

  /** Alt-click: the other word of a link, by which heads are then ranked. */
  link(side: Side, item: AxisItem): void { this.command('link.find', { side, index: item.first }); }

  /** A double click pins this token alone: its two clicks have pinned and unpinned it. */
  solo(side: Side, item: AxisItem): void { this.command('pin.set', { pins: [`${side}${item.first}`] }); }

  /** A click on a line chooses it; again takes the choice back. */
  choose(link: { q: number; k: number } | null): void {
    const { selection } = this.settings();
    if (link) this.command('selection.set', selection.q === link.q && selection.k === link.k ? { q: null, k: null } : link);
  }
}
