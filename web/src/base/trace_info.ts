// What a trace says of itself. Twin of include/headscope/trace_info.h; the names are those of the
// `trace` entry of a trace file (docs/formats.md).

import type { PictureInfo } from './patches';
import type { Computed, Origin } from './precision';
import { firstKeyRests, PLAIN_RULE, type LayerRule } from './layer_rule';

export interface HeadId { layer: number; head: number }
export function headName(id: HeadId): string { return `L${id.layer}H${id.head}`; }
export function parseHead(name: string): HeadId | null {
  const match = /^L(\d+)H(\d+)$/.exec(name);
  return match ? { layer: Number(match[1]), head: Number(match[2]) } : null;
}

export interface StackInfo {
  name: string;
  /** Kept layers, the model's numbers. */
  layers: readonly number[];
  /** H of each kept layer. */
  heads: readonly number[];
  kv_heads: readonly number[];
  /** How each kept layer scores, and what its queries see. */
  rules: readonly LayerRule[];
}

/** What the axes of a picture are made of; all arrays [N]. */
export interface TokenList {
  /** Those of byte letters as they are read. */
  tokens: readonly string[];
  /** As the vocabulary writes them, where that is in byte letters; absent: as they stand in `tokens`. */
  raw?: readonly string[];
  /** 1 only for tokens that the template adds. */
  special: readonly number[];
  /** Index of the token's word; null for special tokens. */
  words: readonly (number | null)[];
  /** 0 = sentence A with [CLS] and the first [SEP], 1 = sentence B with the last [SEP]. */
  sentences: readonly number[];
}

export interface Tokens extends TokenList {
  ids: readonly number[];
  /** text, or patch of a picture. */
  kinds?: readonly string[];
  text_a?: string;
  text_b?: string | null;
  /** Tokens from here on were generated; null or absent: none was. */
  generated_from?: number | null;
}

export interface TraceInfo {
  /** Content hash. */
  id: string;
  model: { name: string; family?: string; fingerprint?: string; byte_tokens?: boolean };
  /** null: no run of headscope made it. */
  computed?: Computed | null;
  origin?: Origin | null;
  stacks: readonly StackInfo[];
  query: Tokens;
  key: Tokens | null;
  /** What tokens of the kind patch are cut from. */
  picture?: PictureInfo | null;
  /** true, or why this trace has no such numbers; absent = all of them. */
  quantities?: Readonly<Record<string, true | string>>;
  /** Those that a long text has for single queries only. */
  pinned_quantities?: readonly string[];
}

/**
 * Every stack at once, as one block matrix: rows and columns are the encoder's tokens, then the
 * decoder's. Encoder, cross and decoder attention fill three blocks; the fourth does not exist.
 */
export const ALL_STACKS = 'all';
export function isBlock(trace: Pick<TraceInfo, 'stacks'>, stack: string): boolean { return stack === ALL_STACKS && trace.stacks.length > 1; }

export function stackOf(trace: Pick<TraceInfo, 'stacks'>, name: string): StackInfo {
  if (isBlock(trace, name)) return joinedStack(trace);
  const stack = trace.stacks.find((s) => s.name === name) ?? trace.stacks[0];
  if (!stack) throw new Error('a trace has at least one stack');
  return stack;
}

/** The texts as they were typed: A and B, or source and target; null where the trace was not made from a text. */
export function textsOf({ query, key }: Pick<TraceInfo, 'query' | 'key'>): { a: string; b: string | null } | null {
  const first = key ?? query;
  if (first.text_a === undefined) return null;
  return { a: first.text_a, b: (key ? query.text_a : query.text_b) ?? null };
}

/** Tokens that the model added to the text. */
export function generatedTokens({ query }: Pick<TraceInfo, 'query'>): number {
  const from = query.generated_from ?? null;
  return from === null ? 0 : query.tokens.length - from;
}

export function keyTokens(trace: Pick<TraceInfo, 'query' | 'key'>): Tokens { return trace.key ?? trace.query; }

/** Tokens on one side of a stack: an encoder sees the keys' text on both, a decoder the queries'. */
export function sideTokens(trace: Pick<TraceInfo, 'query' | 'key' | 'stacks'>, stack: string, side: 'q' | 'k'): Tokens {
  if (isBlock(trace, stack)) return joinedTokens(trace);
  const { name } = stackOf(trace, stack);
  if (side === 'q') return name === 'encoder' ? keyTokens(trace) : trace.query;
  return name === 'decoder' ? trace.query : keyTokens(trace);
}

/** Labels are about the words of one text: of stacks whose queries and keys are the same tokens. */
export function labelled(trace: Pick<TraceInfo, 'query' | 'key' | 'stacks'>, stack: string): boolean {
  return !isBlock(trace, stack) && sideTokens(trace, stack, 'q') === sideTokens(trace, stack, 'k');
}

/** Filters between sentences need a text B on both sides. */
export function hasSentences(trace: Pick<TraceInfo, 'query' | 'key' | 'stacks'>, stack: string): boolean {
  return (['q', 'k'] as const).every((side) => sideTokens(trace, stack, side).sentences.includes(1));
}

export function headsOfLayer(stack: StackInfo, layer: number): number {
  return stack.heads[stack.layers.indexOf(layer)] ?? 0;
}

/** The rule of a layer; of one that the stack has not, the plain one. */
export function ruleOf(stack: StackInfo, layer: number): LayerRule { return stack.rules[stack.layers.indexOf(layer)] ?? PLAIN_RULE; }

/** Every layer rests on its first key. Twin of StackInfo::causal(). */
export function isCausal(stack: StackInfo): boolean { return stack.rules.length > 0 && stack.rules.every((r) => firstKeyRests(r.mask)); }

const joined = new WeakMap<object, StackInfo>();
/** All layers that any stack has, each with its most heads. */
function joinedStack(trace: Pick<TraceInfo, 'stacks'>): StackInfo {
  const known = joined.get(trace.stacks);
  if (known) return known;
  const first = trace.stacks[0] as StackInfo;
  const layers = [...new Set(trace.stacks.flatMap((s) => s.layers))].sort((a, b) => a - b);
  const most = (layer: number): number => Math.max(...trace.stacks.map((s) => headsOfLayer(s, layer)));
  const made: StackInfo = { ...first, name: ALL_STACKS, layers, heads: layers.map(most), kv_heads: layers.map(most),
    rules: layers.map(() => PLAIN_RULE) };
  joined.set(trace.stacks, made);
  return made;
}

const joinedLists = new WeakMap<object, Tokens>();
function joinedTokens(trace: Pick<TraceInfo, 'query' | 'key'>): Tokens {
  const known = joinedLists.get(trace.query);
  if (known) return known;
  const [a, b] = [keyTokens(trace), trace.query];
  const words = Math.max(-1, ...a.words.filter((w): w is number => w !== null)) + 1;
  const made: Tokens = { tokens: [...a.tokens, ...b.tokens], ids: [...a.ids, ...b.ids], special: [...a.special, ...b.special],
    sentences: [...a.tokens, ...b.tokens].map(() => 0),
    words: [...a.words, ...b.words.map((w) => (w === null ? null : w + words))] };
  joinedLists.set(trace.query, made);
  return made;
}
