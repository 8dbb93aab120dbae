// Summaries for the panels' own page and browser checks, by the definitions of docs/patterns.md but
// without standard errors: a stand-in for the core, so that panels have something to show.

import type { TraceInfo } from '../../base/trace_info';
import type { Example, HeadEvidence, LabelDetail, ScoreValue } from '../common/summary';

type RowOf = (head: string, query: number) => Float32Array;
type Keys = (i: number, j: number) => boolean;

const RULES: readonly { label: string; score: string; least: number }[] = [
  { label: 'next', score: 'next', least: 0.45 }, { label: 'previous', score: 'previous', least: 0.45 },
    { label: 'same-word', score: 'same_including_itself', least: 0.35 },
  { label: 'self', score: 'self', least: 0.25 }, { label: 'other-sentence', score: 'same_across', least: 0.3 }, { label: 'cls', score: 'cls', least: 0.6 },
  { label: 'sep', score: 'sep', least: 0.67 }, { label: 'punctuation', score: 'punctuation', least: 0.5 }, { label: 'broad', score: 'broad', least: 0.79 },
];

function keysOf(trace: TraceInfo): Record<string, Keys> {
  const { tokens, special, sentences } = trace.query;
  const word = (j: number): boolean => special[j] === 0;
  const same: Keys = (i, j) => tokens[i] === tokens[j] && word(j);
  return {
    next: (i, j) => j === i + 1 && word(j) && sentences[i] === sentences[j], previous: (i, j) => j === i - 1 && word(j) && sentences[i] === sentences[j],
    self: (i, j) => i === j, same_including_itself: same, same_elsewhere: (i, j) => i !== j && same(i, j), same_across: (i, j) => same(i, j)
      && sentences[i] !== sentences[j],
    cls: (_i, j) => tokens[j] === '[CLS]', sep: (_i, j) => tokens[j] === '[SEP]', delimiters: (_i, j) => special[j] === 1,
    punctuation: (i, j) => i !== j && (tokens[j] === '.' || tokens[j] === ','),
  };
}

const NEEDS_OTHER = new Set(['same_including_itself', 'same_elsewhere', 'same_across']);
const plain = (value: number | null, queries: number): ScoreValue =>
  ({ value, chance: null, lift: null, z: null, se: null, queries, words_only: null, uniform: null });

export function fakeSummaries(trace: TraceInfo, rowOf: RowOf, most = 48): HeadEvidence[] {
  const { tokens, special } = trace.query;
  const n = tokens.length;
  const words = tokens.map((_, i) => i).filter((i) => special[i] === 0).slice(0, most);
  const keys = keysOf(trace);
  const queries = Object.fromEntries(Object.entries(keys).map(([name, hit]) => [name, NEEDS_OTHER.has(name)
    ? words.filter((i) => tokens.some((_, j) => i !== j && hit(i, j))) : name === 'next' || name === 'previous'
      ? words.filter((i) => tokens.some((_, j) => hit(i, j))) : words]));
  const stack = trace.stacks[0];
  return (stack?.layers ?? []).flatMap((layer, at) => Array.from({ length: stack?.heads[at] ?? 0 }, (_, head) => {
    const name = `L${layer}H${head}`;
    const scores: Record<string, ScoreValue> = {};
    for (const [score, hit] of Object.entries(keys)) {
      const asked = queries[score] ?? [];
      let uniform = 0;
      const sum = asked.reduce((total, i) => total + rowOf(name,
        i).reduce((s, a, j) => { if (!hit(i, j)) return s; uniform += 1 / n; return s + a; }, 0), 0);
      const value = asked.length > 0 ? sum / asked.length : null;
      const chance = asked.length > 0 ? uniform / asked.length : null;
      scores[score] = { value, chance, lift: value !== null && chance ? value / chance : null, z: null, se: value === null ? null
        : Math.sqrt(Math.max(0, value * (1 - value)) / asked.length), queries: asked.length, words_only: null, uniform: chance };
    }
    return { layer, head, ...numbers(words, (i) => rowOf(name, i), n, scores), ...labelled(scores, keys, queries, tokens, (i) => rowOf(name, i)),
      attended: attended(tokens, words, (i) => rowOf(name, i)),
             histogram: Object.fromEntries(Object.entries(keys).map(([score, hit]) =>
               [score, histogram((queries[score] ?? []).map((i) => rowOf(name, i).reduce((s, a, j) => s + (hit(i, j) ? a : 0), 0)))])), scores };
  }));
}

function numbers(words: readonly number[], row: (i: number) => Float32Array, n: number, scores: Record<string, ScoreValue>): Pick<HeadEvidence,
  'distance' | 'reach' | 'entropy' | 'offsets'> {
  let distance = 0, reach = 0, entropy = 0;
  const offsets = new Array<number>(21).fill(0);
  for (const i of words) {
    const a = row(i);
    reach += Math.abs(a.indexOf(Math.max(...a)) - i);
    a.forEach((v, j) => {
      distance += v * Math.abs(j - i);
      if (v > 0) entropy -= v * Math.log(v);
      if (Math.abs(j - i) <= 10) offsets[j - i + 10] = (offsets[j - i + 10] as number) + v / words.length;
    });
  }
  const count = Math.max(1, words.length);
  scores['broad'] = plain(entropy / count / Math.log(n), words.length);
  return { distance: distance / count, reach: reach / count, entropy: entropy / count, offsets };
}

function labelled(scores: Record<string, ScoreValue>, keys: Record<string, Keys>, queries: Record<string, number[]>, tokens: readonly string[],
  row: (i: number) => Float32Array): Pick<HeadEvidence, 'labels' | 'leaning' | 'too_few' | 'label_details'> {
  const over = (r: (typeof RULES)[number]): number => (scores[r.score]?.value ?? -1) / r.least;
  const sorted = [...RULES].sort((a, b) => over(b) - over(a));
  const labels = sorted.filter((r) => over(r) >= 1).map((r) => r.label);
  const leaning = sorted.filter((r) => over(r) < 1 && over(r) >= 0.6).map((r) => r.label);
  const details = Object.fromEntries(sorted.filter((r) => over(r) >= 0.6).map((r): [string, LabelDetail] => {
    const hit = keys[r.score];
    const asked = hit ? queries[r.score] ?? [] : [];
    const all = asked.map((i): { obeys: boolean; example: Example } => {
      const a = row(i);
      const key = a.indexOf(Math.max(...a));
      return { obeys: hit?.(i, key) ?? false, example: { segment: 0, query: i, key, weight: a[key] ?? 0,
        share: a.reduce((s, v, j) => s + (hit?.(i, j) ? v : 0), 0), query_token: tokens[i] ?? '', key_token: tokens[key] ?? '' } };
    });
    const ranked = (obeys: boolean): Example[] => all.filter((e) => e.obeys === obeys).map((e) => e.example).sort((a, b) =>
      ((a.share ?? 0) - (b.share ?? 0)) * (obeys ? -1 : 1)).slice(0, 3);
    return [r.label, { threshold: over(r) >= 1 ? r.least : null, confidence: over(r) > 1.2 ? 0.999 : 0.7, near_line: over(r) < 1.2,
      undecided: false, incl_itself: r.label === 'same-word', content_share: null, obey: hit ? all.filter((e) => e.obeys).length : null, of: hit
      ? all.length : null,
      examples: ranked(true), exceptions: ranked(false) }];
  }));
  return { labels, leaning, too_few: [], label_details: details };
}

function attended(tokens: readonly string[], words: readonly number[], row: (i: number) => Float32Array): HeadEvidence['attended'] {
  const mass = new Map<string, { mass: number; n: number }>();
  tokens.forEach((token, j) => {
    const held = mass.get(token) ?? { mass: 0, n: 0 };
    held.n++;
    for (const i of words) held.mass += (row(i)[j] ?? 0) / words.length;
    mass.set(token, held);
  });
  return [...mass].map(([token, m]) => ({ token, ...m })).sort((a, b) => b.mass - a.mass).slice(0, 20);
}

function histogram(values: readonly number[]): { edges: number[]; counts: number[] } {
  const counts = new Array<number>(20).fill(0);
  for (const v of values) counts[Math.min(19, Math.floor(v * 20))] = (counts[Math.min(19, Math.floor(v * 20))] as number) + 1;
  return { edges: Array.from({ length: 21 }, (_, i) => i / 20), counts };
}
