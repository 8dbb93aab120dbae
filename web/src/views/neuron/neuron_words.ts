// The neuron view in words and digits. Sums are printed with so many decimals that a reader can
// multiply them out: what is shown is enough to arrive at the weight.

import { shorten, tokenText } from '../../ui/axes';
import { exact4, exact9, fixed } from '../../ui/ink';
import type { NeuronData } from '../../ui/types';
import { keyHead, keyParts, products } from './neuron_math';
import { sharing, type NeuronPlan } from './neuron_plan';
import { pairText } from './rotation';

/** Decimals of the check line: 5 keep exp(score − lse) right to 4 digits. */
const CHECK = 5;
export const SCORE_DECIMALS = 3;
export const WEIGHT_DECIMALS = 4;

/** Of the column of weights: what four decimals cannot show; the check line has the number. */
export function weightText(weight: number): string { return weight > 0 && weight < 5e-5 ? '<0.0001' : fixed(weight, WEIGHT_DECIMALS); }

export function headText(p: NeuronPlan): string {
  const { head } = p.answer;
  const shared = sharing(p.stack, head);
  if (!shared) return `Head ${head}, ${p.data.dim} neurons`;
  const { kv, first, last } = keyHead(shared.head, shared.heads, shared.kv);
  return `query head ${shared.head} · key head ${kv} (shared by ${first}–${last})`;
}

/** What the score's column is, with its true factor. */
export function scoreTitle(data: NeuronData): string {
  const scaled = `Σ × ${exact9(data.scale)}`;
  const [before, after] = data.bias ? (data.biasFirst ? [' + bias', ''] : ['', ' + bias']) : ['', ''];
  return `${data.softcap ? `cap(${scaled}${before})` : `${scaled}${before}`}${after}`;
}

/** Score of a key as the weights have it: of vectors before rotation it is not the sum of the products. */
export function trueScore(data: NeuronData, key: number): number { return Math.log(data.weights[key] ?? 0) + data.lse; }

export function scoreOf(p: NeuronPlan, key: number): number {
  return p.answer.rotated ? keyParts(p.data, key).score : trueScore(p.data, key);
}

/** "i → went: sum of 64 products 27.30000 × 0.125 = 3.41250; exp(3.41250 − lse 4.98100) = 0.2083" */
export function checkText(p: NeuronPlan, key: number): string {
  const { data } = p;
  const n = (v: number): string => fixed(v, CHECK);
  const who = `${shorten(tokenText(p.queries.tokens[p.answer.query] ?? ''), 16)} → ${shorten(tokenText(p.keys.tokens[key] ?? ''), 16)}: `;
  const parts = keyParts(data, key);
  if (parts.bias === -Infinity) return `${who}masked, weight 0.`;
  if (!p.answer.rotated) {
    return `${who}before rotation the ${data.dim} products sum to ${n(parts.sum)}; the score ${n(trueScore(data, key))} is made of the rotated vectors; ` +
      `exp(score − lse ${n(data.lse)}) = ${exact4(data.weights[key] ?? 0)}`;
  }
  const { biasFirst, softcap } = data;
  const bias = (to: number): string => (data.bias ? ` + bias ${n(parts.bias)} = ${n(to)}` : '');
  const capped = softcap ? `; ${softcap} × tanh(${n(parts.uncapped)} / ${softcap}) = ${n(biasFirst ? parts.score : parts.score - parts.bias)}` : '';
  return `${who}sum of ${data.dim} products ${n(parts.sum)} × ${exact9(data.scale)} = ${n(parts.sum * data.scale)}` +
    `${biasFirst ? bias(parts.uncapped) : ''}${capped}${biasFirst ? '' : bias(parts.score)}; ` +
    `exp(${n(parts.score)} − lse ${n(data.lse)}) = ${exact4(parts.weight)}`;
}

/** "neuron 37: 1.203 × 0.8840 = 1.064; 12.4 % of the positive sum" */
export function cellText(p: NeuronPlan, neuron: number | null, key: number): string {
  if (neuron === null) return 'Point at a cell, or use the arrow keys.';
  const { data } = p;
  const all = products(data, key);
  const positive = all.reduce((sum, x) => sum + Math.max(0, x), 0);
  const product = all[neuron] as number;
  const share = product > 0 && positive > 0 ? `; ${(100 * product / positive).toFixed(1)} % of the positive sum` : '';
  const turned = p.rule.rope ? `; ${pairText(p.rule.rope, neuron, p.answer.query, key)}` : '';
  return `neuron ${neuron}: ${exact4(data.q[neuron] as number)} × ${exact4(data.k[key * data.dim + neuron] as number)} = ${exact4(product)}${share}${turned}`;
}
