// Commands about the right side of the compare view.

import { CommandError, NO_RIGHT, type AblationMode, type Command, type RightSide } from '../state';
import { stackOf } from '../trace_info';
import { resolveHeads } from '../heads';
import { bad, patched, textArg } from './build';

/** Everything on the right that is not named is as on the left. */
const withRight = (right: Partial<RightSide>): { right: RightSide; view: 'compare' } => ({ right: { ...NO_RIGHT, ...right }, view: 'compare' });

const canRun: Command['enabled'] = (_s, facts) => facts.can('run');

export const compareCommands: readonly Command[] = [
  { id: 'compare.text', title: 'Compare with another text', enabled: canRun, options: () => [], name: () => 'compare with another text',
    run: (state, _f, args) => {
      const textA = textArg(args, 'a');
      if (textA.trim() === '') bad('an empty text', 'a text to compare with');
      return patched(state, withRight({ textA, textB: args['b'] === undefined || args['b'] === null ? null : textArg(args, 'b') }));
    } },
  { id: 'compare.heads', title: 'Compare with the selected heads off', name: (_b, s) => `compare with ${s.heads.join(', ')} off`,
    enabled: (_s, facts) => facts.can('ablate'),
    run: (state, facts, args) => {
      const mode = args['mode'] === undefined ? 'zero' : textArg(args, 'mode');
      if (!['zero', 'mean', 'uniform'].includes(mode)) bad(`mode '${mode}'`, 'zero, mean or uniform');
      const heads = facts.trace ? resolveHeads(state.heads, stackOf(facts.trace, state.stack)).heads : state.heads;
      return patched(state, withRight({ ablations: heads.map((head) => ({ head, mode: mode as AblationMode })) }));
    } },
  { id: 'compare.all-on', title: 'Compare with all heads on',
    enabled: (state, facts) => (state.ablations.length === 0 ? 'All heads are on.' : facts.can('run')),
    name: () => 'compare with all heads on', run: (state) => patched(state, withRight({ ablations: [] })) },
  { id: 'compare.trace', title: 'Compare with a trace', options: () => [], name: () => 'compare with a trace',
    run: (state, facts, args) => {
      const trace = textArg(args, 'trace');
      if (trace === '') bad('no trace', 'the id of one');
      if (trace === facts.trace?.id) throw new CommandError('HS-CMD-01', 'This trace is the one on the left.');
      return patched(state, withRight({ trace }));
    } },
  { id: 'compare.clear', title: 'Compare with nothing', name: () => 'compare with nothing', run: (state) => patched(state, { right: NO_RIGHT }) },
];
