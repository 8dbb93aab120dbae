// The keyboard map of ui.md §6. Single keys act everywhere but in text fields, menus and dialogs, and
// can be switched off (WCAG 2.1.4); the modified ones act everywhere.

import { COMMANDS, commandOfKey, type CommandResult } from '../base/commands';
import { ACTIONS, actionOfKey } from './actions';

export type { CommandResult };

/** Keys that the views handle themselves; the help lists them too. */
export const VIEW_KEYS: readonly { keys: string; title: string }[] = [
  { keys: '↑ ↓', title: 'Previous, next token (or cell)' },
  { keys: '← →', title: 'Query column, key column (or cell)' },
  { keys: 'Enter', title: 'Pin, unpin' },
  { keys: 'Esc', title: 'Close, unpin, clear' },
  { keys: '+ − 0', title: 'Zoom in, out, fit (Matrix)' },
  { keys: 'B', title: 'Brush a rectangle to zoom into (Matrix)' },
  { keys: 'Space', title: 'Show or hide the computation (Neuron)' },
];

/** "Shift+P", "P", "?" of an event, as the tables write them. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return event.shiftKey && /^[A-Z]$/.test(key) ? `Shift+${key}` : key;
}

export function singleKey(event: KeyboardEvent): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isField(event)) return null;
  const name = keyName(event);
  return commandOfKey(name)?.id ?? actionOfKey(name)?.id ?? null;
}

/** Ctrl or Cmd with a key: the action's id. */
export function modifiedKey(event: KeyboardEvent): string | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === 'k' && !event.shiftKey) return 'app.palette';
  if (key === 'z' && !inOtherField(event)) return event.shiftKey ? 'app.redo' : 'app.undo';
  return null;
}

/** While it is down, the state before is on the screen. */
export const HOLD_KEY = 'z';
export function isHoldKey(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey && !event.isComposing && event.key.toLowerCase() === HOLD_KEY
    && !isField(event);
}

function target(event: Event): Element | null {
  const first = event.composedPath()[0];
  return first instanceof Element ? first : null;
}

/** Inputs that take no letters: there a key is the app's. */
const NO_TEXT = ['checkbox', 'radio', 'range', 'button', 'submit', 'reset', 'color', 'file', 'image'].map((type) => `[type=${type}]`).join(',');

function isField(event: Event): boolean {
  const element = target(event);
  if (!element) return false;
  if (element.matches(`textarea, select, [contenteditable], input:not(${NO_TEXT})`)) return true;
  return event.composedPath().some((node) => node instanceof Element && node.matches('[role=menu], dialog'));
}

/** Text A and B belong to the app's undo; every other field keeps its own. */
function inOtherField(event: Event): boolean { return target(event)?.matches(`input:not(${NO_TEXT}), [contenteditable]`) ?? false; }

export function helpKeys(): { keys: string; title: string }[] {
  const own = [...COMMANDS, ...ACTIONS].flatMap((c) => (c.keys ? [{ keys: c.keys, title: c.title }] : []));
  return [...own, ...VIEW_KEYS];
}
