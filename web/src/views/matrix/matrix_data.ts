// From the tiles that have come to what the matrix view draws and says: the raster's layers with the
// tiles they want, single values, the marginals, and the heaviest cells as a table.

import { isSigned } from '../../base/quantities';
import { tokenText, type AxisItem } from '../../ui/axes';
import { colourScale, inked, logScale } from '../../ui/colours';
import { halfToFloat } from '../../ui/half';
import type { Series } from '../../ui/identity';
import { largestValue } from '../../ui/largest';
import type { PictureAxes } from '../../ui/picture_axes';
import { ramp, type RampTheme } from '../../ui/ramps';
import { sideTitle } from '../../ui/side_title';
import { TileStore, type Tile, type TileSpec } from '../../ui/tile_store';
import type { TraceInfo, ViewSettings } from '../../ui/types';
import type { TableData } from '../common/data_table';
import { QuadBuilder, type Layer, type Rect } from '../gl/scene';
import type { TileAtlas } from '../gl/tile_atlas';
import { TILE, texelOf, tilesFor, type MatrixView, type TileRange } from './lod';
import { entropyRows, entropySpec, marginals, receivedSpec, type Marginals } from './marginals';
import { marginalRoom, type MatrixSpecs } from './matrix_plan';
import { pooledText, type Hit } from './matrix_words';

export interface MatrixSource {
  trace: TraceInfo;
  store: TileStore;
  settings: ViewSettings;
  view: MatrixView;
  specs: MatrixSpecs;
  axes: PictureAxes;
  series: readonly Series[];
  /** Level of detail on screen: a texel = 2^level × 2^level cells. */
  level: number;
}

export interface Raster { layers: Layer[]; wanted: TileSpec[]; largest: number }

export function rasterOf(s: MatrixSource, plots: readonly Rect[], atlas: TileAtlas, theme: RampTheme): Raster {
  const { trace, settings, view, specs, level } = s;
  const [rows, cols] = [s.axes.q.length, s.axes.k.length];
  const top = topLevel(s);
  const scale = colourScale(settings, Math.max(rows, cols));
  const sums = settings.combine === 'sum' && settings.heads.length > 1;
  const largest = settings.quantity === 'weight' && !sums && scale !== 'own' ? 1 : mostOf(s, s.series, top);
  const colours = ramp(theme, isSigned(settings.quantity) ? 'signed' : 'weight');
  const wanted: TileSpec[] = [];
  const layers = s.series.map((series, i): Layer => {
    const plot = plots[i] as Rect;
    const quads = new QuadBuilder();
    const relative = scale === 'own' ? mostOf(s, [series], top) : largest;
    const fine = tilesFor(view, plot, rows, cols, level);
    // Coarse first, so that the finer tile covers it when it is there: no holes, no flashes. Once all
    // fine ones are there the coarse would only show through where nothing is: in masked scores.
    const whole = fine.every((t) => drawable(s, series, t) !== undefined);
    for (let z = top; z >= level; z--) for (const t of z === level ? fine : tilesFor(view, plot, rows, cols, z)) {
      const spec = specs.of(series, t);
      if (z === level || z === top) wanted.push(spec, ...(scale === 'row' ? [specs.rows(series, t, cols)] : []));
      const found = whole && z > level ? undefined : drawable(s, series, t);
      if (!found) continue;
      const { tile } = found;
      const { values, factor, id } = inked(tile, scale, relative, Math.max(rows, cols), found.rows);
      const key = TileStore.key(trace.id, spec) + id;
      const held = atlas.get(key) ?? atlas.put(key, tile.rows, tile.cols, values());
      quads.add({ x: plot.x + (t.k0 - view.x) * view.cell, y: plot.y + (t.q0 - view.y) * view.cell, width: (t.k1 - t.k0) * view.cell,
        height: (t.q1 - t.q0) * view.cell },
                held.slot, { x: 0, y: 0, width: tile.cols, height: tile.rows }, factor);
    }
    return quads.finish(atlas, colours, plot, settings.pool);
  });
  return { layers, wanted: [...new Set(wanted)], largest };
}

/** The coarsest level: one tile a side. */
function topLevel(s: MatrixSource): number { return Math.max(s.level, Math.ceil(Math.log2(Math.max(s.axes.q.length, s.axes.k.length) / TILE))); }

/** A tile that has come; where rows are drawn each against its largest weight, those too. */
function drawable({ store, trace, settings, specs, axes }: MatrixSource, series: Series, t: TileRange): { tile: Tile; rows?: Tile } | undefined {
  const tile = store.peek(trace.id, specs.of(series, t));
  if (!tile || colourScale(settings, Math.max(axes.q.length, axes.k.length)) !== 'row') return tile && { tile };
  const rows = store.peek(trace.id, specs.rows(series, t, axes.k.length));
  return rows && { tile, rows };
}

/** Largest |x| of some series' coarsest tiles, which cover everything; 1 where there is none. */
function mostOf(s: MatrixSource, series: readonly Series[], level: number): number {
  const [rows, cols] = [s.axes.q.length, s.axes.k.length];
  const whole = tilesFor({ x: 0, y: 0, cell: 1 }, { width: cols, height: rows }, rows, cols, level);
  let most = 0;
  for (const one of series) for (const t of whole) most = Math.max(most, largestValue(s.store.peek(s.trace.id, s.specs.of(one, t))));
  return most > 0 ? most : 1;
}

/** The tile of the level on screen that holds a cell. */
function tileAt(s: MatrixSource, q: number, k: number): TileRange | undefined {
  const span = TILE * 2 ** s.level;
  const at: MatrixView = { cell: 1, x: Math.floor(k / span) * span, y: Math.floor(q / span) * span };
  return tilesFor(at, { width: 1, height: 1 }, s.axes.q.length, s.axes.k.length, s.level)[0];
}

/** The value of the texel that holds a cell at the level on screen, and the cells it stands for. */
export function valueAt(s: MatrixSource, series: Series, q: number, k: number): Hit | null {
  const t = tileAt(s, q, k);
  const tile = t && s.store.peek(s.trace.id, s.specs.of(series, t));
  if (!t || !tile) return null;
  const row = texelOf(t.q0, t.q1, t.outQ, q);
  const col = texelOf(t.k0, t.k1, t.outK, k);
  return { value: valueOf(tile, row.texel * tile.cols + col.texel), q: [row.first, row.end], k: [col.first, col.end] };
}

/** Where a cell's value lies on the ramp, 0…1 in size; 0 where it is not drawn yet. largest: of all plots. */
export function inkAt(s: MatrixSource, series: Series, { q, k, value }: { q: number; k: number; value: number }, largest: number): number {
  const long = Math.max(s.axes.q.length, s.axes.k.length);
  const size = Math.abs(value);
  switch (colourScale(s.settings, long)) {
    case 'log': return logScale(long)(size / largest);
    case 'own': return size / mostOf(s, [series], topLevel(s));
    case 'common': return size / largest;
    case 'row': {
      const t = tileAt(s, q, k);
      const rows = t && drawable(s, series, t)?.rows;
      if (!t || !rows) return 0;
      const most = valueOf(rows, texelOf(t.q0, t.q1, t.outQ, q).texel);
      return most > 0 ? size / most : 0;
    }
  }
}

function valueOf(tile: Tile, at: number): number {
  const raw = tile.data[at] as number;
  return tile.data instanceof Uint16Array ? halfToFloat(raw) : raw;
}

/** The weights that a pooled pixel stands for. */
export function blockSpec(s: MatrixSource, series: Series, hit: Hit): TileSpec {
  return s.specs.of(series, { level: 0, q0: hit.q[0], q1: hit.q[1], k0: hit.k[0], k1: hit.k[1], outQ: 0, outK: 0 });
}

/** Which rows' entropy is asked for, and what has come; null where the picture has no marginals. */
export function sidesOf(s: MatrixSource, plot: Rect): { specs: TileSpec[]; known: Marginals } | null {
  const [series] = s.series;
  if (!series || marginalRoom(s.settings) === 0) return null;
  const size = { rows: s.axes.q.length, cols: s.axes.k.length };
  const base = s.specs.of(series, { level: 0, q0: 0, q1: 0, k0: 0, k1: 0, outQ: 0, outK: 0 });
  const range = entropyRows(size, s.view.y, Math.min(size.rows, s.view.y + plot.height / s.view.cell));
  const received = receivedSpec(base, size);
  const entropy = range && entropySpec(base, size, range);
  const peek = (spec: TileSpec | null): ReturnType<TileStore['peek']> => (spec ? s.store.peek(s.trace.id, spec) : undefined);
  return { specs: entropy ? [received, entropy] : [received], known: marginals(peek(entropy), range?.q0 ?? 0, peek(received), size) };
}

const TABLE_ROWS = 100;

/** The heaviest cells on screen, each as finely as it is shown. */
export function heaviestCells(s: MatrixSource, plots: readonly Rect[]): TableData {
  const { view, axes } = s;
  const cells: { head: string; hit: Hit }[] = [];
  s.series.forEach((series, i) => {
    const plot = plots[i] as Rect;
    const step = 2 ** s.level;
    for (let q = Math.max(0, Math.floor(view.y)); q < Math.min(axes.q.length, view.y + plot.height / view.cell); q += step) {
      for (let k = Math.max(0, Math.floor(view.x)); k < Math.min(axes.k.length, view.x + plot.width / view.cell); k += step) {
        const hit = valueAt(s, series, q, k);
        if (hit && Number.isFinite(hit.value) && hit.value !== 0) cells.push({ head: series.name, hit });
      }
    }
  });
  cells.sort((a, b) => Math.abs(b.hit.value) - Math.abs(a.hit.value));
  const name = (axis: readonly AxisItem[], [first, end]: [number, number]): string =>
    (end - first === 1 ? `${tokenText(axis[first]?.text ?? '')} (${axis[first]?.first ?? ''})`
      : `${axis[first]?.first ?? ''}–${(axis[end - 1]?.end ?? 1) - 1}`);
  const shown = cells.slice(0, TABLE_ROWS);
  return { caption: `The ${shown.length} heaviest cells on screen; ${pooledText(s.settings, s.level)}`,
           columns: [{ title: 'Head' }, { title: sideTitle(s.trace, s.settings.stack, 'q') },
             { title: sideTitle(s.trace, s.settings.stack, 'k') }, { title: s.settings.quantity === 'weight' ? 'Weight' : 'Value', numeric: true }],
           rows: shown.map(({ head, hit }) => [head, name(axes.q, hit.q), name(axes.k, hit.k), hit.value]) };
}
