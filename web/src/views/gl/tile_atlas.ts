// Tiles of one size in numbered slots: the CPU-side truth behind an array texture. Both renderers
// upload from here, so a lost GPU context loses nothing.

import { floatsToHalves, halfToFloat } from '../../ui/half';

export interface AtlasTile {
  slot: number;
  rows: number;
  cols: number;
  /** f16 bits, [size, size], top left rows × cols used. */
  bits: Uint16Array;
  /** Counts writes; renderers compare it with what they have uploaded. */
  version: number;
}

export class TileAtlas {
  private readonly byKey = new Map<string, AtlasTile>();
  private readonly slots: (AtlasTile | undefined)[] = [];
  private writes = 0;

  /** size: texels a side of every slot; capacity: slots, oldest use is replaced first. */
  constructor(readonly size: number, readonly capacity: number) {}

  get slotCount(): number { return this.slots.length; }

  get bytes(): number { return this.slots.length * this.size * this.size * 2; }

  tileAt(slot: number): AtlasTile | undefined { return this.slots[slot]; }

  /** The tile of a key, marked as used; undefined where it is not held. */
  get(key: string): AtlasTile | undefined {
    const tile = this.byKey.get(key);
    if (tile) {
      this.byKey.delete(key);
      this.byKey.set(key, tile);
    }
    return tile;
  }

  put(key: string, rows: number, cols: number, values: Float32Array | Uint16Array): AtlasTile {
    if (rows > this.size || cols > this.size || values.length < rows * cols) {
      throw new RangeError(`tile ${rows}×${cols} with ${values.length} values; expected at most ${this.size}×${this.size}`);
    }
    const halves = values instanceof Uint16Array ? values : floatsToHalves(values);
    const slot = this.byKey.get(key)?.slot ?? this.freeSlot();
    const bits = new Uint16Array(this.size * this.size);
    for (let r = 0; r < rows; r++) bits.set(halves.subarray(r * cols, (r + 1) * cols), r * this.size);
    const tile: AtlasTile = { slot, rows, cols, bits, version: ++this.writes };
    this.slots[slot] = tile;
    this.byKey.delete(key);
    this.byKey.set(key, tile);
    return tile;
  }

  value(tile: AtlasTile, row: number, col: number): number {
    return halfToFloat(tile.bits[row * this.size + col] as number);
  }

  clear(): void {
    this.byKey.clear();
    this.slots.length = 0;
  }

  private freeSlot(): number {
    if (this.slots.length < this.capacity) return this.slots.length;
    const [oldest, tile] = this.byKey.entries().next().value as [string, AtlasTile];
    this.byKey.delete(oldest);
    return tile.slot;
  }
}
