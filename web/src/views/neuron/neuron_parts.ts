// The first layer's q·k by what the embeddings are a sum of: word, position, segment and constants of
// the query against those of the key (docs/decisions/230-parts-of-the-first-layer.md).

import { html, type TemplateResult } from 'lit';
import type { PartsData } from '../../base/tiles';
import { parseHead, type StackInfo } from '../../base/trace_info';
import { N } from '../../base/words/neuron';
import { css$ } from '../../ui/css_directive';
import { fixed } from '../../ui/ink';
import { SCORE_DECIMALS } from './neuron_words';

export interface PartTable {
  names: readonly string[];
  /** scale · q_a · k_b: [part of the query][part of the key]. They add up to the score before bias, cap and mask. */
  cells: readonly (readonly number[])[];
  queries: readonly number[];
  keys: readonly number[];
  total: number;
}

/** Of one key. */
export function partTable({ names, q, k, keys }: PartsData, scale: number, key: number): PartTable {
  const count = names.length;
  const dim = q.length / count;
  const cells = names.map((_a, a) => names.map((_b, b) => {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += (q[a * dim + d] as number) * (k[(b * keys + key) * dim + d] as number);
    return scale * sum;
  }));
  const queries = cells.map((row) => row.reduce((x, y) => x + y, 0));
  return { names, cells, queries, keys: names.map((_, b) => cells.reduce((sum, row) => sum + (row[b] as number), 0)),
    total: queries.reduce((x, y) => x + y, 0) };
}

/** Whether this head reads the embeddings: of the first layer of what reads the text itself. */
export function hasParts(stack: StackInfo, head: string): boolean {
  return parseHead(head)?.layer === 0 && stack.name !== 'decoder' && stack.name !== 'cross';
}

/** As a small table; a cell is tinted by its share of the largest one. */
export function partsTable(t: PartTable, title: string): TemplateResult {
  const largest = Math.max(1e-12, ...t.cells.flat().map(Math.abs));
  const number = (v: number): string => fixed(v, SCORE_DECIMALS);
  const cell = (v: number): TemplateResult => html`<td class="n ${v < 0 ? 'less' : ''}" data-value=${v}
    ${css$({ '--share': `${Math.round(60 * Math.abs(v) / largest)}%` })}>${number(v)}</td>`;
  return html`<table><caption>${title}</caption>
    <thead><tr><th scope="col">${N.corner}</th>${t.names.map((name) => html`<th scope="col" class="n">${N.part(name)}</th>`)}<th scope="col"
      class="n">${N.sum}</th></tr></thead>
    <tbody>${t.names.map((name, a) => html`<tr><th scope="row">${N.part(name)}</th>${(t.cells[a] ?? []).map(cell)}<td
      class="n total">${number(t.queries[a] as number)}</td></tr>`)}
      <tr><th scope="row">${N.sum}</th>${t.keys.map((v) => html`<td class="n total">${number(v)}</td>`)}<td class="n total"
        data-testid="nv-parts-total" data-value=${t.total}>${number(t.total)}</td></tr></tbody></table>
    <p class="muted">${N.held}</p>`;
}
