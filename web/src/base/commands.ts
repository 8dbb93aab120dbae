// Every control as a command, state → state: the palette lists them, undo names them, tests run all.

import { choiceCommands, toggleCommands } from './commands/build';
import { compareCommands } from './commands/compare_commands';
import { headCommands } from './commands/head_commands';
import { textCommands } from './commands/text_commands';
import { viewCommands } from './commands/view_commands';
import { CommandError, type Command, type CommandArgs, type Facts, type ViewState } from './state';

export { TABS } from './commands/view_commands';
export { layerOf } from './commands/head_commands';

export const COMMANDS: readonly Command[] = [...viewCommands, ...choiceCommands(), ...toggleCommands(), ...headCommands, ...textCommands, ...compareCommands];
const BY_ID = new Map(COMMANDS.map((command) => [command.id, command]));

export function findCommand(id: string): Command | undefined { return BY_ID.get(id); }

/** place: where one looks has changed, which is no undo step. */
export interface CommandResult { state: ViewState; name: string; coalesce: boolean; place: boolean }

/** Throws CommandError: an unknown command, one that is off (with the reason), bad arguments. */
export function runCommand(id: string, state: ViewState, facts: Facts, args: CommandArgs = {}): CommandResult {
  const command = BY_ID.get(id);
  if (!command) throw new CommandError('HS-CMD-01', `There is no command '${id}'.`);
  const enabled = command.enabled?.(state, facts, args) ?? true;
  if (enabled !== true) throw new CommandError('HS-CAP-01', enabled);
  const next = command.run(state, facts, args);
  const { coalesce = false, place = false } = command;
  return {
    state: next, name: command.name?.(state, next, facts) ?? command.title, coalesce: typeof coalesce === 'function' ? coalesce(args) : coalesce, place,
  };
}

/** One palette entry: a command with its arguments. */
export interface PaletteEntry { id: string; args: CommandArgs; title: string; keys: string; enabled: true | string }

export function paletteEntries(state: ViewState, facts: Facts): PaletteEntry[] {
  return COMMANDS.flatMap((command): PaletteEntry[] => {
    const enabled = command.enabled?.(state, facts, {}) ?? true;
    const common = { id: command.id, keys: command.keys ?? '', enabled };
    if (command.options) return command.options(state, facts).map(({ title, args }) => ({ ...common, title, args }));
    return [{ ...common, title: command.title, args: {} }];
  });
}

/** The command of a single key. */
export function commandOfKey(key: string): Command | undefined { return COMMANDS.find((c) => c.keys === key); }
