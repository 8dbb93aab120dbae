// The numbers of the neuron view as a table, and the picture in one sentence.

import { sideTitle } from '../../ui/side_title';
import { tokenText } from '../../ui/axes';
import { exact4 } from '../../ui/ink';
import type { TraceInfo } from '../../ui/types';
import type { TableData } from '../common/data_table';
import { keyParts } from './neuron_math';
import type { NeuronPlan } from './neuron_plan';
import { scoreOf } from './neuron_words';

/** A row a key. */
export function neuronTable(plan: NeuronPlan, trace: TraceInfo | undefined): TableData {
  const { data } = plan;
  const word = tokenText(plan.queries.tokens[plan.answer.query] ?? '');
  const bias = data.bias !== null;
  return { caption: `${plan.answer.head}, query “${word}” (${plan.answer.query}): every key`,
           columns: [{ title: 'Position', numeric: true }, { title: sideTitle(trace, plan.answer.stack, 'k') },
             { title: 'Sum of products', numeric: true }, ...(bias ? [{ title: 'Bias',
             numeric: true }] : []),
                     { title: 'Score', numeric: true }, { title: 'Weight', numeric: true }],
           rows: Array.from(data.weights, (weight, j) => [String(j), tokenText(plan.keys.tokens[j] ?? ''), keyParts(data, j).sum, ...(bias
             ? [data.bias?.[j] ?? 0] : []), scoreOf(plan, j), weight]) };
}

export function neuronAlt(plan: NeuronPlan): string {
  const word = (tokens: readonly string[], i: number): string => tokenText(tokens[i] ?? '');
  return `${plan.answer.head}: ${word(plan.queries.tokens, plan.answer.query)} to ${word(plan.keys.tokens,
    plan.key)}, weight ${exact4(plan.data.weights[plan.key] ?? 0)}.`;
}
