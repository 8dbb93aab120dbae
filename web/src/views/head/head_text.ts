// What a head view says in words: status line, text alternative, tooltips. The label comes from the
// core; everything else is counted from what is drawn.

import { exact4, percent } from '../../ui/ink';
import { shorten, tokenText, type AxisItem, type Side } from '../../ui/axes';
import type { TileStore } from '../../ui/tile_store';
import type { HeadLabel, Quantity, ViewSettings } from '../../ui/types';
import { isOfLayer, isSigned, QUANTITY_WORDS } from '../../base/quantities';
import { bucketOf, SINK, type Edge, type Mass, type RowData } from './edges';
import { columnSum, type BucketRanges } from './head_data';
import type { Picture } from './head_paint';

/** pinned: the mass is that of the pinned tokens' rows and columns. */
export function statusText(mass: Mass, settings: ViewSettings, topk: number, visible: { first: number; end: number;
  rows: number }, capped: number, pinned = false): string {
  const words = QUANTITY_WORDS[settings.quantity];
  const part = visible.end - visible.first < visible.rows ? ` Queries ${visible.first}–${visible.end - 1} of ${visible.rows}.` : '';
  const masked = mass.hidden >= 5e-4 ? `, hidden ${percent(mass.hidden)}` : '';
  const kept = topk > 0 ? `, ${topk} heaviest a query` : '';
  const special = { score: 'Special tokens hidden.', show: 'Special tokens shown.',
    hide: `Special tokens hidden, rows ${settings.renorm ? 'renormalised' : 'not renormalised'}.`,
    'hide-renorm': 'Special tokens hidden, rows renormalised.' }[settings.quantity === 'score' && settings.special !== 'show' ? 'score' : settings.special];
  const cut = capped > 0 ? ` Canvas draws the heaviest; ${capped} lines left out.` : '';
  const drawn = `Drawn: ${percent(mass.drawn)} of ${words.mass}${pinned ? ' of the pinned tokens' : ''}, not drawn ${percent(mass.left)}${masked}`;
  const lines = `${mass.lines} of ${mass.cells} lines (${isSigned(settings.quantity) ? '|x| ' : ''}≥ ${settings.threshold}${kept})`;
  return `${drawn}; ${lines}.${part} ${special}${words.rows ? ` ${words.rows}` : ''}${cut}`;
}

export function altText(series: readonly string[], labels: ReadonlyMap<string, HeadLabel>, model: string, mass: Mass, threshold: number,
  of: { quantity: Quantity; largest: number } = { quantity: 'weight', largest: 1 }): string {
  const words = QUANTITY_WORDS[of.quantity];
  const what = of.quantity === 'weight' ? '' : ` Shown: ${words.one}, largest ${exact4(of.largest)} in size.${words.rows ? ` ${words.rows}` : ''}`;
  const heads = series.map((name) => {
    const label = labels.get(name);
    const match = /^L(\d+)H(\d+)$/.exec(name);
    const spelled = match ? `Layer ${match[1]}, head ${match[2]}` : name;
    // Labels are about a head's weights; rollout and flow belong to a layer.
    if (isOfLayer(of.quantity)) return `${spelled[0]?.toUpperCase() ?? ''}${spelled.slice(1)}, ${model}.`;
    return label ? `${spelled}, ${model}: ${label.label}${label.family === 'mixed' ? ', nothing above its threshold'
      : `, ${label.score.toFixed(2)}`}.${label.text ? ` ${label.text}` : ''}` : `${spelled}, ${model}.`;
  });
  const small = of.quantity === 'weight' ? 'Weights' : 'Values';
  return `${heads.join(' ')}${what} ${small} below ${threshold} left out: ${percent(mass.left)}.`;
}

export function itemName(item: AxisItem | undefined): string { return item ? shorten(tokenText(item.text), 24) : '?'; }

/** "i → went, L2H0: 0.9989, rank 1 of 19". */
export function edgeText(edge: Edge, name: string, row: RowData | undefined, q: readonly AxisItem[], k: readonly AxisItem[], ranges: BucketRanges): string {
  const value = `${itemName(q[edge.q])} → ${endName(edge, k, 'q', ranges)}, ${name}: ${exact4(edge.weight)}`;
  if (edge.k < 0) return value;
  let rank = 1;
  if (row) for (const v of row.values) if (v > edge.weight) rank++;
  return `${value}, rank ${rank} of ${k.length}`;
}

/** The other end of a line: a token, the keys that a bucket stands for, or the sink. */
export function endName(edge: Edge, other: readonly AxisItem[], side: 'q' | 'k', ranges: BucketRanges): string {
  if (side === 'q' && edge.k === SINK) return 'the sink';
  const bucket = side === 'q' ? bucketOf(edge.k) : null;
  const range = bucket && ranges[bucket.where][bucket.index];
  return range ? `keys ${range.first}–${range.end - 1} together` : itemName(other[side === 'q' ? edge.k : edge.q]);
}

/** The heaviest links of a token, for its description. */
export function linksText(edges: readonly Edge[], other: readonly AxisItem[], side: 'q' | 'k', ranges: BucketRanges): string {
  const own = [...edges].sort((a, b) => b.weight - a.weight).slice(0, 3);
  return own.map((e) => `${endName(e, other, side, ranges)} ${exact4(e.weight)}`).join(', ');
}

/** Numbers of the token under the pointer: its heaviest links, or what its column receives. */
export function tokenNumbers(at: { side: Side; index: number }, p: Picture, store: TileStore | undefined): string {
  return p.series.map((s, i) => {
    if (at.side === 'q') return `${s.name}: ${linksText((p.byQ.get(at.index) ?? []).filter((e) => e.series === i), p.axes.k, 'q', p.ranges)}`;
    const whole = store ? columnSum(store, p.input, s, at.index) : null;
    if (whole !== null) return `${s.name}: column sum ${exact4(whole)} over ${p.input.rows} queries`;
    let sum = 0;
    let seen = 0;
    for (const row of p.rows[i]?.values() ?? []) {
      const v = row.values[at.index - row.first];
      if (v !== undefined) { sum += v; seen++; }
    }
    return `${s.name}: column sum ${exact4(sum)} over the ${seen} queries on screen`;
  }).join(' · ');
}
