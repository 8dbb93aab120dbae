// The links of `headscope analyze --links`: which heads carry a relation (docs/patterns.md, links over a corpus).

import { html, nothing, type TemplateResult } from 'lit';
import type { CorpusLinks, LinkedHead } from '../../api/engine';
import { summaryName } from '../common/summary';
import { columnHead, few, fixed, percent } from './corpus_cards';
import { R } from '../../base/words/corpus';

const SHOWN = 20;

/** What was linked, in words; `of` is as after `--links`. */
export function linkWords(of: string): string {
  const relation = /^rel:(.*?)(:head)?$/.exec(of);
  if (!relation) return R.linksOf.file;
  return (relation[2] ? R.linksOf.fromGoverning : R.linksOf.fromDependent)(relation[1] ?? '');
}

/** Of the stack on screen the heads among the first `count` of all, and `head` where it stands further down; places count from 1. */
export function strongest(heads: readonly LinkedHead[], head: string, count: number, stack = ''): { place: number; row: LinkedHead }[] {
  return heads.map((row, i) => ({ place: i + 1, row })).filter(({ place, row }) => (row.stack ?? '') === stack
    && (place <= count || summaryName(row) === head));
}

export interface LinksCardProps { links: CorpusLinks; head: string; stack: string; select: (head: string) => void }

export function linksCard({ links, head, stack, select }: LinksCardProps): TemplateResult {
  const line = ({ place, row }: { place: number; row: LinkedHead }): TemplateResult => {
    const name = summaryName(row);
    return html`<tr class=${few(row.n) ? 'few' : ''}><th scope="row"><span class="n">${place}.</span> <button type="button"
      aria-pressed=${name === head ? 'true' : 'false'} data-testid="corpus-link-${name}" @click=${() => { select(name); }}>${name}</button></th>
      ${[row.mean, row.se, row.chance].map((v) => html`<td>${fixed(v, 3)}</td>`)}<td>${fixed(row.lift, 1)}</td><td>${fixed(row.rank, 1)}</td>
      <td>${percent(row.top1)}</td><td>${R.count(row.n, few(row.n))}</td></tr>`;
  };
  return html`<section class="card wide" aria-labelledby="c7" data-testid="corpus-links"><h3 id="c7">${R.links}</h3>
    <p>${R.linksCount(links.n, linkWords(links.of))}${links.left_out > 0 ? R.leftOut(links.left_out) : ''}${links.hidden > 0 ? R.hidden(links.hidden) : ''}</p>
    ${links.heads.length === 0 ? nothing : html`<p class="small muted">${R.linksHelp}</p>
    <div class="scroll tall"><table><thead><tr>${R.linksTable.map(columnHead)}</tr></thead>
      <tbody>${strongest(links.heads, head, SHOWN, stack).map(line)}</tbody></table></div>`}</section>`;
}
