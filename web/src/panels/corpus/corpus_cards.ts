// The cards of the corpus view (ui.md §3.6): every number with its sample size, fewer than 30 grey.

import { html, nothing, type TemplateResult } from 'lit';
import { labelWords, scoreWords } from '../../base/labels';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import { tokenText } from '../../ui/axes';
import { choice } from '../common/choice';
import { briefOf, type Example, type GrammarRow, type HeadEvidence } from '../common/summary';
import { evidenceText, labelOf, score2 } from '../common/wording';
import { bars } from './bars';
import { isExcerpt } from './example_text';
import { R } from '../../base/words/corpus';

export const FEW = 30;

export function few(n: number): boolean { return n < FEW; }
export function sample(n: number): TemplateResult { return html`<span class=${few(n) ? 'few' : 'n'}>${R.sample(n, few(n))}</span>`; }

/** "+1.5", "−2", "0". */
const signed = (v: number, digits: number): string => (v > 0 ? '+' : v < 0 ? '−' : '') + Math.abs(v).toFixed(digits);
export const columnHead = (name: string): TemplateResult => html`<th scope="col">${name}</th>`;
export const fixed = (v: number | null | undefined, digits: number): string => (v === null || v === undefined ? '–' : v.toFixed(digits).replace('-', '−'));
export const percent = (v: number | null): string => (v === null ? '–' : `${(100 * v).toFixed(1)} %`);

/** Names of a head's labels and leanings, best first; else the score it has most of. */
export function labelNames(s: HeadEvidence): string[] { return [...s.labels, ...s.leaning.filter((l) => !s.labels.includes(l))]; }

export interface ScoreCardProps { corpus: HeadEvidence; input: HeadEvidence | undefined; score: string; choose: (score: string) => void; causal: boolean }

/** Card 1: label scores over the corpus, their distribution, and where the current input stands. */
export function scoreCard(p: ScoreCardProps): TemplateResult {
  const rows = Object.entries(p.corpus.scores).filter(([, v]) => v.value !== null);
  const histogram = p.corpus.histogram[p.score];
  const here = p.input?.scores[p.score]?.value ?? null;
  const chosen = p.corpus.scores[p.score];
  const segments = histogram?.counts.reduce((a, b) => a + b, 0) ?? 0;
  const [low, high] = [histogram?.edges[0] ?? 0, histogram?.edges[(histogram?.edges.length ?? 1) - 1] ?? 1];
  return html`<section class="card" aria-labelledby="c1"><h3 id="c1">${R.scores}</h3>
    <p>${p.corpus.labels.length === 0 ? R.noLabel : p.corpus.labels.map((name, i) =>
      html`${i > 0 ? ', ' : ''}<b>${labelOf(briefOf(p.corpus), name, p.causal).words}</b> ${score2(labelOf(briefOf(p.corpus), name, p.causal).score)}`)}
      ${p.corpus.labels[0] === undefined ? nothing
        : html`<span class="muted">${evidenceText(p.corpus.labels[0], p.corpus.label_details[p.corpus.labels[0]], p.causal)}</span>`}</p>
    ${histogram && segments > 0 ? html`<h4>${R.ofEachSegment(scoreWords(p.score))}${sample(segments)}</h4>
      ${bars(histogram.counts, { label: R.distribution(scoreWords(p.score), segments, fixed(chosen?.value, 3), here === null ? '' : fixed(here, 3)),
        ticks: [fixed(low, 1), fixed((low + high) / 2, 1), fixed(high, 1)], mark: here === null ? null
          : { at: Math.min(1, Math.max(0, (here - low) / (high - low))), text: R.thisInput(fixed(here, 3)) },
        title: (i) => R.bin(fixed(histogram.edges[i], 2), fixed(histogram.edges[i + 1], 2), histogram.counts[i] ?? 0) })}
      ${here === null ? nothing : html`<p class="small"><span class="key"></span>${R.thisInputWords(fixed(here, 3),
        p.input?.scores[p.score]?.queries ?? 0)}</p>`}` : nothing}
    <div class="scroll"><table><thead><tr>${R.scoreTable.map(columnHead)}</tr></thead>
      <tbody>${rows.map(([name, v]) => html`<tr class=${few(v.queries) ? 'few' : ''}>
        <th scope="row"><button type="button" aria-pressed=${name === p.score ? 'true' : 'false'} data-testid="corpus-score-${name}"
          @click=${() => { p.choose(name); }}>${scoreWords(name)}</button></th>
        ${[v.value, v.se, v.chance, p.input?.scores[name]?.value].map((x) => html`<td>${fixed(x, 3)}</td>`)}
        <td>${R.count(v.queries, few(v.queries))}</td></tr>`)}</tbody></table></div></section>`;
}

/** Card 2: where it looks, and at what. */
export function targetCard(s: HeadEvidence, words: number): TemplateResult {
  const most = Math.max(1e-12, ...s.attended.map((a) => a.mass ?? 0));
  const peak = s.offsets.indexOf(Math.max(...s.offsets));
  const name = (i: number): string => (i === 10 ? R.itself : `${i > 10 ? '+' : '−'}${Math.abs(i - 10)}`);
  return html`<section class="card" aria-labelledby="c2"><h3 id="c2">${R.targets}</h3>
    ${s.offsets.length === 21 ? html`<h4>${R.offsets}${sample(words)}</h4>
      ${bars(s.offsets, { label: R.byOffset(name(peak), fixed(s.offsets[peak], 3)), ticks: ['−10', '0', '+10'], accent: 10,
        title: (i) => `${name(i)}: ${fixed(s.offsets[i], 4)}` })}` : nothing}
    <h4>${R.attended}</h4>
    ${s.attended.length === 0 ? html`<p class="muted">${R.noneRecorded}</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label=${R.attended}><table><thead><tr>${R.attendedTable.map(columnHead)}</tr></thead>
      <tbody>${s.attended.map((a) => html`<tr class=${few(a.n) ? 'few'
        : ''}><th scope="row"><bdi dir="auto">${tokenText(a.token)}</bdi></th><td class="bar"><i
        ${css$({ '--w': ((a.mass ?? 0) / most).toFixed(4) })}></i><span>${fixed(a.mass, 4)}</span></td><td>${R.count(a.n,
        few(a.n))}</td></tr>`)}</tbody></table></div>`}
    <p class="small muted">${R.spread(fixed(s.distance, 1), fixed(s.reach, 1), fixed(s.entropy, 2))}</p></section>`;
}

export interface ExampleCardProps { summary: HeadEvidence; label: string; choose: (label: string) =>
  void; can: true | string; load: (e: Example) => void; causal: boolean }

/** Card 3: best and worst examples; one click loads one as input. */
export function exampleCard(p: ExampleCardProps): TemplateResult {
  const names = labelNames(p.summary).filter((n) => { const d = p.summary.label_details[n]; return d && d.examples.length + d.exceptions.length > 0; });
  const detail = p.summary.label_details[p.label];
  return html`<section class="card wide" aria-labelledby="c3"><div class="title"><h3 id="c3">${R.examples}</h3>${names.length > 1
    ? choice({ label: R.examplesOf, value: p.label, choose: p.choose, options: names.map((n) => ({ value: n, text: labelWords(n, p.causal) })) })
    : nothing}</div>
    ${!detail || names.length === 0 ? html`<p class="muted">${R.noExamples}</p>` : html`
      ${detail.obey === null ? nothing : html`<p class="small">${evidenceText(p.label, detail, p.causal)}
        ${detail.of === null ? nothing : sample(detail.of)}</p>`}
      ${p.can === true ? html`<p class="small muted">${R.load}${[...detail.examples, ...detail.exceptions].some(isExcerpt) ? R.excerpts : ''}</p>`
        : html`<p class="small muted">${p.can}</p>`}
      ${list(R.strongest, detail.examples, p)}${list(R.exceptions, detail.exceptions, p)}`}</section>`;
}

function list(title: string, examples: readonly Example[], p: ExampleCardProps): TemplateResult | typeof nothing {
  if (examples.length === 0) return nothing;
  return html`<h4>${title}</h4><ul class="examples">${examples.slice(0, 20).map((e) => html`<li>
    <button type="button" class="text" data-testid="corpus-example" aria-disabled=${p.can === true && e.tokens ? nothing : 'true'}
      @click=${() => { if (p.can === true && e.tokens) p.load(e); }}>${e.tokens ? tokens(e) : nothing}
      <span class="pair"><bdi>“${tokenText(e.query_token)}”</bdi> → <bdi>“${tokenText(e.key_token)}”</bdi>
        ${e.weight === null ? '' : exact4(e.weight)}</span></button></li>`)}</ul>`;
}

/** The window as text: the query outlined, every token shaded by the attention it gets. */
function tokens(e: Example): TemplateResult {
  const start = e.start ?? 0;
  return html`<span class="window">${(e.tokens ?? []).map((t, i) =>
    html`<span class="tok ${start + i === e.query ? 'query' : ''}"
    ${css$({ '--w': Math.min(1, e.row?.[i] ?? 0).toFixed(3) })}>${tokenText(t)}</span> `)}</span>`;
}

export type GrammarSort = 'gain' | 'accuracy' | 'n' | 'relation';

export function sortGrammar(rows: readonly GrammarRow[], by: GrammarSort): GrammarRow[] {
  const gain = (r: GrammarRow): number => (r.accuracy ?? 0) - (r.baseline ?? 0);
  const order: Record<GrammarSort, (a: GrammarRow, b: GrammarRow) => number> = {
    gain: (a, b) => gain(b) - gain(a), accuracy: (a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0), n: (a, b) => b.n - a.n,
      relation: (a, b) => a.relation.localeCompare(b.relation),
  };
  // Few words prove little: they stand last, whatever their numbers.
  return [...rows].sort((a, b) => Number(few(a.n)) - Number(few(b.n)) || order[by](a, b) || b.n - a.n);
}

/** Card 5: dependency relations against the best fixed offset. */
export function grammarCard(rows: readonly GrammarRow[] | undefined, by: GrammarSort, sort: (by: GrammarSort) => void): TemplateResult {
  const heading = (key: GrammarSort, text: string): TemplateResult =>
    html`<th scope="col" aria-sort=${key === by ? (key === 'relation' ? 'ascending' : 'descending') : 'none'}><button type="button"
    class=${key === by ? 'on' : ''} @click=${() => { sort(key); }}>${text}${key === by
    ? html`<span aria-hidden="true"> ${key === 'relation' ? '↑' : '↓'}</span>` : nothing}</button></th>`;
  return html`<section class="card wide" aria-labelledby="c5"><h3 id="c5">${R.relations}</h3>
    ${!rows || rows.length === 0 ? html`<p class="muted">${R.noRelations}<code>${R.relationsCommand}</code></p>`
      : html`<p class="small muted">${R.relationsHelp}</p>
    <div class="scroll tall"><table><thead><tr>${heading('relation', R.relation)}${columnHead(R.direction)}${heading('accuracy', R.accuracy)}
        ${columnHead(R.baseline)}${columnHead(R.offset)}${heading('gain', R.gain)}${heading('n', R.n)}</tr></thead>
      <tbody>${sortGrammar(rows, by).map((r) => html`<tr class=${few(r.n) ? 'few'
        : ''}><th scope="row">${r.relation}</th><td>${r.direction.replaceAll('_',
        ' ')}</td><td>${percent(r.accuracy)}</td><td>${percent(r.baseline)}</td><td>${signed(r.offset, 0)}</td>
        <td>${r.accuracy === null || r.baseline === null ? '–'
          : signed(100 * (r.accuracy - r.baseline), 1)}</td><td>${R.count(r.n, few(r.n))}</td></tr>`)}</tbody></table></div>`}</section>`;
}

/** Heads whose rows diverge least from this one's. */
export function nearestHeads(heads: readonly string[], js: readonly (readonly number[])[], head: string,
  count: number): { head: string; divergence: number }[] {
  const row = js[heads.indexOf(head)];
  if (!row) return [];
  return heads.map((name, i) => ({ head: name, divergence: row[i] ?? Infinity })).filter((h) => h.head !== head
    && Number.isFinite(h.divergence)).sort((a, b) => a.divergence - b.divergence).slice(0, count);
}
