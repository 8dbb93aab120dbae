// What the core says of a head, by name. Panels print these numbers; none of them computes a label
// or a threshold.

import type { HeadEvidence, HeadSummary } from '../../api/engine';
import type { Scope } from '../../base/state';

export type { Example, GrammarRow, HeadEvidence, HeadSummary, LabelDetail, ScoreValue } from '../../api/engine';
export type Histogram = HeadEvidence['histogram'][string];
export type Attended = HeadEvidence['attended'][number];

/** Evidence that has come so far; a new map whenever some more has. */
export type EvidenceMap = ReadonlyMap<string, HeadEvidence>;
export const NO_EVIDENCE: EvidenceMap = new Map();
export function evidenceKey(scope: Scope, head: string): string { return `${scope} ${head}`; }

export function summaryName(s: Pick<HeadSummary, 'layer' | 'head'>): string { return `L${s.layer}H${s.head}`; }

/** A head of `listed` as a corpus report names it: "decoder.L2H0" where the report has several stacks. */
export function reportName(listed: readonly HeadSummary[] | null, head: string): string {
  const stack = listed?.[0]?.stack ?? '';
  return stack === '' ? head : `${stack}.${head}`;
}

export function byName(summaries: readonly HeadSummary[] | null | undefined): Map<string, HeadSummary> {
  return new Map((summaries ?? []).map((s) => [summaryName(s), s]));
}

export function scoreValue(summary: HeadSummary | undefined, score: string): number | null {
  return summary?.scores[score] ?? null;
}

/** What a map shows, out of the whole. */
export function briefOf(whole: HeadEvidence, stack = ''): HeadSummary {
  const { layer, head, labels, leaning, too_few, distance, reach, entropy } = whole;
  const that = (flag: 'undecided' | 'near_line' | 'incl_itself'): string[] => labels.filter((l) => whole.label_details[l]?.[flag]);
  return { stack, layer, head, labels, leaning, too_few, undecided: that('undecided'), near_line: that('near_line'),
    incl_itself: that('incl_itself').length > 0,
    scores: Object.fromEntries(Object.entries(whole.scores).map(([name, s]) => [name, s.value])), distance, reach, entropy };
}
