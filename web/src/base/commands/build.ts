// Helpers that the groups of commands share: reading arguments, and commands out of the tables.

import { selectionAfter } from '../pins';
import { quantityAble } from '../quantities';
import { CHOICES, TOGGLES, type ChoiceField } from '../controls';
import { CommandError, type Command, type CommandArgs, type Facts, type ViewState } from '../state';
import { stackOf, type StackInfo, type TraceInfo } from '../trace_info';

export function bad(what: string, expected: string): never {
  throw new CommandError('HS-CMD-01', `${what}; expected ${expected}.`);
}

export function textArg(args: CommandArgs, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : bad(`${name} is ${JSON.stringify(value) ?? 'missing'}`, 'a text');
}

export function intArg(args: CommandArgs, name: string): number {
  const value = args[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value
    : bad(`${name} is ${JSON.stringify(value) ?? 'missing'}`, 'a whole number');
}

export function flagArg(args: CommandArgs, name: string): boolean {
  const value = args[name];
  return typeof value === 'boolean' ? value : bad(`${name} is ${JSON.stringify(value) ?? 'missing'}`, 'true or false');
}

export function listArg(args: CommandArgs, name: string): string[] {
  const value = args[name];
  return Array.isArray(value) && value.every((v) => typeof v === 'string') ? (value as string[])
    : bad(`${name} is ${JSON.stringify(value) ?? 'missing'}`, 'a list of texts');
}

/** The same object where nothing changes, so that history and redraw see it at once. */
export function patched(state: ViewState, patch: Partial<ViewState>): ViewState {
  const same = Object.entries(patch).every(([key, value]) => JSON.stringify(state[key as keyof ViewState]) === JSON.stringify(value));
  return same ? state : { ...state, ...patch };
}

/** A new pin is the chosen token of its side. */
export function withPins(state: ViewState, pins: readonly string[], patch: Partial<ViewState> = {}): ViewState {
  return patched(state, { ...patch, pins, selection: selectionAfter(state.pins, pins, state.selection) });
}

export function needTrace(_state: ViewState, facts: Facts): true | string { return facts.trace ? true : 'There is no picture yet.'; }

/** Runs only with a trace; without one nothing changes. */
export function withStack(run: (state: ViewState, stack: StackInfo, args: CommandArgs, trace: TraceInfo, facts: Facts) => ViewState): Command['run'] {
  return (state, facts, args) => (facts.trace ? run(state, stackOf(facts.trace, state.stack), args, facts.trace, facts) : state);
}

/** true, or why a value cannot be had of this trace. */
function available(field: ChoiceField, value: string, facts: Facts): true | string {
  return field === 'quantity' ? quantityAble(facts.trace, value) : true;
}

export function choiceCommands(): Command[] {
  return CHOICES.flatMap(({ field, title, key, values }): Command[] => {
    const undo = (after: ViewState): string => values.find(([v]) => v === after[field])?.[2] ?? title;
    return [
      { id: `${field}.set`, title, name: (_before, after) => undo(after),
        options: (state, facts) => values.filter(([v]) => v !== state[field]
          && available(field, v, facts) === true).map(([value, text]) => ({ title: `${title}: ${text}`, args: { value } })),
        run: (state, facts, args) => {
          const value = textArg(args, 'value');
          if (!values.some(([v]) => v === value)) bad(`${title} '${value}'`, `one of ${values.map(([v]) => v).join(', ')}`);
          const able = available(field, value, facts);
          if (able !== true) throw new CommandError('HS-CAP-01', able);
          return patched(state, { [field]: value });
        } },
      { id: `${field}.next`, title: `${title}: next`, ...(key ? { keys: key } : {}), name: (_before, after) => undo(after),
        run: (state, facts) => {
          const own = values.map(([v]) => v).filter((v) => v === state[field] || available(field, v, facts) === true);
          return patched(state, { [field]: own[(own.indexOf(state[field]) + 1) % own.length] });
        } },
    ];
  });
}

export function toggleCommands(): Command[] {
  return TOGGLES.flatMap(({ field, title, key, undo }): Command[] => {
    const name = (_before: ViewState, after: ViewState): string => undo[after[field] ? 1 : 0];
    return [
      { id: `${field}.toggle`, title, ...(key ? { keys: key } : {}), name, run: (state) => ({ ...state, [field]: !state[field] }) },
      { id: `${field}.set`, title, name, options: () => [], run: (state, _f, args) => patched(state, { [field]: flagArg(args, 'value') }) },
    ];
  });
}
