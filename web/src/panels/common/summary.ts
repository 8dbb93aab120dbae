// What the core says of a head: the `heads` entries of `patterns` and `analyze` (docs/formats.md).
// null = undefined. Panels print these numbers; none of them computes a label or a threshold.

export interface ScoreValue {
  value: number | null;
  chance: number | null;
  lift: number | null;
  z: number | null;
  se: number | null;
  /** Queries (words) that the share is a mean over. */
  queries: number;
  words_only?: number | null;
  /** What uniform attention gives on this text. */
  uniform?: number | null;
}

export interface Example {
  segment: number;
  query: number;
  key: number;
  /** Attention from query to key. */
  weight: number | null;
  /** Of the query's attention, on the pattern's keys. */
  share: number | null;
  query_token: string;
  key_token: string;
  /** A window of the text: its first token, tokens, and attention from the query to each. */
  start?: number;
  tokens?: readonly string[];
  row?: readonly number[];
}

export interface LabelDetail {
  confidence: number | null;
  near_line: boolean;
  undecided: boolean;
  incl_itself?: boolean;
  /** Queries whose heaviest key is in the pattern's set; of `of`. */
  obey: number | null;
  of: number | null;
  content_share?: number | null;
  examples: readonly Example[];
  exceptions: readonly Example[];
}

export interface Histogram { edges: readonly number[]; counts: readonly number[] }
export interface Attended { token: string; mass: number | null; n: number }
export interface GrammarRow { relation: string; direction: string; accuracy: number | null; baseline: number | null; offset: number; n: number }

export interface HeadSummary {
  layer: number;
  head: number;
  /** Best first. */
  labels: readonly string[];
  leaning: readonly string[];
  /** Would be labels but for too few queries. */
  too_few?: readonly string[];
  label_details: Readonly<Record<string, LabelDetail>>;
  scores: Readonly<Record<string, ScoreValue>>;
  distance: number | null;
  reach: number | null;
  entropy: number | null;
  /** [21] mean mass on key − query = −10 … +10. */
  offsets: readonly number[];
  attended: readonly Attended[];
  histogram: Readonly<Record<string, Histogram>>;
  grammar?: readonly GrammarRow[];
}

export function summaryName(s: Pick<HeadSummary, 'layer' | 'head'>): string { return `L${s.layer}H${s.head}`; }

export function byName(summaries: readonly HeadSummary[] | null | undefined): Map<string, HeadSummary> {
  return new Map((summaries ?? []).map((s) => [summaryName(s), s]));
}

export function scoreValue(summary: HeadSummary | undefined, score: string): number | null {
  return summary?.scores[score]?.value ?? null;
}
