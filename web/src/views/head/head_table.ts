// The readable equivalent of the lines (key T): the heaviest 100 links, or the pinned token's.

import { html, type TemplateResult } from 'lit';
import { exact4, exact9 } from '../../ui/ink';
import { bucketOf, type Edge } from './edges';
import { isOfLayer, QUANTITY_WORDS } from '../../base/quantities';
import type { Quantity } from '../../ui/types';
import { itemName } from './head_text';
import type { Picture } from './head_paint';

export function edgeTable(p: Picture, quantity: Quantity, close: () => void): TemplateResult {
  const { one } = QUANTITY_WORDS[quantity];
  const chosen = (p.focus ? p.edges.filter((e) => p.focus?.q.has(e.q) || p.focus?.k.has(e.k)) : p.edges).slice().reverse().slice(0, 100);
  const row = (e: Edge): { head: string; q: string; k: string; weight: number } => {
    const bucket = bucketOf(e.k);
    const range = bucket ? p.ranges[bucket.where][bucket.index] : undefined;
    return { head: p.series[e.series]?.name ?? '', q: `${itemName(p.axes.q[e.q])} (${p.axes.q[e.q]?.first ?? ''})`,
             k: range ? `keys ${range.first}–${range.end - 1}` : `${itemName(p.axes.k[e.k])} (${p.axes.k[e.k]?.first ?? ''})`, weight: e.weight };
  };
  const rows = chosen.map(row);
  const tsv = (): void => {
    const text = [`head\tquery\tkey\t${quantity}`, ...rows.map((r) => [r.head, r.q, r.k, exact9(r.weight)].join('\t'))].join('\n');
    void navigator.clipboard.writeText(text);
  };
  return html`<button @click=${tsv}>Copy as TSV</button> <button @click=${close}>Close table</button>
    <table><caption>${rows.length} heaviest links drawn${quantity === 'weight' ? '' : `: ${one}, largest shown ${exact4(p.largest)}`}</caption>
    <thead><tr><th scope="col">${isOfLayer(quantity) ? 'Layer' : 'Head'}</th><th scope="col">Query</th><th scope="col">Key</th><th scope="col">${one}</th></tr></thead>
    <tbody>${rows.map((r) => html`<tr><td>${r.head}</td><td><bdi>${r.q}</bdi></td><td><bdi>${r.k}</bdi></td><td class="n" data-weight=${exact9(r.weight)}>${exact4(r.weight)}</td></tr>`)}</tbody></table>`;
}
