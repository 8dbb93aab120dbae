// The model view in words: what the grid is, what a thumbnail is about.

import { isOfLayer, QUANTITY_WORDS, wholeMapProblem } from '../../base/quantities';
import { labelled, type TraceInfo } from '../../base/trace_info';
import { exact4 } from '../../ui/ink';
import type { ViewSettings } from '../../ui/types';
import type { TableData } from '../common/data_table';
import { orderValue, type Grid } from './grid';
import type { Labels } from './model_plan';
import { PREVIEW_QUERIES, type Plan } from './model_tiles';

const layerOf = (name: string): string => /^L(\d+)/.exec(name)?.[1] ?? '';

/** As it is printed: a head, or the layer that it stands for. */
export function spelled(name: string, s: ViewSettings): string { return isOfLayer(s.quantity) ? `layer ${layerOf(name)}` : name; }

/** "L5H3 · 41.2": what a sorted grid prints under a thumbnail. */
export function nameWithValue(name: string, s: ViewSettings, labels: Labels): string {
  const value = s.order === 'label' ? null : orderValue(labels.get(name), s.order);
  return value === null ? name : `${name} · ${value.toFixed(s.order === 'score' || s.order === 'entropy' ? 2 : 1)}`;
}

export function describe(name: string | null, s: ViewSettings, labels: Labels, ablated: boolean): string {
  if (!name) return `Point at a ${isOfLayer(s.quantity) ? 'layer' : 'head'}, or use the arrow keys; Enter opens it beside the grid.`;
  if (isOfLayer(s.quantity)) return `Layer ${layerOf(name)}: ${s.quantity}`;
  const label = labels.get(name);
  const score = label && label.family !== 'mixed' ? `, score ${label.score.toFixed(2)}` : '';
  const about = label ? `, ${label.label}${score}${label.text ? `. ${label.text}` : ''}` : '';
  return `Layer ${layerOf(name)}, head ${/H(\d+)$/.exec(name)?.[1]}${ablated ? ', ablated' : ''}${about}`;
}

/** What the thumbnails are, and what they are sorted by. */
export function account(trace: TraceInfo, s: ViewSettings, grid: Grid, labels: Labels, largest: number): string {
  if (wholeMapProblem(trace, s.quantity)) return '';
  if (isOfLayer(s.quantity)) return `${grid.cells.length} layers: ${s.quantity} belongs to a layer, not to a head; largest shown ${exact4(largest)}`;
  const left = s.gridLayers || s.gridHeads ? ` (${[s.gridLayers && `layers ${s.gridLayers}`, s.gridHeads
    && `heads ${s.gridHeads}`].filter(Boolean).join(', ')})` : '';
  // Numbers of all weights or none: a preview sorts nothing.
  const sorting = !grid.sorted ? ', rows are layers, columns are heads' : labels.size > 0 ? ''
    : labelled(trace, s.stack) ? ': what they are sorted by is being computed' : ': this stack has no labels to sort by';
  return `${grid.cells.length} heads${left}${sorting}`;
}

/** "; ≈ from 64 queries each, 37 of 144 exact". */
export function progress(plan: Plan | null, approximate: number): string {
  if (!plan?.long) return '';
  const exact = plan.visible.length - approximate;
  return exact === plan.visible.length ? ', exact' : `; ≈ from ${PREVIEW_QUERIES} queries each, ${exact} of ${plan.visible.length} exact`;
}

export function modelAlt(trace: TraceInfo | undefined, s: ViewSettings, grid: Grid, largest: number): string {
  const what = s.quantity === 'weight' ? '' : ` Shown: ${QUANTITY_WORDS[s.quantity].one}, largest ${exact4(largest)} in size.`;
  return `${grid.cells.length} ${isOfLayer(s.quantity) ? 'layers' : 'heads'} of ${trace?.model.name ?? ''}, one thumbnail each.${what}`;
}

/** A row a head: label, score and measures. */
export function headTable(grid: Grid, labels: Labels): TableData {
  const measure = (v: number | null | undefined): string | number => v ?? '–';
  return { caption: `${grid.cells.length} heads`,
           columns: [{ title: 'Head' }, { title: 'Label' }, { title: 'Score', numeric: true }, { title: 'Entropy', numeric: true }, { title: 'Distance',
             numeric: true }, { title: 'Reach', numeric: true }],
           rows: grid.cells.map(({ name }) => {
             const l = labels.get(name);
             return [name, l?.label ?? '–', measure(l?.score), measure(l?.measures?.entropy), measure(l?.measures?.distance), measure(l?.measures?.reach)];
           }) };
}
