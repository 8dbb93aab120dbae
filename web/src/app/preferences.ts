// How this browser likes the app: never a text, a model or anything of the state.

export interface Preferences { singleKeys: boolean; mapWidth: number | null; inspector: boolean }
const DEFAULTS: Preferences = { singleKeys: true, mapWidth: null, inspector: true };
const KEY = 'headscope.preferences';

export function loadPreferences(storage: Pick<Storage, 'getItem'> | null): Preferences {
  try {
    const held = JSON.parse(storage?.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      singleKeys: typeof held.singleKeys === 'boolean' ? held.singleKeys : DEFAULTS.singleKeys,
      mapWidth: typeof held.mapWidth === 'number' && held.mapWidth >= 200 && held.mapWidth <= 600 ? held.mapWidth : null,
      inspector: typeof held.inspector === 'boolean' ? held.inspector : DEFAULTS.inspector,
    };
  } catch {
    return DEFAULTS;
  }
}

export function savePreferences(storage: Pick<Storage, 'setItem'> | null, preferences: Preferences): void {
  try {
    storage?.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A browser that forbids storage keeps the defaults.
  }
}
