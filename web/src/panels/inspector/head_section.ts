// Inspector, first part: what pattern a head follows, and the proof in counts.

import { html, nothing, type TemplateResult } from 'lit';
import { labelWords, scoreWords } from '../../base/labels';
import type { Scope } from '../../base/state';
import { css$ } from '../../ui/css_directive';
import { inlineCode } from '../../ui/inline_code';
import { exact4 } from '../../ui/ink';
import { scoreValue, type Example, type HeadEvidence, type HeadSummary, type LabelDetail, type ScoreValue } from '../common/summary';
import { evidenceText, labelOf, score2 } from '../common/wording';
import { I } from '../../base/words/inspector';
import { W } from '../../base/words/common';

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

export function headSection(p: HeadSectionProps): TemplateResult {
  const s = p.summary;
  if (!s) {
    const why = p.scope === 'corpus' ? I.notInReport : p.computing ? I.computing : I.noLabels;
    return html`<p class="muted" data-testid="head-label" role="status">${why}</p>`;
  }
  const [first, ...others] = s.labels;
  return html`${first === undefined ? mixed() : label(p, s, first, true)}
    ${others.length > 0 ? html`<h4>${I.also}</h4>${others.map((name) => label(p, s, name, false))}` : nothing}
    ${s.leaning.length > 0 ? html`<h4>${I.leaning}</h4><ul class="plain">${s.leaning.map((name) => html`<li>${leaning(p, s, name)}</li>`)}</ul>` : nothing}
    ${s.too_few.length > 0 ? html`<p class="muted small">${I.tooFew(s.too_few.map((n) => labelWords(n, p.causal)).join(', '))}</p>` : nothing}
    ${predictive(p, s)}
    ${p.ablated ? html`<p class="warn small">${I.ablated(p.ablated)}</p>` : nothing}
    <dl class="numbers"><div><dt title=${I.entropyHelp}>${I.entropy}</dt><dd>${number(s.entropy, 2)}</dd></div>
      <div><dt title=${I.distanceHelp}>${I.distance}</dt><dd>${number(s.distance, 1)}</dd></div>
      <div><dt title=${I.reachHelp}>${I.reach}</dt><dd>${number(s.reach, 1)}</dd></div></dl>
    ${p.evidence ? html`<p class="muted small">${scopeText(p, p.evidence)}</p>` : nothing}
    <details><summary data-testid="all-scores">${I.allScores}</summary>${p.evidence ? allScores(p.evidence)
      : html`<p class="muted">${W.loading}</p>`}</details>`;
}

const number = (v: number | null, digits: number): string => (v === null ? '–' : v.toFixed(digits));

/** Pattern 5 costs a run of the model for each pair of words: what was not computed is not said to be absent. */
function predictive(p: HeadSectionProps, s: HeadSummary): TemplateResult | typeof nothing {
  if (p.causal || scoreValue(s, 'predictive') !== null) return nothing;
  return html`<p class="small" data-testid="not-computed">${I.notComputed(p.scope === 'corpus')}
    ${typeof p.predictive === 'string' ? html`<span class="muted">${inlineCode(p.predictive)}</span>`
      : html`<button type="button" class="small" data-testid="compute-predictive" @click=${p.predictive}>${I.compute}</button>`}</p>`;
}

function mixed(): TemplateResult {
  return html`<p class="label" data-testid="head-label"><span class="glyph tint mixed" aria-hidden="true">·</span><b>${I.mixed}</b></p>
    <p class="small">${W.mixed}</p>`;
}

function label(p: HeadSectionProps, s: HeadSummary, name: string, first: boolean): TemplateResult {
  const top = labelOf(s, name, p.causal);
  const score = p.evidence?.scores[top.info.score];
  const detail = p.evidence?.label_details[name];
  const tint = css$({ '--score': Math.max(0, Math.min(1, top.score ?? 0)).toFixed(3) });
  return html`<p class="label" data-testid=${first ? 'head-label' : nothing}><span class="glyph tint ${top.info.family}" aria-hidden="true"
    ${tint}>${top.info.glyph}</span>
      <b>${top.words}</b> <span class="value">${score2(top.score)}</span></p>
    ${score ? meter(score, detail?.threshold ?? null, name) : nothing}
    ${s.near_line.includes(name) ? html`<p class="warn small">${I.nearLine}</p>` : nothing}
    ${s.undecided.includes(name) ? html`<p class="muted small">${I.undecided}</p>` : nothing}
    <p class="evidence">${evidenceText(name, detail, p.causal)}</p>
    ${first && detail ? proof(p, detail) : nothing}
    ${first && name === 'same-word' ? content(detail) : nothing}`;
}

function proof(p: HeadSectionProps, detail: LabelDetail): TemplateResult {
  return html`${examples(I.exceptions, detail.exceptions, p)}
    ${detail.exceptions.length === 0 && detail.obey !== null ? html`<p class="muted small">${I.noExceptions}</p>` : nothing}
    ${examples(I.strongest, detail.examples, p)}`;
}

function content(detail: LabelDetail | undefined): TemplateResult | typeof nothing {
  return detail && detail.content_share !== null
    ? html`<p class="muted small">${I.contentShare(Math.round(100 * detail.content_share))}</p>` : nothing;
}

/** Tokens below which many heads rest on the template's tokens (docs/patterns.md). */
const SHORT_TEXT = 40;

/** Shares of attention; the others are scores of their own kind. */
const NO_SHARE = new Set(['broad', 'sentence', 'predictive']);

/** Score, threshold and chance on one line from 0 to 1; beneath it the same in words. */
function meter(score: ScoreValue, line: number | null, name: string): TemplateResult {
  const at = (v: number | null | undefined): string => `${(Math.max(0, Math.min(1, v ?? 0)) * 100).toFixed(1)}%`;
  const { value, chance, queries } = score;
  const what = NO_SHARE.has(name) ? I.score : I.share;
  const words = I.numbers(what, score2(value), line === null ? '' : score2(line), chance === null ? '' : score2(chance), queries);
  return html`<div class="meter" aria-hidden="true"><i ${css$({ width: at(value) })}></i>
      ${line === null ? nothing : html`<span class="line" ${css$({ left: at(line) })}></span>`}${chance === null ? nothing
        : html`<span class="chance" ${css$({ left: at(chance) })}></span>`}</div>
    <p class="small muted" data-testid="head-numbers">${words}</p>`;
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
    return html`<button type="button" class="small" title=${I.pinAt(e.query_token, e.query)} @click=${() => { p.pin(e.query); }}>${text}</button>`;
  })}</div>`;
}

function scopeText(p: HeadSectionProps, s: HeadEvidence): string {
  const words = s.scores['self']?.queries ?? s.scores['sep']?.queries ?? 0;
  if (p.scope === 'corpus') return I.overCorpus(p.segments, words);
  return I.onInput(p.tokens, words) + (p.tokens < SHORT_TEXT && !p.causal ? I.shortText : '');
}

/** Every score with what it is worth: its chance level, what even attention gives, how sure it is. */
function allScores(s: HeadEvidence): TemplateResult {
  const rows = Object.entries(s.scores).filter(([, v]) => v.value !== null);
  const t = I.table;
  return html`<table class="small"><thead><tr><th scope="col">${t.score}</th><th scope="col">${t.value}</th><th scope="col"
    title=${t.errorHelp}>${t.error}</th>
      <th scope="col" title=${t.chanceHelp}>${t.chance}</th><th scope="col" title=${t.evenHelp}>${t.even}</th><th scope="col">${t.words}</th></tr></thead>
    <tbody>${rows.map(([name, v]) => html`<tr class=${v.queries < 3 ? 'few'
      : ''}><th scope="row">${scoreWords(name)}</th><td>${number(v.value, 3)}</td><td>${number(v.se, 3)}</td>
      <td>${number(v.chance, 3)}</td><td>${number(v.uniform, 3)}</td><td>${v.queries}</td></tr>`)}</tbody></table>`;
}
