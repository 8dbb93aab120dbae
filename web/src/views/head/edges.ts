// From exact rows to drawn lines: the browser's half of the fixed order of operations
// (… → top-k → threshold → scale → draw). Pure functions; the tests check them against §3.1.

import { lineOpacity, lineWidth, SCREEN_OPACITY, strength, type OpacityRule, type ScaleName } from '../../ui/ink';

/** One row of one series. Keys outside the window are folded into buckets (long inputs only). */
export interface RowData {
  /** Axis index of values[0]. */
  first: number;
  /** [window] exact values. */
  values: Float32Array;
  /** Sums of the keys of each bucket before and after the window. */
  above?: Float32Array;
  below?: Float32Array;
  /** What the row gives to a sink, which is no key; absent where the layer has none. */
  sink?: number;
  /** Largest |value| of the whole row; the window's where absent. */
  rowMax?: number;
}

export interface EdgeOptions {
  threshold: number;
  /** Lines a query keeps at most (ties kept); 0 = all. */
  topk: number;
  scale: ScaleName;
  /** Values are divided by it before the scale; 1 for weights, the largest |x| shown else. */
  largest: number;
  /** Series drawn together: widths shrink with their number. */
  seriesCount: number;
  opacity?: OpacityRule;
}

export interface Edge {
  series: number;
  q: number;
  /** Axis index of the key; −1 − b for bucket b above, −10001 − b for bucket b below; SINK. */
  k: number;
  weight: number;
  strength: number;
  width: number;
  opacity: number;
}

const BELOW = -10001;
/** End of a line that goes to no key. */
export const SINK = -20001;
export const bucketAbove = (b: number): number => -1 - b;
export const bucketBelow = (b: number): number => BELOW - b;
export interface BucketRef { where: 'above' | 'below'; index: number }
export function bucketOf(k: number): BucketRef | null {
  if (k >= 0 || k === SINK) return null;
  return k <= BELOW ? { where: 'below', index: BELOW - k } : { where: 'above', index: -1 - k };
}

export function rowMaximum(row: RowData): number {
  if (row.rowMax !== undefined) return row.rowMax;
  let max = 0;
  for (const v of row.values) if (Math.abs(v) > max && Number.isFinite(v)) max = Math.abs(v);
  return max;
}

/** Smallest |value| that top-k keeps; ties with the k-th are kept. */
export function topkFloor(values: Float32Array, k: number): number {
  if (k <= 0 || values.length <= k) return 0;
  const sorted = Float32Array.from(values, (v) => (Number.isFinite(v) ? Math.abs(v) : 0)).sort();
  return sorted[sorted.length - k] as number;
}

/** Lines of one row, unsorted. */
export function rowEdges(series: number, q: number, row: RowData, options: EdgeOptions): Edge[] {
  const floor = topkFloor(row.values, options.topk);
  // Values are float32: what was 0.01 is then 0.00999999978, and lies on a threshold of 0.01.
  const threshold = Math.min(options.threshold, Math.fround(options.threshold));
  const rowMax = rowMaximum(row) / options.largest;
  const edges: Edge[] = [];
  const add = (k: number, weight: number): void => {
    const relative = Math.abs(weight) / options.largest;
    // The score of a masked key is −∞: no line.
    if (!(weight !== 0 && Number.isFinite(weight) && Math.abs(weight) >= threshold)) return;
    const s = strength(relative, options.scale, rowMax);
    edges.push({ series, q, k, weight, strength: s, width: lineWidth(s, options.seriesCount),
                 opacity: lineOpacity(s, options.opacity ?? SCREEN_OPACITY) });
  };
  row.values.forEach((value, i) => { if (Math.abs(value) >= floor) add(row.first + i, value); });
  row.above?.forEach((sum, b) => { add(bucketAbove(b), sum); });
  row.below?.forEach((sum, b) => { add(bucketBelow(b), sum); });
  if (row.sink !== undefined) add(SINK, row.sink);
  return edges;
}

/** Drawing order: rising strength, so the heaviest lie on top. */
export function byStrength(edges: Edge[]): Edge[] {
  return edges.sort((a, b) => a.strength - b.strength || Math.abs(a.weight) - Math.abs(b.weight));
}

export function rowSum(row: RowData): number {
  let sum = row.sink ?? 0;
  for (const part of [row.values, row.above, row.below]) if (part) for (const v of part) if (Number.isFinite(v)) sum += Math.abs(v);
  return sum;
}

/** What the status line reports. Masses are shares of `base`. */
export interface Mass {
  drawn: number;
  /** Present but not drawn: under the threshold or outside top-k. */
  left: number;
  /** Not in the picture at all: filtered or masked tokens. */
  hidden: number;
  lines: number;
  cells: number;
}

/**
 * rows: all rows of the visible queries of all series. base: their mass before anything was hidden
 * (one a row for weights); null where a row has no known total, then the shown part counts as all.
 */
export function massOf(rows: readonly RowData[], edges: readonly Edge[], base: number | null, cells: number): Mass {
  const shown = rows.reduce((sum, row) => sum + rowSum(row), 0);
  const whole = base ?? shown;
  const drawn = edges.reduce((sum, edge) => sum + Math.abs(edge.weight), 0);
  const share = (x: number): number => (whole > 0 ? x / whole : 0);
  return { drawn: share(drawn), left: Math.max(0, share(shown - drawn)), hidden: Math.max(0, share(whole - shown)),
           lines: edges.length, cells };
}

/** Rows and columns of the axes that a picture is about. */
export interface FocusSets { q: ReadonlySet<number>; k: ReadonlySet<number> }

/**
 * The same of chosen rows and columns alone, as the figure counts them (collect_links in
 * src/figure/links.cc). perRow: mass of a whole row before anything was hidden, null = what is shown.
 */
export function focusMass(rows: readonly (readonly [number, RowData])[], edges: readonly Edge[], focus: FocusSets, perRow: number | null,
  cols: number): Mass {
  let [shown, whole, cells] = [0, 0, 0];
  for (const [q, row] of rows) {
    const own = focus.q.has(q);
    const at = (k: number): number => { const v = row.values[k - row.first]; return v !== undefined && Number.isFinite(v) ? Math.abs(v) : 0; };
    const part = own ? rowSum(row) : [...focus.k].reduce((sum, k) => sum + at(k), 0);
    shown += part;
    whole += own && focus.k.size === 0 && perRow !== null ? perRow : part;
    cells += own ? cols : focus.k.size;
  }
  const drawn = edges.reduce((sum, edge) => sum + Math.abs(edge.weight), 0);
  const share = (x: number): number => (whole > 0 ? x / whole : 0);
  return { drawn: share(drawn), left: Math.max(0, share(shown - drawn)), hidden: Math.max(0, share(whole - shown)), lines: edges.length, cells };
}
