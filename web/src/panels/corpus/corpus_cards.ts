// The cards of the corpus view (ui.md §3.6): every number with its sample size, fewer than 30 grey.

import { html, nothing, type TemplateResult } from 'lit';
import { labelInfo } from '../../base/labels';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import { tokenText } from '../../ui/axes';
import { choice } from '../common/choice';
import { briefOf, type Example, type GrammarRow, type HeadEvidence } from '../common/summary';
import { evidenceText, labelOf, score2 } from '../common/wording';
import { bars } from './bars';
import { isExcerpt } from './example_text';

export const FEW = 30;

export function few(n: number): boolean { return n < FEW; }
export function sample(n: number): TemplateResult { return html`<span class=${few(n) ? 'few' : 'n'}>n = ${n.toLocaleString('en')}${few(n) ? ', few' : ''}</span>`; }

const fixed = (v: number | null | undefined, digits: number): string => (v === null || v === undefined ? '–' : v.toFixed(digits).replace('-', '−'));

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
  return html`<section class="card" aria-labelledby="c1"><h3 id="c1">Label scores</h3>
    <p>${p.corpus.labels.length === 0 ? 'No label over the corpus.' : p.corpus.labels.map((name, i) => html`${i > 0 ? ', ' : ''}<b>${labelOf(briefOf(p.corpus), name, p.causal).words}</b> ${score2(labelOf(briefOf(p.corpus), name, p.causal).score)}`)}
      ${p.corpus.labels[0] === undefined ? nothing : html`<span class="muted">${evidenceText(p.corpus.labels[0], p.corpus.label_details[p.corpus.labels[0]], p.causal)}</span>`}</p>
    ${histogram && segments > 0 ? html`<h4>${p.score.replaceAll('_', ' ')} of each segment ${sample(segments)}</h4>
      ${bars(histogram.counts, { label: `Distribution of ${p.score} over ${segments} segments: mean ${fixed(chosen?.value, 3)}${here === null ? '' : `, this input ${fixed(here, 3)}`}`,
        ticks: [fixed(low, 1), fixed((low + high) / 2, 1), fixed(high, 1)], mark: here === null ? null : { at: Math.min(1, Math.max(0, (here - low) / (high - low))), text: `This input: ${fixed(here, 3)}` },
        title: (i) => `${fixed(histogram.edges[i], 2)} to ${fixed(histogram.edges[i + 1], 2)}: ${histogram.counts[i] ?? 0} segments` })}
      ${here === null ? nothing : html`<p class="small"><span class="key"></span> This input: ${fixed(here, 3)}, ${p.input?.scores[p.score]?.queries ?? 0} words.</p>`}` : nothing}
    <div class="scroll"><table><thead><tr><th scope="col">Score</th><th scope="col">Corpus</th><th scope="col">± se</th><th scope="col">Chance</th><th scope="col">Input</th><th scope="col">Words</th></tr></thead>
      <tbody>${rows.map(([name, v]) => html`<tr class=${few(v.queries) ? 'few' : ''}><th scope="row"><button type="button" aria-pressed=${name === p.score ? 'true' : 'false'} data-testid="corpus-score-${name}" @click=${() => { p.choose(name); }}>${name.replaceAll('_', ' ')}</button></th>
        <td>${fixed(v.value, 3)}</td><td>${fixed(v.se, 3)}</td><td>${fixed(v.chance, 3)}</td><td>${fixed(p.input?.scores[name]?.value, 3)}</td><td>${v.queries.toLocaleString('en')}${few(v.queries) ? ' few' : ''}</td></tr>`)}</tbody></table></div></section>`;
}

/** Card 2: where it looks, and at what. */
export function targetCard(s: HeadEvidence, words: number): TemplateResult {
  const most = Math.max(1e-12, ...s.attended.map((a) => a.mass ?? 0));
  const peak = s.offsets.indexOf(Math.max(...s.offsets));
  const name = (i: number): string => (i === 10 ? 'the word itself' : `${i > 10 ? '+' : '−'}${Math.abs(i - 10)}`);
  return html`<section class="card" aria-labelledby="c2"><h3 id="c2">Where it looks</h3>
    ${s.offsets.length === 21 ? html`<h4>Key − query, tokens ${sample(words)}</h4>${bars(s.offsets, { label: `Mean attention by offset, −10 to +10; most at ${name(peak)}: ${fixed(s.offsets[peak], 3)}`, ticks: ['−10', '0', '+10'], accent: 10, title: (i) => `${name(i)}: ${fixed(s.offsets[i], 4)}` })}` : nothing}
    <h4>Most attended tokens</h4>
    ${s.attended.length === 0 ? html`<p class="muted">None recorded.</p>` : html`<div class="scroll" tabindex="0" role="region" aria-label="Most attended tokens"><table><thead><tr><th scope="col">Token</th><th scope="col">Share</th><th scope="col">Occurrences</th></tr></thead>
      <tbody>${s.attended.map((a) => html`<tr class=${few(a.n) ? 'few' : ''}><th scope="row"><bdi dir="auto">${tokenText(a.token)}</bdi></th><td class="bar"><i ${css$({ '--w': ((a.mass ?? 0) / most).toFixed(4) })}></i><span>${fixed(a.mass, 4)}</span></td><td>${a.n.toLocaleString('en')}${few(a.n) ? ' few' : ''}</td></tr>`)}</tbody></table></div>`}
    <p class="small muted">Mean distance ${fixed(s.distance, 1)}, reach of the heaviest key ${fixed(s.reach, 1)} tokens, entropy ${fixed(s.entropy, 2)} nats.</p></section>`;
}

export interface ExampleCardProps { summary: HeadEvidence; label: string; choose: (label: string) => void; can: true | string; load: (e: Example) => void; causal: boolean }

/** Card 3: best and worst examples; one click loads one as input. */
export function exampleCard(p: ExampleCardProps): TemplateResult {
  const names = labelNames(p.summary).filter((n) => { const d = p.summary.label_details[n]; return d && d.examples.length + d.exceptions.length > 0; });
  const detail = p.summary.label_details[p.label];
  return html`<section class="card wide" aria-labelledby="c3"><div class="title"><h3 id="c3">Examples</h3>${names.length > 1 ? choice({ label: 'Examples of', value: p.label, choose: p.choose, options: names.map((n) => ({ value: n, text: labelInfo(n).words })) }) : nothing}</div>
    ${!detail || names.length === 0 ? html`<p class="muted">This head has no label and leans to none, so there are no examples of it.</p>` : html`
      ${detail.obey === null ? nothing : html`<p class="small">${evidenceText(p.label, detail, p.causal)} ${detail.of === null ? nothing : sample(detail.of)}</p>`}
      ${p.can === true ? html`<p class="small muted">Choose one to load it as input, with its word pinned.${[...detail.examples, ...detail.exceptions].some(isExcerpt) ? ' The report holds excerpts: on an excerpt alone the weights are not those of the whole segment.' : ''}</p>` : html`<p class="small muted">${p.can}</p>`}
      ${list('Strongest', detail.examples, p)}${list('Exceptions', detail.exceptions, p)}`}</section>`;
}

function list(title: string, examples: readonly Example[], p: ExampleCardProps): TemplateResult | typeof nothing {
  if (examples.length === 0) return nothing;
  return html`<h4>${title}</h4><ul class="examples">${examples.slice(0, 20).map((e) => html`<li>
    <button type="button" class="text" data-testid="corpus-example" aria-disabled=${p.can === true && e.tokens ? nothing : 'true'} @click=${() => { if (p.can === true && e.tokens) p.load(e); }}>${e.tokens ? tokens(e) : nothing}
      <span class="pair"><bdi>“${tokenText(e.query_token)}”</bdi> → <bdi>“${tokenText(e.key_token)}”</bdi> ${e.weight === null ? '' : exact4(e.weight)}</span></button></li>`)}</ul>`;
}

/** The window as text: the query outlined, every token shaded by the attention it gets. */
function tokens(e: Example): TemplateResult {
  const start = e.start ?? 0;
  return html`<span class="window">${(e.tokens ?? []).map((t, i) => html`<span class="tok ${start + i === e.query ? 'query' : ''}" ${css$({ '--w': Math.min(1, e.row?.[i] ?? 0).toFixed(3) })}>${tokenText(t)}</span> `)}</span>`;
}

export type GrammarSort = 'gain' | 'accuracy' | 'n' | 'relation';

export function sortGrammar(rows: readonly GrammarRow[], by: GrammarSort): GrammarRow[] {
  const gain = (r: GrammarRow): number => (r.accuracy ?? 0) - (r.baseline ?? 0);
  const order: Record<GrammarSort, (a: GrammarRow, b: GrammarRow) => number> = {
    gain: (a, b) => gain(b) - gain(a), accuracy: (a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0), n: (a, b) => b.n - a.n, relation: (a, b) => a.relation.localeCompare(b.relation),
  };
  // Few words prove little: they stand last, whatever their numbers.
  return [...rows].sort((a, b) => Number(few(a.n)) - Number(few(b.n)) || order[by](a, b) || b.n - a.n);
}

/** Card 5: dependency relations against the best fixed offset. */
export function grammarCard(rows: readonly GrammarRow[] | undefined, by: GrammarSort, sort: (by: GrammarSort) => void): TemplateResult {
  const percent = (v: number | null): string => (v === null ? '–' : `${(100 * v).toFixed(1)} %`);
  const heading = (key: GrammarSort, text: string): TemplateResult => html`<th scope="col" aria-sort=${key === by ? (key === 'relation' ? 'ascending' : 'descending') : 'none'}><button type="button" class=${key === by ? 'on' : ''} @click=${() => { sort(key); }}>${text}${key === by ? html`<span aria-hidden="true"> ${key === 'relation' ? '↑' : '↓'}</span>` : nothing}</button></th>`;
  return html`<section class="card wide" aria-labelledby="c5"><h3 id="c5">Dependency relations</h3>
    ${!rows || rows.length === 0 ? html`<p class="muted">Relations need an annotated corpus: <code>headscope analyze FILE.conllu -o R.json</code></p>` : html`<p class="small muted">How often the heaviest word is the relation’s other end, against always looking at the best fixed offset.</p>
    <div class="scroll tall"><table><thead><tr>${heading('relation', 'Relation')}<th scope="col">Direction</th>${heading('accuracy', 'Accuracy')}<th scope="col">Baseline</th><th scope="col">Offset</th>${heading('gain', 'Gain')}${heading('n', 'n')}</tr></thead>
      <tbody>${sortGrammar(rows, by).map((r) => html`<tr class=${few(r.n) ? 'few' : ''}><th scope="row">${r.relation}</th><td>${r.direction.replaceAll('_', ' ')}</td><td>${percent(r.accuracy)}</td><td>${percent(r.baseline)}</td><td>${r.offset > 0 ? '+' : r.offset < 0 ? '−' : ''}${Math.abs(r.offset)}</td>
        <td>${r.accuracy === null || r.baseline === null ? '–' : `${r.accuracy - r.baseline < 0 ? '−' : '+'}${Math.abs(100 * (r.accuracy - r.baseline)).toFixed(1)}`}</td><td>${r.n.toLocaleString('en')}${few(r.n) ? ' few' : ''}</td></tr>`)}</tbody></table></div>`}</section>`;
}

/** Heads whose rows diverge least from this one's. */
export function nearestHeads(heads: readonly string[], js: readonly (readonly number[])[], head: string, count: number): { head: string; divergence: number }[] {
  const row = js[heads.indexOf(head)];
  if (!row) return [];
  return heads.map((name, i) => ({ head: name, divergence: row[i] ?? Infinity })).filter((h) => h.head !== head && Number.isFinite(h.divergence)).sort((a, b) => a.divergence - b.divergence).slice(0, count);
}
