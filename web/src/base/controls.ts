// The controls that choose one of a few values: what they are called, in which order they stand,
// and how undo names a choice. One table for commands, palette, control row and chips.

import type { ViewState } from './state';

export type ChoiceField = 'attention' | 'special' | 'combine' | 'quantity' | 'scale' | 'density' | 'panels' | 'thumb' | 'order' | 'pool' | 'colours' |
  'columns' |
  'neurons' | 'keyRows' | 'vectors' | 'computation' | 'scope' | 'map' | 'ranking' | 'theme' | 'compareAs' | 'metric';

export interface ChoiceControl {
  field: ChoiceField;
  title: string;
  /** Single key that takes the next value, inside a view. */
  key?: string;
  /** [value, as the control shows it, as undo names it]; the default first. */
  values: readonly (readonly [value: string, text: string, undo: string])[];
}

export const CHOICES: readonly ChoiceControl[] = [
  { field: 'attention', title: 'Attention', key: 'F', values: [
    ['all', 'All', 'attention of all sentences'], ['aa', 'A → A', 'attention within text A'], ['ab', 'A → B', 'attention from A to B'],
    ['ba', 'B → A', 'attention from B to A'], ['bb', 'B → B', 'attention within text B']] },
  { field: 'special', title: 'Special tokens', key: 'H', values: [
    ['show', 'Show', 'show special tokens'], ['hide', 'Hide', 'hide special tokens'],
      ['hide-renorm', 'Hide + renormalise', 'hide special tokens and renormalise']] },
  { field: 'combine', title: 'Combine heads', key: 'C', values: [
    ['separate', 'Separate', 'heads drawn separately'], ['mean', 'Mean', 'mean over heads'], ['max', 'Max', 'maximum over heads'],
      ['sum', 'Sum', 'sum over heads']] },
  { field: 'quantity', title: 'Quantity', key: 'N', values: [
    ['weight', 'Weight a', 'attention weights'], ['norm', 'Norm-weighted ‖a·f(x)‖', 'norm-weighted attention'], ['score', 'Score q·k/√d', 'scores'],
    ['rollout', 'Rollout', 'rollout'], ['flow', 'Flow', 'flow']] },
  { field: 'scale', title: 'Scale', key: 'L', values: [
    ['linear', 'Linear', 'linear scale'], ['log', 'Log', 'log scale'], ['row', 'Per-row max', 'scale by each row’s maximum']] },
  { field: 'density', title: 'Density', values: [
    ['comfortable', 'Comfortable', 'comfortable rows'], ['compact', 'Compact', 'compact rows'], ['fit', 'Fit', 'rows fitted to the window']] },
  { field: 'panels', title: 'Panels', values: [['one', 'One panel', 'one panel'], ['both', 'All words and one word', 'two panels']] },
  { field: 'thumb', title: 'Thumbnails', values: [
    ['auto', 'Auto', 'automatic thumbnails'], ['lines', 'Lines', 'thumbnails as lines'], ['matrix', 'Matrix', 'thumbnails as matrices'],
      ['received', 'Received', 'thumbnails of received attention']] },
  { field: 'order', title: 'Order of the grid', values: [['layer', 'Layer, head', 'grid by layer'], ['label', 'By label', 'grid by label'],
    ['score', 'By score', 'grid by score'],
    ['reach', 'Longest reach', 'grid by reach'], ['distance', 'Longest mean distance', 'grid by mean distance'],
      ['entropy', 'Highest entropy', 'grid by entropy']] },
  { field: 'pool', title: 'Pooling', values: [['max', 'Max', 'pool by maximum'], ['mean', 'Mean', 'pool by mean']] },
  { field: 'colours', title: 'Colours', values: [['auto', 'By length', 'colours by length'], ['common', 'One scale', 'one colour scale'],
    ['own', 'Each head’s maximum', 'colours by each head’s maximum'], ['log', 'Log', 'log colours']] },
  { field: 'columns', title: 'Columns', values: [['linked', 'Scroll together', 'columns linked'], ['unlinked', 'Scroll apart', 'columns unlinked']] },
  { field: 'neurons', title: 'Neurons', values: [
    ['contribution', 'Contribution to this query', 'neurons by contribution'], ['index', 'Index', 'neurons by index'],
      ['pinned', 'Contribution to the pinned key', 'neurons by the pinned key']] },
  { field: 'keyRows', title: 'Rows of keys', values: [['position', 'Position', 'keys by position'], ['weight', 'Weight', 'keys by weight']] },
  { field: 'vectors', title: 'Vectors', values: [['after', 'After rotation', 'vectors after rotation'],
    ['before', 'Before rotation', 'vectors before rotation']] },
  { field: 'computation', title: 'Computation', values: [['shown', 'Show', 'show the computation'], ['hidden', 'Hide', 'hide the computation']] },
  { field: 'compareAs', title: 'Compare as', values: [['sides', 'Side by side', 'sides beside each other'], ['difference', 'Difference', 'the difference']] },
  { field: 'metric', title: 'Heads by', values: [['js', 'Jensen–Shannon divergence', 'heads by divergence'],
    ['mean', 'Mean |Δ weight|', 'heads by mean difference'], ['labels', 'Label change', 'heads by label change']] },
  { field: 'scope', title: 'Scope', values: [['input', 'Input', 'labels of this input'], ['corpus', 'Corpus', 'labels of the corpus']] },
  { field: 'map', title: 'Heads as', values: [['map', 'Map', 'heads as a map'], ['list', 'List', 'heads as a list']] },
  { field: 'ranking', title: 'Heads ranked by', values: [['labels', 'Their labels', 'heads by their labels'],
    ['link', 'The chosen link', 'heads by the chosen link']] },
  { field: 'theme', title: 'Theme', values: [['system', 'System', 'theme of the system'], ['light', 'Light', 'light theme'],
    ['dark', 'Dark', 'dark theme'], ['print', 'Print', 'print theme']] },
];

export function choiceOf(field: ChoiceField): ChoiceControl {
  return CHOICES.find((c) => c.field === field) as ChoiceControl;
}

export function choiceText(field: ChoiceField, value: string): string {
  return choiceOf(field).values.find(([v]) => v === value)?.[1] ?? value;
}

export type ToggleField = 'renorm' | 'words' | 'values';
export interface ToggleControl { field: ToggleField; title: string; key?: string; undo: readonly [off: string, on: string] }
export const TOGGLES: readonly ToggleControl[] = [
  { field: 'renorm', title: 'Renormalise rows', key: 'R', undo: ['rows not renormalised', 'renormalise rows'] },
  { field: 'words', title: 'Merge pieces into words', key: 'W', undo: ['pieces', 'words'] },
  { field: 'values', title: 'Show values', undo: ['values off', 'values on'] },
];

/** What the picture is drawn with; "Reset the drawing" brings these back. */
export const DRAWING_FIELDS = ['attention', 'stack', 'special', 'renorm', 'combine', 'quantity', 'threshold', 'topk', 'scale', 'words', 'density',
  'values', 'panels', 'marked', 'thumb', 'order', 'pool', 'colours', 'columns', 'neurons', 'keyRows', 'vectors',
    'computation'] as const satisfies readonly (keyof ViewState)[];
