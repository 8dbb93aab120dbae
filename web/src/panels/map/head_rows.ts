// The heads of a stack as rows: what the map's cells and the list's lines show, which of them a
// filter keeps, and in which order they stand. Pure functions.

import { parseRanges } from '../../base/heads';
import { LABELS, MIXED, labelInfo, type LabelInfo } from '../../base/labels';
import type { HeadLink } from '../../api/engine';
import type { HeadFilter, Ranking, SortColumn, SortKey } from '../../base/state';
import type { StackInfo } from '../../base/trace_info';
import { byName, scoreValue, type HeadSummary } from '../common/summary';
import { labelText, topLabel } from '../common/wording';
import { M } from '../../base/words/map';

export interface HeadRow {
  name: string;
  layer: number;
  head: number;
  /** Row of the layer in the grid. */
  at: number;
  /** What the head is shown as: the best of its labels that the filter names, else its best. */
  info: LabelInfo;
  words: string;
  score: number | null;
  labels: readonly string[];
  summary: HeadSummary | undefined;
  /** The other scope gives other labels: "⚠ corpus: broad". "" = agreement, or nothing to compare. */
  disagrees: string;
  /** Weight of the chosen link; null where none is asked for, or it is on its way. */
  link: number | null;
}

const FAMILY = 'family:';

/** Does a filter's entry name this label? A family names all its labels. */
export function namesLabel(entry: string, info: LabelInfo): boolean {
  return entry.startsWith(FAMILY) ? entry.slice(FAMILY.length) === info.family : entry === info.name;
}

export interface RowOptions {
  causal: boolean;
  filter: HeadFilter;
  /** Summaries of the other scope, and what it is called. */
  other?: readonly HeadSummary[] | null;
  otherName?: string;
  /** Weights of the chosen link by head. */
  links?: ReadonlyMap<string, HeadLink> | undefined;
}

export function headRows(stack: StackInfo, summaries: readonly HeadSummary[] | null, options: RowOptions): HeadRow[] {
  const known = byName(summaries);
  const others = byName(options.other);
  return stack.layers.flatMap((layer, at) => Array.from({ length: stack.heads[at] ?? 0 }, (_, head): HeadRow => {
    const name = `L${layer}H${head}`;
    const summary = known.get(name);
    const labels = summary?.labels ?? [];
    const wanted = labels.find((l) => options.filter.labels.some((entry) => namesLabel(entry, labelInfo(l))));
    const top = topLabel(summary, options.causal);
    const info = wanted === undefined ? top.info : labelInfo(wanted);
    return { name, layer, head, at, info, labels, summary,
             words: wanted === undefined ? top.words : labelText(wanted, summary, options.causal),
             score: wanted === undefined ? top.score : scoreValue(summary, info.score),
             link: options.links?.get(name)?.weight ?? null,
             disagrees: disagreement(summary, others.get(name), options) };
  }));
}

/** Scopes disagree where a head's best label on one side is none of its labels on the other. */
function disagreement(here: HeadSummary | undefined, there: HeadSummary | undefined, options: RowOptions): string {
  if (!here || !there) return '';
  const mine = here.labels[0];
  const theirs = there.labels[0];
  const agree = mine === undefined ? theirs === undefined : there.labels.includes(mine);
  const agreeBack = theirs === undefined ? mine === undefined : here.labels.includes(theirs);
  if (agree && agreeBack) return '';
  return M.disagrees(options.otherName ?? M.otherScope, topLabel(there, options.causal).words);
}

export function isFiltering(filter: HeadFilter): boolean {
  return filter.labels.length > 0 || filter.minScore > 0 || filter.layers !== '' || filter.name !== '';
}

export function matches(row: HeadRow, filter: HeadFilter): boolean {
  const infos = row.labels.length > 0 ? row.labels.map(labelInfo) : row.summary ? [MIXED] : [];
  if (filter.labels.length > 0 && !filter.labels.some((entry) => infos.some((info) => namesLabel(entry, info)))) return false;
  if (filter.minScore > 0 && !((row.score ?? -1) >= filter.minScore)) return false;
  const layers = parseRanges(filter.layers);
  if (layers && layers.size > 0 && !layers.has(row.layer)) return false;
  const typed = filter.name.trim().toLowerCase();
  return typed === '' || row.name.toLowerCase().includes(typed) || row.words.toLowerCase().includes(typed) ||
    row.labels.some((l) => l.includes(typed) || labelInfo(l).words.includes(typed));
}

/** The head nearest to a filter that keeps nothing: highest by the score of the named labels. */
export function nearest(rows: readonly HeadRow[], filter: HeadFilter): { row: HeadRow; info: LabelInfo; score: number } | null {
  const infos = LABELS.filter((info) => filter.labels.length === 0 || filter.labels.some((entry) => namesLabel(entry, info)));
  let best: { row: HeadRow; info: LabelInfo; score: number } | null = null;
  for (const row of rows) for (const info of infos) {
    const score = scoreValue(row.summary, info.score);
    if (score !== null && (!best || score > best.score)) best = { row, info, score };
  }
  return best;
}

/** Number of heads that bear each label; a head without one counts as "". */
export function labelCounts(rows: readonly HeadRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (name: string): void => { counts.set(name, (counts.get(name) ?? 0) + 1); };
  for (const row of rows) {
    row.labels.forEach(add);
    if (row.labels.length === 0 && row.summary) add('');
  }
  return counts;
}

export type CellValue = number | string | null;

/** What a column of the list shows. Divergences come from outside (Compare, ablation). */
export function columnValue(row: HeadRow, by: SortColumn, changes?: ReadonlyMap<string, number>): CellValue {
  const s = row.summary;
  switch (by) {
    case 'name': return row.layer * 1e6 + row.head;
    case 'label': return row.labels.length > 0 ? row.words : null;
    case 'score': return row.score;
    case 'entropy': return s?.entropy ?? null;
    case 'distance': return s?.distance ?? null;
    case 'reach': return s?.reach ?? null;
    case 'link': return row.link;
    case 'change': return changes?.get(row.name) ?? null;
    default: return scoreValue(s, by);
  }
}

/** Where nobody chose an order: by the chosen link, or by the score of the label that the filter asks for. */
export function listOrder(keys: readonly SortKey[], filter: HeadFilter, ranking: Ranking = 'labels'): readonly SortKey[] {
  if (ranking === 'link' && keys.length === 0) return [{ by: 'link', descending: true }];
  return keys.length === 0 && filter.labels.length > 0 ? [{ by: 'score', descending: true }] : keys;
}

export interface SortOptions {
  changes?: ReadonlyMap<string, number> | undefined;
  /** Heads that the filter keeps stand before the others; null = no filter. */
  kept?: ReadonlySet<string> | null;
}

/** Undefined values last in either direction; equal rows by layer and head. */
export function sortRows(rows: readonly HeadRow[], keys: readonly SortKey[], { changes, kept = null }: SortOptions = {}): HeadRow[] {
  const compare = (a: CellValue, b: CellValue, descending: boolean): number => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b);
    return descending ? -order : order;
  };
  return [...rows].sort((a, b) => {
    const apart = kept ? Number(kept.has(b.name)) - Number(kept.has(a.name)) : 0;
    if (apart !== 0) return apart;
    for (const key of keys) {
      const order = compare(columnValue(a, key.by, changes), columnValue(b, key.by, changes), key.descending);
      if (order !== 0) return order;
    }
    return a.layer - b.layer || a.head - b.head;
  });
}

/** Names and words begin ascending, numbers with the largest. */
export function startsDescending(by: SortColumn): boolean { return by !== 'name' && by !== 'label'; }

/** Click: that column alone, or its other direction. Shift-click: as second key behind the others. */
export function nextSort(keys: readonly SortKey[], by: SortColumn, add: boolean): SortKey[] {
  const held = keys.find((k) => k.by === by);
  const turned: SortKey = { by, descending: held ? !held.descending : startsDescending(by) };
  if (!add || keys.length === 0) return [held && keys.length > 1 ? held : turned];
  return held ? keys.map((k) => (k.by === by ? turned : k)) : [...keys.slice(0, 1), turned];
}
