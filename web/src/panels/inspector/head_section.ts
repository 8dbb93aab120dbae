// Inspector, first part: what pattern a head follows, and the proof in counts.

import { html, nothing, type TemplateResult } from 'lit';
import { labelInfo } from '../../base/labels';
import type { Scope } from '../../base/state';
import { css$ } from '../../ui/css_directive';
import { exact4 } from '../../ui/ink';
import type { Example, HeadSummary, LabelDetail, ScoreValue } from '../common/summary';
import { evidenceText, labelOf, score2 } from '../common/wording';
import { headLine } from './threshold';

export interface HeadSectionProps {
  name: string;
  summary: HeadSummary | undefined;
  /** Summaries are on their way. */
  computing: boolean;
  scope: Scope;
  causal: boolean;
  thresholds: Readonly<Record<string, number>> | null;
  /** Tokens of the input, or mean of a corpus's segments; for the lines that depend on it. */
  tokens: number;
  segments: number | null;
  ablated: string;
  pin: (query: number) => void;
  /** Pattern 5 on demand; null = not possible here. */
  computePredictive: (() => void) | null;
}

const NO_LABELS = 'No labels: they are about the words of one text. Choose a stack whose queries and keys are the same text.';

export function headSection(p: HeadSectionProps): TemplateResult {
  const s = p.summary;
  if (!s) return html`<p class="muted" data-testid="head-label" role="status">${p.scope === 'corpus' ? 'This head is not in the corpus report.' : p.computing ? 'Computing labels…' : NO_LABELS}</p>`;
  const [first, ...others] = s.labels;
  return html`${first === undefined ? mixed() : label(p, s, first, true)}
    ${others.length > 0 ? html`<h4>Also</h4>${others.map((name) => label(p, s, name, false))}` : nothing}
    ${s.leaning.length > 0 ? html`<h4>Leaning, below the line</h4><ul class="plain">${s.leaning.map((name) => html`<li>${leaning(p, s, name)}</li>`)}</ul>` : nothing}
    ${s.too_few.length > 0 ? html`<p class="muted small">Too few words to tell: ${s.too_few.map((n) => labelInfo(n).words).join(', ')}.</p>` : nothing}
    ${p.ablated ? html`<p class="warn small">This head is switched off (${p.ablated}) in the run shown.</p>` : nothing}
    <dl class="numbers"><div><dt title="Mean over words, nats">Entropy</dt><dd>${number(s.entropy, 2)}</dd></div><div><dt title="Mean distance of query and key, tokens">Distance</dt><dd>${number(s.distance, 1)}</dd></div>
      <div><dt title="Mean distance of the heaviest key, tokens">Reach</dt><dd>${number(s.reach, 1)}</dd></div></dl>
    <p class="muted small">${scopeText(p, s)}</p>
    <details><summary data-testid="all-scores">All scores</summary>${allScores(s)}${p.computePredictive && s.scores['predictive']?.value === null ? html`<button type="button" class="small" data-testid="compute-predictive" @click=${p.computePredictive}>Compute pattern 5 (predictive)</button>` : nothing}</details>`;
}

const number = (v: number | null, digits: number): string => (v === null ? '–' : v.toFixed(digits));

function mixed(): TemplateResult {
  return html`<p class="label" data-testid="head-label"><span class="glyph tint mixed" aria-hidden="true">·</span><b>mixed</b></p><p class="small">Nothing above its threshold.</p>`;
}

function label(p: HeadSectionProps, s: HeadSummary, name: string, first: boolean): TemplateResult {
  const top = labelOf(s, name, p.causal);
  const score = s.scores[top.info.score];
  const detail = s.label_details[name];
  const line = headLine(name, p.thresholds, p.tokens, p.scope, score?.queries ?? 0);
  return html`<p class="label" data-testid=${first ? 'head-label' : nothing}><span class="glyph tint ${top.info.family}" aria-hidden="true" ${css$({ '--score': Math.max(0, Math.min(1, top.score ?? 0)).toFixed(3) })}>${top.info.glyph}</span><b>${top.words}</b> <span class="value">${score2(top.score)}</span></p>
    ${score ? meter(score, line) : nothing}
    ${detail?.near_line ? html`<p class="warn small">Near the line: with other words the label may be another.</p>` : nothing}
    ${detail?.undecided ? html`<p class="muted small">On this text no word occurs in both places, so the two cannot be told apart.</p>` : nothing}
    <p class="evidence">${evidenceText(name, detail, p.causal)}</p>
    ${first && detail ? html`${examples('Exceptions', detail.exceptions, p)}${detail.exceptions.length === 0 && detail.obey !== null ? html`<p class="muted small">No exceptions.</p>` : nothing}${examples('Strongest', detail.examples, p)}` : nothing}
    ${first && name === 'same-word' ? content(detail) : nothing}`;
}

function content(detail: LabelDetail | undefined): TemplateResult | typeof nothing {
  return detail && detail.content_share !== null ? html`<p class="muted small">Of this attention, ${Math.round(100 * detail.content_share)} % comes from content words.</p>` : nothing;
}

/** Score, threshold and chance on one line from 0 to 1; the numbers stand beneath it. */
function meter(score: ScoreValue, line: number | null): TemplateResult {
  const at = (v: number | null | undefined): string => `${(Math.max(0, Math.min(1, v ?? 0)) * 100).toFixed(1)}%`;
  const chance = score.chance ?? score.uniform;
  const parts = [line === null ? '' : `threshold ${score2(line)}`, score.chance === null ? '' : `chance ${exact4(Number(score.chance.toFixed(3)))}`,
    score.lift === null ? '' : `${score.lift.toFixed(1)}× chance`, score.se === null ? '' : `± ${score.se.toFixed(3)}`, score.uniform === null ? '' : `even attention ${score.uniform.toFixed(3)}`];
  return html`<div class="meter" aria-hidden="true"><i ${css$({ width: at(score.value) })}></i>${line === null ? nothing : html`<span class="line" ${css$({ left: at(line) })}></span>`}${chance === null ? nothing : html`<span class="chance" ${css$({ left: at(chance) })}></span>`}</div>
    <p class="small muted" data-testid="head-numbers">${parts.filter((t) => t !== '').join(' · ')}; ${score.queries} ${score.queries === 1 ? 'word' : 'words'}</p>`;
}

function leaning(p: HeadSectionProps, s: HeadSummary, name: string): string {
  const top = labelOf(s, name, p.causal);
  const evidence = evidenceText(name, s.label_details[name], p.causal);
  return `${top.info.glyph} ${top.words} ${score2(top.score)}${evidence ? `: ${evidence}` : ''}`;
}

function examples(title: string, list: readonly Example[], p: HeadSectionProps): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`<div class="examples"><span class="muted small">${title}</span>${list.slice(0, 3).map((e) => {
    const text = html`<bdi>${e.query_token}</bdi> → <bdi>${e.key_token}</bdi> ${e.weight === null ? '' : exact4(e.weight)}`;
    return p.scope === 'input' ? html`<button type="button" class="small" title="Pin “${e.query_token}” at ${e.query}" @click=${() => { p.pin(e.query); }}>${text}</button>` : html`<span class="small">${text}</span>`;
  })}</div>`;
}

function scopeText(p: HeadSectionProps, s: HeadSummary): string {
  const words = s.scores['self']?.queries ?? s.scores['sep']?.queries ?? 0;
  if (p.scope === 'corpus') return `Over the corpus: ${p.segments ?? '–'} segments, ${words.toLocaleString('en')} words.`;
  const short = p.tokens < 40 ? ' On texts this short many heads rest on [SEP] and [CLS]; see the corpus scope.' : '';
  return `On this input: ${p.tokens} tokens, ${words} words.${p.causal ? '' : short}`;
}

/** A score, its chance level and its uniform value, as the core gives them. */
function allScores(s: HeadSummary): TemplateResult {
  const rows = Object.entries(s.scores).filter(([, v]) => v.value !== null);
  return html`<table class="small"><thead><tr><th scope="col">Score</th><th scope="col">Value</th><th scope="col">Chance</th><th scope="col">Words</th></tr></thead>
    <tbody>${rows.map(([name, v]) => html`<tr class=${v.queries < 3 ? 'few' : ''}><th scope="row">${name.replaceAll('_', ' ')}</th><td>${number(v.value, 3)}</td><td>${number(v.chance, 3)}</td><td>${v.queries}</td></tr>`)}</tbody></table>`;
}
