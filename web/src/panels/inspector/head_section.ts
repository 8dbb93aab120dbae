// Inspector, first part: what pattern a head follows, and the proof in counts.

import { html, nothing, type TemplateResult } from 'lit';
import { labelInfo, scoreWords } from '../../base/labels';
import type { Scope } from '../../base/state';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import { scoreValue, type Example, type HeadEvidence, type HeadSummary, type LabelDetail, type ScoreValue } from '../common/summary';
import { evidenceText, labelOf, score2 } from '../common/wording';

export interface HeadSectionProps {
  name: string;
  summary: HeadSummary | undefined;
  /** undefined while it is on its way. */
  evidence: HeadEvidence | undefined;
  /** Summaries are on their way. */
  computing: boolean;
  scope: Scope;
  causal: boolean;
  /** Tokens of the input, or mean of a corpus's segments. */
  tokens: number;
  segments: number | null;
  ablated: string;
  pin: (query: number) => void;
  /** Computes pattern 5, or why it cannot be computed here. */
  predictive: (() => void) | string;
}

const NO_LABELS = 'No labels: they are about the words of one text. Choose a stack whose queries and keys are the same text.';

export function headSection(p: HeadSectionProps): TemplateResult {
  const s = p.summary;
  if (!s) {
    const why = p.scope === 'corpus' ? 'This head is not in the corpus report.' : p.computing ? 'Computing labels…' : NO_LABELS;
    return html`<p class="muted" data-testid="head-label" role="status">${why}</p>`;
  }
  const [first, ...others] = s.labels;
  return html`${first === undefined ? mixed() : label(p, s, first, true)}
    ${others.length > 0 ? html`<h4>Also</h4>${others.map((name) => label(p, s, name, false))}` : nothing}
    ${s.leaning.length > 0 ? html`<h4>Leaning, below the line</h4><ul class="plain">${s.leaning.map((name) => html`<li>${leaning(p, s, name)}</li>`)}</ul>` : nothing}
    ${s.too_few.length > 0 ? html`<p class="muted small">Too few words to tell: ${s.too_few.map((n) => labelInfo(n).words).join(', ')}.</p>` : nothing}
    ${predictive(p, s)}
    ${p.ablated ? html`<p class="warn small">This head is switched off (${p.ablated}) in the run shown.</p>` : nothing}
    <dl class="numbers"><div><dt title="Mean over words, nats">Entropy</dt><dd>${number(s.entropy, 2)}</dd></div>
      <div><dt title="Mean distance of query and key, tokens">Distance</dt><dd>${number(s.distance, 1)}</dd></div>
      <div><dt title="Mean distance of the heaviest key, tokens">Reach</dt><dd>${number(s.reach, 1)}</dd></div></dl>
    ${p.evidence ? html`<p class="muted small">${scopeText(p, p.evidence)}</p>` : nothing}
    <details><summary data-testid="all-scores">All scores</summary>${p.evidence ? allScores(p.evidence) : html`<p class="muted">Loading…</p>`}</details>`;
}

const number = (v: number | null, digits: number): string => (v === null ? '–' : v.toFixed(digits));

/** Pattern 5 costs a run of the model for each pair of words: what was not computed is not said to be absent. */
function predictive(p: HeadSectionProps, s: HeadSummary): TemplateResult | typeof nothing {
  if (p.causal || scoreValue(s, 'predictive') !== null) return nothing;
  const where = p.scope === 'corpus' ? 'in this report' : 'for this text';
  return html`<p class="small" data-testid="not-computed">Pattern 5, words that predict the word, has not been computed ${where}.
    ${typeof p.predictive === 'string' ? html`<span class="muted">${p.predictive}</span>`
      : html`<button type="button" class="small" data-testid="compute-predictive" @click=${p.predictive}>Compute pattern 5</button>`}</p>`;
}

function mixed(): TemplateResult {
  return html`<p class="label" data-testid="head-label"><span class="glyph tint mixed" aria-hidden="true">·</span><b>mixed</b></p>
    <p class="small">Nothing that was computed is above its threshold.</p>`;
}

function label(p: HeadSectionProps, s: HeadSummary, name: string, first: boolean): TemplateResult {
  const top = labelOf(s, name, p.causal);
  const score = p.evidence?.scores[top.info.score];
  const detail = p.evidence?.label_details[name];
  const tint = css$({ '--score': Math.max(0, Math.min(1, top.score ?? 0)).toFixed(3) });
  return html`<p class="label" data-testid=${first ? 'head-label' : nothing}><span class="glyph tint ${top.info.family}" aria-hidden="true" ${tint}>${top.info.glyph}</span>
      <b>${top.words}</b> <span class="value">${score2(top.score)}</span></p>
    ${score ? meter(score, detail?.threshold ?? null, name) : nothing}
    ${s.near_line.includes(name) ? html`<p class="warn small">Near the line: with other words the label may be another.</p>` : nothing}
    ${s.undecided.includes(name) ? html`<p class="muted small">On this text no word occurs in both places, so the two cannot be told apart.</p>` : nothing}
    <p class="evidence">${evidenceText(name, detail, p.causal)}</p>
    ${first && detail ? proof(p, detail) : nothing}
    ${first && name === 'same-word' ? content(detail) : nothing}`;
}

function proof(p: HeadSectionProps, detail: LabelDetail): TemplateResult {
  return html`${examples('Exceptions', detail.exceptions, p)}
    ${detail.exceptions.length === 0 && detail.obey !== null ? html`<p class="muted small">No exceptions.</p>` : nothing}
    ${examples('Strongest', detail.examples, p)}`;
}

function content(detail: LabelDetail | undefined): TemplateResult | typeof nothing {
  return detail && detail.content_share !== null
    ? html`<p class="muted small">Of this attention, ${Math.round(100 * detail.content_share)} % comes from content words.</p>` : nothing;
}

/** Shares of attention; the others are scores of their own kind. */
const NO_SHARE = new Set(['broad', 'sentence', 'predictive']);

/** Score, threshold and chance on one line from 0 to 1; beneath it the same in words. */
function meter(score: ScoreValue, line: number | null, name: string): TemplateResult {
  const at = (v: number | null | undefined): string => `${(Math.max(0, Math.min(1, v ?? 0)) * 100).toFixed(1)}%`;
  const { value, chance, queries } = score;
  const what = NO_SHARE.has(name) ? 'Score' : 'Share of attention';
  const threshold = line === null ? '' : ` (threshold ${score2(line)})`;
  const words = `${queries.toLocaleString('en')} ${queries === 1 ? 'word' : 'words'} asked.`;
  return html`<div class="meter" aria-hidden="true"><i ${css$({ width: at(value) })}></i>
      ${line === null ? nothing : html`<span class="line" ${css$({ left: at(line) })}></span>`}${chance === null ? nothing : html`<span class="chance" ${css$({ left: at(chance) })}></span>`}</div>
    <p class="small muted" data-testid="head-numbers">${what} ${score2(value)}${threshold}. ${chance === null ? '' : `By chance ${score2(chance)}. `}${words}</p>`;
}

function leaning(p: HeadSectionProps, s: HeadSummary, name: string): string {
  const top = labelOf(s, name, p.causal);
  const evidence = evidenceText(name, p.evidence?.label_details[name], p.causal);
  return `${top.info.glyph} ${top.words} ${score2(top.score)}${evidence ? `: ${evidence}` : ''}`;
}

function examples(title: string, list: readonly Example[], p: HeadSectionProps): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`<div class="examples"><span class="muted small">${title}</span>${list.slice(0, 3).map((e) => {
    const text = html`<bdi>${e.query_token}</bdi> → <bdi>${e.key_token}</bdi> ${e.weight === null ? '' : exact4(e.weight)}`;
    if (p.scope === 'corpus') return html`<span class="small">${text}</span>`;
    return html`<button type="button" class="small" title="Pin “${e.query_token}” at ${e.query}" @click=${() => { p.pin(e.query); }}>${text}</button>`;
  })}</div>`;
}

function scopeText(p: HeadSectionProps, s: HeadEvidence): string {
  const words = s.scores['self']?.queries ?? s.scores['sep']?.queries ?? 0;
  if (p.scope === 'corpus') return `Over the corpus: ${p.segments ?? '–'} segments, ${words.toLocaleString('en')} words.`;
  const short = p.tokens < 40 ? ' On texts this short many heads rest on [SEP] and [CLS]; see the corpus scope.' : '';
  return `On this input: ${p.tokens} tokens, ${words} words.${p.causal ? '' : short}`;
}

/** Every score with what it is worth: its chance level, what even attention gives, how sure it is. */
function allScores(s: HeadEvidence): TemplateResult {
  const rows = Object.entries(s.scores).filter(([, v]) => v.value !== null);
  return html`<table class="small"><thead><tr><th scope="col">Score</th><th scope="col">Value</th><th scope="col" title="Standard error">±</th>
      <th scope="col" title="Expected by chance">Chance</th><th scope="col" title="What even attention gives">Even</th><th scope="col">Words</th></tr></thead>
    <tbody>${rows.map(([name, v]) => html`<tr class=${v.queries < 3 ? 'few' : ''}><th scope="row">${scoreWords(name)}</th><td>${number(v.value, 3)}</td><td>${number(v.se, 3)}</td>
      <td>${number(v.chance, 3)}</td><td>${number(v.uniform, 3)}</td><td>${v.queries}</td></tr>`)}</tbody></table>`;
}
