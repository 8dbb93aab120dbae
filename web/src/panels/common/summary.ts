// What the core says of a head, by name. Panels print these numbers; none of them computes a label
// or a threshold.

import type { HeadSummary } from '../../api/engine';

export type { Example, GrammarRow, HeadSummary, LabelDetail, ScoreValue } from '../../api/engine';
export type Histogram = HeadSummary['histogram'][string];
export type Attended = HeadSummary['attended'][number];

export function summaryName(s: Pick<HeadSummary, 'layer' | 'head'>): string { return `L${s.layer}H${s.head}`; }

export function byName(summaries: readonly HeadSummary[] | null | undefined): Map<string, HeadSummary> {
  return new Map((summaries ?? []).map((s) => [summaryName(s), s]));
}

export function scoreValue(summary: HeadSummary | undefined, score: string): number | null {
  return summary?.scores[score]?.value ?? null;
}
