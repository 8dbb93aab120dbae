// What is drawn is a trace and a state that fits it, never a newer state on an older trace: a text
// that is still being run may have heads, tokens and a text B that the picture on screen has not.

import { fallbackHead, resolveHeads } from './heads';
import { quantityAble } from './quantities';
import type { ViewSettings, ViewState } from './state';
import { hasSentences, isBlock, sideTokens, stackOf, type TraceInfo } from './trace_info';

/** A state as a trace can show it, and what it asked for that the trace has not. */
export interface Fitted {
  state: ViewState;
  missingHeads: readonly string[];
  lostPins: readonly string[];
  /** Why the trace has not the quantity; null where it has. */
  noQuantity: string | null;
  /** A filter between sentences on a single text. */
  noSentences: boolean;
}

export function fitTo(trace: TraceInfo, state: ViewState): Fitted {
  const stackName = isBlock(trace, state.stack) || trace.stacks.some((s) => s.name === state.stack) ? state.stack : '';
  const stack = stackOf(trace, stackName);
  const { heads, missing } = resolveHeads(state.heads, stack);
  const length = (side: 'q' | 'k'): number => sideTokens(trace, stackName, side).tokens.length;
  const inside = (pin: string): boolean => Number(pin.slice(1)) < length(pin.startsWith('q') ? 'q' : 'k');
  const kept = (side: 'q' | 'k'): number | null => { const at = state.selection[side]; return at !== null && at < length(side) ? at : null; };
  const able = quantityAble(trace, state.quantity);
  const noSentences = state.attention !== 'all' && !hasSentences(trace, stackName);
  const fitted: Partial<ViewSettings> = {
    stack: stackName, heads: heads.length > 0 ? heads : [fallbackHead(stack)], pins: state.pins.filter(inside),
    selection: { q: kept('q'), k: kept('k') },
    marked: state.marked.filter((token) => token < length('q')), details: resolveHeads(state.details, stack).heads,
    quantity: able === true ? state.quantity : 'weight', attention: noSentences ? 'all' : state.attention,
  };
  return { state: withPatch(state, fitted), missingHeads: missing, lostPins: state.pins.filter((pin) => !inside(pin)),
           noQuantity: able === true ? null : able, noSentences };
}

/** The same object where nothing changes: views then know that nothing did. */
function withPatch(state: ViewState, patch: Partial<ViewSettings>): ViewState {
  const same = Object.entries(patch).every(([key, value]) => JSON.stringify(state[key as keyof ViewState]) === JSON.stringify(value));
  return same ? state : { ...state, ...patch };
}
