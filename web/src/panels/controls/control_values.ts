// Controls as data: which of them a view takes, the threshold's logarithmic slider, and the chips of
// what is not default. Pure functions.

import { choiceText, type ChoiceField } from '../../base/controls';
import { DEFAULT_STATE, type CommandArgs, type CommandDetail, type ViewName, type ViewState } from '../../base/state';
import { C } from '../../base/words/controls';
import { W } from '../../base/words/common';

export const SLIDER_STEPS = 100;
const DECADES = 4;

/** Slider position → threshold: 0 stays 0, then 10⁻⁴ … 1, two significant digits. */
export function sliderToThreshold(position: number): number {
  if (position <= 0) return 0;
  const value = 10 ** (-DECADES + (DECADES * (Math.min(position, SLIDER_STEPS) - 1)) / (SLIDER_STEPS - 1));
  return Number(value.toPrecision(2));
}

export function thresholdToSlider(threshold: number): number {
  if (threshold <= 0) return 0;
  const position = 1 + ((Math.log10(threshold) + DECADES) / DECADES) * (SLIDER_STEPS - 1);
  return Math.min(SLIDER_STEPS, Math.max(1, Math.round(position)));
}

export type MoreField = 'stack' | 'renorm' | 'combine' | 'quantity' | 'threshold' | 'topk' | 'scale' | 'words' | 'density' | 'values' | 'thumb' | 'pool';

const RASTER: readonly MoreField[] = ['stack', 'quantity', 'renorm', 'words'];
const MORE: Readonly<Record<ViewName, readonly MoreField[]>> = {
  head: ['stack', 'combine', 'quantity', 'threshold', 'topk', 'scale', 'words', 'density', 'renorm', 'values'],
  model: [...RASTER, 'scale', 'thumb'],
  matrix: ['stack', 'combine', 'quantity', 'scale', 'words', 'renorm', 'pool'],
  neuron: ['stack'], compare: RASTER, corpus: [], map: ['stack'],
};

/** What stands under "More" in a view. Stacks only where there are several. */
export function moreFields(view: ViewName, stacks: number): readonly MoreField[] {
  return MORE[view].filter((f) => f !== 'stack' || stacks > 1);
}

/** The picture has rows and columns to filter and mask. */
export function takesFilters(view: ViewName): boolean { return view !== 'corpus' && view !== 'neuron'; }

/** The model view has every layer and head; which of them is its own business. */
export function takesHeads(view: ViewName): boolean { return view !== 'model'; }

/** Renormalising changes nothing while everything is shown. */
export function renormUseful(s: Pick<ViewState, 'attention' | 'special' | 'marked' | 'quantity'>): boolean {
  return s.attention !== 'all' || s.special !== 'show' || s.quantity !== 'weight';
}

/** reset: the command that brings the default back. */
export interface Chip { field: string; text: string; reset: CommandDetail }

const CHOSEN = ['combine', 'quantity', 'scale', 'density', 'thumb', 'order', 'pool', 'colours', 'columns', 'neurons', 'keyRows', 'vectors',
  'computation'] as const satisfies readonly ChoiceField[];

/** One removable chip a setting that the first row does not show and that is not default. */
export function chips(s: ViewState, word: (token: number) => string): Chip[] {
  const d = DEFAULT_STATE;
  const out: Chip[] = [];
  const add = (field: string, text: string, id: string, args: CommandArgs = {}): void => { out.push({ field, text, reset: { id, args } }); };
  const list = (tokens: readonly number[]): string => (tokens.length > 3 ? W.words(tokens.length) : tokens.map((t) => `“${word(t)}”`).join(', '));
  if (s.stack !== d.stack) add('stack', C.chip(C.stack, C.stacks[s.stack] ?? s.stack), 'stack.set', { value: d.stack });
  if (s.renorm && s.special !== 'hide-renorm') add('renorm', C.renormalised, 'renorm.set', { value: false });
  for (const field of CHOSEN) if (s[field] !== d[field]) add(field, C.chip(C[field], choiceText(field, s[field])), `${field}.set`, { value: d[field] });
  if (s.threshold !== d.threshold) add('threshold', C.chip(C.threshold, String(s.threshold)), 'threshold.set', { value: d.threshold });
  if (s.topk !== d.topk) add('topk', s.topk === 0 ? C.allLines : C.top(s.topk), 'topk.set', { value: d.topk });
  if (s.words) add('words', C.words, 'words.set', { value: false });
  if (s.values) add('values', C.valuesOn, 'values.set', { value: false });
  if (s.marked.length > 0) add('marked', C.chip(C.asSpecial, list(s.marked)), 'mark.clear');
  if (s.masked.length > 0) add('masked', C.chip(C.masked, list(s.masked)), 'mask.clear');
  return out;
}
