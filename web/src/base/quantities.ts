// What the numbers of a picture are: their names in words, and which of them a trace has.
// Definitions: Kobayashi et al. 2020 (norms), Abnar & Zuidema 2020 (rollout, flow).

import type { Quantity } from './state';
import type { TraceInfo } from './trace_info';

export interface QuantityWords {
  /** One number: the table's heading. */
  one: string;
  /** What a share is a share of: "99.7 % of weight". */
  mass: string;
  /** What its rows are, where they are no shares; "" where rows sum to 1. */
  rows: string;
}

export const QUANTITY_WORDS: Readonly<Record<Quantity, QuantityWords>> = {
  weight: { one: 'Weight', mass: 'weight', rows: '' },
  norm: { one: 'Norm ‖a·f(x)‖', mass: 'the summed norms', rows: 'Rows need not sum to 1.' },
  score: { one: 'Score q·k/√d', mass: 'the summed |scores|', rows: 'Rows are no shares.' },
  rollout: { one: 'Rollout', mass: 'rollout', rows: '' },
  difference: { one: 'Difference', mass: 'the summed |differences|', rows: '' },
  flow: { one: 'Flow', mass: 'the summed flow', rows: 'Rows need not sum to 1.' },
};

/** Values on both sides of 0. */
export function isSigned(quantity: Quantity): boolean { return quantity === 'score' || quantity === 'difference'; }

/** One map a layer, whatever head is selected. */
export function isOfLayer(quantity: Quantity): boolean { return quantity === 'rollout' || quantity === 'flow'; }

/** Rollout or flow of a long text: computed for pinned queries, never for the whole map. */
export function isPinnedOnly(trace: Pick<TraceInfo, 'pinned_quantities'> | null | undefined, quantity: string): boolean {
  return trace?.pinned_quantities?.includes(quantity) ?? false;
}

/** true, or why the trace has no such numbers at all. */
export function quantityAble(trace: Pick<TraceInfo, 'quantities' | 'pinned_quantities'> | null | undefined, quantity: string): true | string {
  return isPinnedOnly(trace, quantity) ? true : trace?.quantities?.[quantity] ?? true;
}

/** Why a view that shows whole maps stays empty; "" where it does not. */
export function wholeMapProblem(trace: Pick<TraceInfo, 'quantities' | 'pinned_quantities'> | null | undefined, quantity: string): string {
  if (!isPinnedOnly(trace, quantity)) return '';
  const reason = trace?.quantities?.[quantity];
  return typeof reason === 'string' ? reason : 'Only pinned queries are computed.';
}
