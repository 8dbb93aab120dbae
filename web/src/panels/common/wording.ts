// Summaries in words. Every number is the core's; sentences say what was counted, never more.

import { labelInfo, labelWords, MIXED, type LabelInfo } from '../../base/labels';
import type { LabelFact, Scope } from '../../base/state';
import { E } from '../../base/words/evidence';
import { evidenceKey, scoreValue, summaryName, type EvidenceMap, type Example, type HeadEvidence, type HeadSummary, type LabelDetail } from './summary';

/** A score as maps and lists print it; null = undefined. */
export function score2(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2).replace('-', '−');
}

export interface TopLabel {
  info: LabelInfo;
  /** null for heads without a label, and where the score is undefined. */
  score: number | null;
  words: string;
}

/** "same word, incl. itself": the label as this head bears it. */
export function labelText(name: string, summary: HeadSummary | undefined, causal: boolean): string {
  if (name === 'other-sentence' && summary?.undecided.includes(name)) return E.sameUndecided;
  if (name === 'same-word' && summary?.incl_itself) return E.sameWithItself;
  return labelWords(name, causal);
}

export function topLabel(summary: HeadSummary | undefined, causal: boolean): TopLabel {
  const name = summary?.labels[0];
  if (!summary || name === undefined) return { info: MIXED, score: null, words: MIXED.words };
  return labelOf(summary, name, causal);
}

export function labelOf(summary: HeadSummary, name: string, causal: boolean): TopLabel {
  const info = labelInfo(name);
  return { info, score: scoreValue(summary, info.score), words: labelText(name, summary, causal) };
}

/** "14 of 16 words look most at the next token." Empty where nothing was counted. */
export function evidenceText(name: string, detail: LabelDetail | undefined, causal: boolean): string {
  if (!detail || detail.obey === null || detail.of === null) return '';
  return E.obey(detail.obey, detail.of, E.target(name, causal, detail.incl_itself));
}

/** "[SEP] at 7 to [CLS], 0.704" */
export function exampleText(e: Example): string {
  return E.example(e.query_token, e.query, e.key_token, e.weight === null ? '' : e.weight.toFixed(3));
}

/** The evidence as the text alternative of a picture gives it. */
export function factText(head: HeadEvidence | undefined, causal: boolean): string {
  const name = head?.labels[0];
  const detail = name === undefined ? undefined : head?.label_details[name];
  if (name === undefined || !detail) return '';
  const exceptions = detail.exceptions.slice(0, 2).map(exampleText).join('; ');
  return [evidenceText(name, detail, causal), exceptions ? E.exceptions(exceptions) : ''].filter((t) => t !== '').join(' ');
}

/** What views and commands need of every head. */
export function labelFacts(summaries: readonly HeadSummary[] | null | undefined, causal: boolean, evidence: EvidenceMap, scope: Scope): Map<string,
  LabelFact> {
  return new Map((summaries ?? []).map((s) => {
    const top = topLabel(s, causal);
    const name = summaryName(s);
    return [name, { name, label: top.words, score: top.score ?? 0, family: top.info.family, glyph: top.info.glyph,
      text: factText(evidence.get(evidenceKey(scope, name)), causal),
      measures: { reach: s.reach, distance: s.distance, entropy: s.entropy } }];
  }));
}
