// Thumbnails of heads in panels: small rasters on plain canvases, fed by the page's one tile store
// with the model view's own tiles, so that nothing is computed or fetched twice.

import { isOfLayer, isSigned } from '../../base/quantities';
import type { ViewSettings } from '../../base/state';
import { stackOf, type TraceInfo } from '../../base/trace_info';
import { tileEngine } from '../../ui/block_engine';
import { colourScale, inked } from '../../ui/colours';
import { pictureAxes } from '../../ui/picture_axes';
import { largestValue } from '../../ui/largest';
import { storeOf, TileStore, type Tile, type TileEngine, type TileSpec } from '../../ui/tile_store';
import { halvesToFloats } from '../../ui/half';
import { ramp, rampIndex, type RampTheme } from '../../ui/ramps';
import { LONG_ABOVE, thumbSpec } from '../../ui/thumb_spec';

export class Thumbs {
  private static count = 0;
  private readonly scope = `thumbs-${Thumbs.count++}`;
  private heard: TileEngine | undefined;
  private stop: (() => void) | undefined;

  constructor(private readonly changed: () => void) {}

  /** Paints what has come and asks for the rest: every canvas[data-head] under the roots. */
  paintAll(roots: readonly ParentNode[], engine: TileEngine | undefined, trace: TraceInfo | undefined, settings: ViewSettings, theme: RampTheme): void {
    if (!engine || !trace) return;
    // Rollout and flow are no head's: the heads' thumbnails then show their weights.
    if (isOfLayer(settings.quantity)) settings = { ...settings, quantity: 'weight' };
    const source = tileEngine(engine, trace, settings.stack);
    this.hear(source);
    const store = storeOf(source);
    const axes = pictureAxes(trace, settings);
    const size = { rows: axes.q.length, cols: axes.k.length, heads: stackOf(trace, settings.stack).heads.reduce((a, b) => a + b, 0) };
    if (size.rows === 0 || size.cols === 0) return;
    const wanted: TileSpec[] = [];
    const long = Math.max(size.rows, size.cols);
    for (const canvas of roots.flatMap((root) => [...root.querySelectorAll<HTMLCanvasElement>('canvas[data-head]')])) {
      const spec = thumbSpec(trace, settings, canvas.dataset['head'] ?? '', size);
      wanted.push(spec);
      const tile = store.peek(trace.id, spec);
      const key = tile ? `${TileStore.key(trace.id, spec)} ${theme} ${colourScale(settings, long)}` : '';
      if (canvas.dataset['drawn'] === key) continue;
      canvas.dataset['drawn'] = key;
      if (tile) paintTile(canvas, tile, theme, settings, long);
      else canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
    }
    store.keepOnly(this.scope, new Set(wanted.map((s) => TileStore.key(trace.id, s))));
    // Of a long text each looks at a whole map: one by one, so that those that scroll away can be cancelled, and a list behind the
    // model view's previews.
    const batches = long > LONG_ABOVE ? wanted.map((spec) => [spec]) : [wanted];
    for (const batch of batches) store.request(trace.id, batch, batches.length > 1 ? 3 : 1, this.scope);
  }

  busy(): boolean { return this.heard ? storeOf(this.heard).busy(this.scope) : false; }

  dispose(): void {
    this.stop?.();
    if (this.heard) storeOf(this.heard).keepOnly(this.scope, new Set());
    this.heard = undefined;
  }

  private hear(engine: TileEngine): void {
    if (this.heard === engine) return;
    this.dispose();
    this.heard = engine;
    this.stop = storeOf(engine).onChange(this.changed);
  }
}

/** RGBA of each value, in the model view's colours; what a mask hides (−∞, NaN) stays transparent. long: the longer side of the map. */
export function texels(tile: Tile, theme: RampTheme, settings: Pick<ViewSettings, 'colours' | 'quantity' | 'scale'>,
  long: number): Uint8ClampedArray<ArrayBuffer> {
  const { quantity } = settings;
  const colours = ramp(theme, isSigned(quantity) ? 'signed' : 'weight');
  const scale = colourScale(settings, long);
  const most = quantity === 'weight' && scale !== 'own' ? 1 : Math.max(1e-6, largestValue(tile));
  const ink = inked(tile, scale, most, long);
  const data = ink.values();
  const values = data instanceof Uint16Array ? halvesToFloats(data) : data;
  const out = new Uint8ClampedArray(values.length * 4);
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    const at = rampIndex(colours, v * ink.factor) * 4;
    out.set(colours.rgba.subarray(at, at + 4), i * 4);
  });
  return out;
}

/** One texel a pixel; the canvas is scaled by its style, without smoothing. */
function paintTile(canvas: HTMLCanvasElement, tile: Tile, theme: RampTheme, settings: ViewSettings, long: number): void {
  canvas.width = tile.cols;
  canvas.height = tile.rows;
  canvas.getContext('2d')?.putImageData(new ImageData(texels(tile, theme, settings, long), tile.cols, tile.rows), 0, 0);
}
