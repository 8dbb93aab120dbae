// Controls as data: which of them a view takes, the threshold's logarithmic slider, and the chips of
// what is not default. Pure functions.

import { choiceText, type ChoiceField } from '../../base/controls';
import { DEFAULT_STATE, type CommandArgs, type CommandDetail, type ViewName, type ViewState } from '../../base/state';

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
  model: [...RASTER, 'thumb'],
  matrix: ['stack', 'combine', 'quantity', 'scale', 'words', 'renorm', 'pool'],
  neuron: ['stack'], compare: RASTER, corpus: [], map: ['stack'],
};

/** What stands under "More" in a view. Stacks only where there are several. */
export function moreFields(view: ViewName, stacks: number): readonly MoreField[] {
  return MORE[view].filter((f) => f !== 'stack' || stacks > 1);
}

/** The picture has rows and columns to filter and mask. */
export function takesFilters(view: ViewName): boolean { return view !== 'corpus' && view !== 'neuron'; }

/** Renormalising changes nothing while everything is shown. */
export function renormUseful(s: Pick<ViewState, 'attention' | 'special' | 'marked' | 'quantity'>): boolean {
  return s.attention !== 'all' || s.special !== 'show' || s.quantity !== 'weight';
}

/** reset: the command that brings the default back. */
export interface Chip { field: string; text: string; reset: CommandDetail }

const CHOSEN: readonly [ChoiceField, string][] = [['combine', 'Combine'], ['quantity', 'Quantity'], ['scale', 'Scale'], ['density', 'Density'], ['thumb', 'Thumbnails'], ['order', 'Order'], ['pool', 'Pooling'],
  ['colours', 'Colours'], ['columns', 'Columns'], ['neurons', 'Neurons'], ['keyRows', 'Keys'], ['vectors', 'Vectors'], ['computation', 'Computation']];

/** One removable chip a setting that the first row does not show and that is not default. */
export function chips(s: ViewState, word: (token: number) => string): Chip[] {
  const d = DEFAULT_STATE;
  const out: Chip[] = [];
  const add = (field: string, text: string, id: string, args: CommandArgs = {}): void => { out.push({ field, text, reset: { id, args } }); };
  const list = (tokens: readonly number[]): string => (tokens.length > 3 ? `${tokens.length} words` : tokens.map((t) => `“${word(t)}”`).join(', '));
  if (s.stack !== d.stack) add('stack', `Stack: ${s.stack}`, 'stack.set', { value: d.stack });
  if (s.renorm && s.special !== 'hide-renorm') add('renorm', 'Rows renormalised', 'renorm.set', { value: false });
  for (const [field, title] of CHOSEN) if (s[field] !== d[field]) add(field, `${title}: ${choiceText(field, s[field])}`, `${field}.set`, { value: d[field] });
  if (s.threshold !== d.threshold) add('threshold', `Threshold: ${s.threshold}`, 'threshold.set', { value: d.threshold });
  if (s.topk !== d.topk) add('topk', s.topk === 0 ? 'All lines per query' : `Top ${s.topk} per query`, 'topk.set', { value: d.topk });
  if (s.words) add('words', 'Words', 'words.set', { value: false });
  if (s.values) add('values', 'Values', 'values.set', { value: false });
  if (s.marked.length > 0) add('marked', `As special: ${list(s.marked)}`, 'mark.clear');
  if (s.masked.length > 0) add('masked', `Masked: ${list(s.masked)}`, 'mask.clear');
  return out;
}
