// What the neuron view shows: one query of one head, its keys in their order, the neurons in theirs,
// and where the columns stand. From the settings and the numbers that have come; no elements here.

import { chosenToken } from '../../base/pins';
import type { LayerRule } from '../../base/layer_rule';
import { isBlock, isCausal, ruleOf, sideTokens, type Tokens } from '../../base/trace_info';
import { parseHead, headsOfLayer, stackOf, type NeuronData, type StackInfo, type TraceInfo, type ViewSettings } from '../../ui/types';
import { keyRows, neuronOrder, products, sigma, type KeyRows } from './neuron_math';
import { partner, type Rope } from './rotation';

/** What is asked of the engine; the answer stays beside it, so that numbers never stand under another name. */
export interface NeuronQuestion {
  trace: string;
  stack: string;
  head: string;
  query: number;
  rotated: boolean;
}

export interface NeuronAnswer extends NeuronQuestion { data: NeuronData }

/**
 * The chosen query, else the first word, or the last where a query sees no later key: the first one would see itself alone.
 * There is always one. Twin of default_query (src/figure/neuron_parts.cc).
 */
export function queryOf(trace: TraceInfo, s: ViewSettings): number {
  const tokens = sideTokens(trace, s.stack, 'q');
  const chosen = chosenToken(s, 'q');
  if (chosen !== null && chosen < tokens.tokens.length) return chosen;
  return Math.max(0, isCausal(stackOf(trace, s.stack)) ? tokens.special.lastIndexOf(0) : tokens.special.indexOf(0));
}

export function questionOf(trace: TraceInfo | undefined, s: ViewSettings): NeuronQuestion | null {
  if (!trace || isBlock(trace, s.stack)) return null;
  const stack = stackOf(trace, s.stack);
  const head = s.heads[0] ?? 'L0H0';
  return { trace: trace.id, stack: stack.name, head, query: queryOf(trace, s), rotated: s.vectors === 'after' || !ruleOfHead(stack, head).rope };
}

function ruleOfHead(stack: StackInfo, head: string): LayerRule { return ruleOf(stack, parseHead(head)?.layer ?? -1); }

/** The chosen key, else the one with the largest weight. */
export function keyOf(data: NeuronData, s: ViewSettings): number {
  const chosen = chosenToken(s, 'k');
  if (chosen !== null && chosen < data.weights.length) return chosen;
  return data.weights.indexOf(Math.max(...data.weights));
}

function pairGaps(order: readonly number[], rope: Rope | null): boolean[] {
  return order.map((neuron, i) => rope !== null && partner(rope, neuron) !== order[i + 1]);
}

export interface NeuronPlan {
  answer: NeuronAnswer;
  data: NeuronData;
  stack: StackInfo;
  /** Of the head's layer. */
  rule: LayerRule;
  key: number;
  rows: KeyRows;
  order: readonly number[];
  /** Of each place in the order: a gap follows, because a pair that is rotated together ends there. */
  gaps: readonly boolean[];
  queries: Tokens;
  keys: Tokens;
  /** Of tanh(x/σ): shared by q and k; of the products. */
  sigmaVectors: number;
  sigmaProducts: number;
}

export function planOf(trace: TraceInfo, s: ViewSettings, answer: NeuronAnswer, allKeys: boolean): NeuronPlan {
  const { data } = answer;
  const rows = keyRows(data.weights, s.keyRows, allKeys);
  const key = keyOf(data, s);
  const stack = stackOf(trace, s.stack);
  const rule = ruleOfHead(stack, answer.head);
  const order = neuronOrder(data, s.neurons, key, rule.rope);
  return {
    answer, data, key, rows, stack, rule, order, gaps: pairGaps(order, rule.rope),
    queries: sideTokens(trace, s.stack, 'q'), keys: sideTokens(trace, s.stack, 'k'),
    sigmaVectors: sigma(data.q, data.k), sigmaProducts: sigma(...rows.keys.slice(0, 50).map((j) => products(data, j))),
  };
}

export const ROW = 24;
/** Rows above and below the window that have elements too; short lists have all. */
const MARGIN = 8;
const WHOLE = 128;

export function rowWindow(count: number, scroll: number, height: number): { first: number; end: number } {
  if (count <= WHOLE) return { first: 0, end: count };
  const first = Math.max(0, Math.floor(scroll / ROW) - MARGIN);
  return { first, end: Math.min(count, Math.ceil((scroll + height) / ROW) + MARGIN) };
}

/** Columns in CSS pixels: token, k, q × k, bias, score, weight, token again where there is room. */
export interface Columns {
  token: number;
  vector: number;
  template: string;
  gap: number;
  /** Left edges of the vectors, from the row's. */
  k: number;
  products: number;
  roomy: boolean;
}

const GAP = 12;
const PAD = 8;
const TOKEN = 96;
/** Room for the heading that names the cap. */
const CAPPED_SCORE = 92;
/** On a phone the weights, which are the answer, stay in sight: columns are narrow, and there is no bar. */
const PHONE_WIDTH = 480;
const WIDE = { gap: GAP, token: TOKEN, least: 72, bias: 64, score: 64, weight: 72, meter: 56, rim: 16 };
const PHONE = { gap: 8, token: 76, least: 44, bias: 48, score: 52, weight: 52, meter: 0, rim: 0 };
/** Lines from the query to its keys, where the computation is hidden. */
export const LINES = { left: PAD + TOKEN + GAP, width: 160 };

export function columnsOf(width: number, data: NeuronData, expanded: boolean): Columns {
  const roomy = width >= 720;
  const { gap, token, ...size } = width < PHONE_WIDTH && expanded ? PHONE : WIDE;
  const bias = data.bias && expanded ? size.bias : 0;
  const meter = roomy ? 120 : size.meter;
  const after = roomy ? 76 + gap : 0;
  const score = data.softcap === null ? size.score : CAPPED_SCORE;
  const rest = score + size.weight + meter + after + (bias > 0 ? bias + gap : 0);
  const room = Math.floor((width - 2 * PAD - token - rest - 5 * gap - size.rim) / 2);
  const vector = Math.max(size.least, Math.min(data.dim * 5, 400, room));
  const end = [`${size.weight}px`, `minmax(${meter}px, ${meter === 0 ? 0 : 160}px)`, ...(roomy && expanded ? ['minmax(64px, 1fr)'] : [])];
  const parts = expanded ? [`${token}px`, `${vector}px`, `${vector}px`, ...(bias > 0 ? [`${bias}px`] : []), `${score}px`, ...end]
    : [`${token}px`, `${LINES.width}px`, `${token}px`, ...end];
  const k = PAD + token + gap;
  return { token, vector, template: parts.join(' '), gap, k, products: k + vector + gap, roomy };
}

/** Key head of a query head, where several query heads share one. */
export function sharing(stack: StackInfo, head: string): { head: number; heads: number; kv: number } | null {
  const id = parseHead(head);
  if (!id) return null;
  const heads = headsOfLayer(stack, id.layer);
  const kv = stack.kv_heads[stack.layers.indexOf(id.layer)] ?? heads;
  return kv === heads ? null : { head: id.head, heads, kv };
}
