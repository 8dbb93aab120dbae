// The compare view in words: what is compared with what, how the words fit, how far heads moved.

import type { Comparison, HeadDelta, TraceEntry } from '../../api/engine';
import { labelWords } from '../../base/labels';
import type { ViewState } from '../../base/state';
import { precisionName } from '../../base/precision';
import { headName } from '../../base/trace_info';
import { exact4 } from '../../ui/ink';
import type { TableData } from '../common/data_table';

export function deltaName(d: HeadDelta): string { return headName(d); }

const plural = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** "“I went …” / “At the …”, bert-base-uncased, L8H9 off" */
export function sideName(trace: TraceEntry, other: TraceEntry): string {
  const { text_a = '', text_b } = trace.query;
  const sameText = other.query.text_a === text_a && (other.query.text_b ?? null) === (text_b ?? null);
  const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const off = trace.settings.ablations.map((a) => a.head).join(', ');
  const parts = [
    sameText ? '' : `“${cut(text_a)}”${text_b ? ` / “${cut(text_b)}”` : ''}`,
    trace.model.name !== other.model.name || trace.model.fingerprint !== other.model.fingerprint ? trace.model.name : '',
    trace.title !== '' && trace.title !== other.title ? trace.title : '',
    trace.computed && other.computed && trace.computed.precision !== other.computed.precision ? precisionName(trace.computed.precision) : '',
    off ? `${off} off` : other.settings.ablations.length > 0 ? 'all heads on' : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : `the same as on the other side`;
}

/** "14 words or pieces … compared; 2 on the left and 1 on the right have no partner (hatched). Divergence 0.031 nats on average, most in L5H3: 0.210." */
export function summary(c: Comparison): string {
  const { matched, left_only, right_only } = c.alignment;
  const alone = left_only + right_only === 0 ? '' : `; ${left_only} on the left and ${right_only} on the right have no partner (hatched)`;
  const known = c.heads.filter((h) => h.js !== null);
  const mean = known.reduce((sum, h) => sum + (h.js as number), 0) / Math.max(1, known.length);
  const [most] = known;
  const moved = !most ? 'No head could be compared.' : most.js === 0 ? 'No head differs.'
    : `Divergence ${exact4(mean)} nats on average over ${plural(known.length, 'head', 'heads')}, most in ${deltaName(most)}: ${exact4(most.js as number)}.`;
  return [`${matched} ${matched === 1 ? 'word or piece of a word' : 'words or pieces of words'} compared${alone}.`, moved, ...c.notes].join(' ');
}

/** The best label on each side; one where they agree. */
export function labelChange(d: HeadDelta, causal: boolean): { text: string; changed: boolean } {
  const [left, right] = [d.labels.left[0] ?? '', d.labels.right[0] ?? ''];
  const words = (name: string): string => (name === '' ? 'mixed' : labelWords(name, causal));
  return left === right ? { text: words(left), changed: false } : { text: `${words(left)} → ${words(right)}`, changed: true };
}

/** Best first by the chosen measure; what is not known comes last. */
export function sortedDeltas(heads: readonly HeadDelta[], metric: ViewState['metric'], causal: boolean): HeadDelta[] {
  const number = (v: number | null): number => v ?? -1;
  const change = (d: HeadDelta): number => Number(labelChange(d, causal).changed);
  return [...heads].sort((a, b) => (metric === 'labels' ? change(b) - change(a) : metric === 'mean' ? number(b.mean_abs) - number(a.mean_abs) : 0)
    || number(b.js) - number(a.js) || a.layer - b.layer || a.head - b.head);
}

export function deltaTable(c: Comparison, metric: ViewState['metric'], causal: boolean): TableData {
  return { caption: `${plural(c.heads.length, 'head', 'heads')}: how far apart the two sides are`,
    columns: [{ title: 'Head' }, { title: 'Divergence, nats', numeric: true }, { title: 'Mean |Δ weight|', numeric: true }, { title: 'Label' },
      { title: 'Queries', numeric: true }],
    rows: sortedDeltas(c.heads, metric, causal).map((d) => [deltaName(d), d.js ?? '–', d.mean_abs ?? '–', labelChange(d, causal).text, d.queries]) };
}
