// Random valid states for the round-trip tests (unit and browser).

import { CHOICES } from './controls';
import { PRECISIONS } from './precision';
import { picker } from './random';
import { DEFAULT_STATE, SORT_COLUMNS, type ViewState } from './state';

const TEXTS = ['', 'a', '0', 'off', 'null', '&=#%', 'café +', '\n\t', '<img src=x onerror=alert(1)>', '\u202Eabc', '日本 🍓', "it's (fine)!", ' '];

/** shape: layers, heads and tokens that heads, pins and token lists stay within. */
export function randomState(random: () => number, shape = { layers: 12, heads: 12, tokens: 19 }): ViewState {
  const { int, of, some, coin, unit } = picker(random);
  const head = (): string => `L${int(shape.layers)}H${int(shape.heads)}`;
  const unique = <T>(values: T[]): T[] => [...new Set(values)];
  const tokens = (): number[] => unique(some(3, () => int(shape.tokens)));
  const state: ViewState = {
    ...DEFAULT_STATE,
    precision: of(PRECISIONS), picture: of(['', 'tabc']),
    view: of(['head', 'model', 'neuron', 'matrix']),
    textA: of(TEXTS), textB: coin() ? of(TEXTS) : null,
    heads: unique([head(), ...some(3, head)]),
    pins: unique(some(4, () => `${of(['q', 'k'])}${int(shape.tokens)}`)),
    renorm: coin(), words: coin(), values: coin(), generate: of([0, 1, 20, 512]),
    threshold: of([0, 1, 0.01, 0.05, unit(), unit() / 1e5]),
    topk: of([null, 0, 1, 8, 64]),
    selection: { q: coin() ? int(shape.tokens) : null, k: coin() ? int(shape.tokens) : null },
    scroll: coin() ? { q: int(shape.tokens), k: int(shape.tokens) } : DEFAULT_STATE.scroll,
    zoom: coin() ? { q0: 1, q1: 2 + int(shape.tokens), k0: 0, k1: 1 + int(shape.tokens) } : null,
    marked: tokens(), masked: tokens(),
    details: unique(some(3, head)), gridLayers: of(['', '0-3,7', '5']), gridHeads: of(['', '2']),
    ablations: unique(some(2, head)).map((h) => ({ head: h, mode: of(['zero', 'mean', 'uniform'] as const) })),
    right: { trace: of(['', 'abc']), model: coin() ? of(TEXTS) : null, textA: coin() ? of(TEXTS) : null, textB: coin() ? of(TEXTS) : null,
      ablations: coin() ? unique(some(2, head)).map((h) => ({ head: h, mode: of(['zero', 'mean'] as const) })) : null },
    filter: { labels: unique(some(2, () => of(['next', 'sep', 'family:delimiter']))), minScore: of([0, 0.5, unit()]),
      layers: of(['', '0-3,7', '5']), name: of(TEXTS), hideOthers: coin() },
    sort: some(2, () => ({ by: of(SORT_COLUMNS), descending: coin() })),
  };
  const choices = Object.fromEntries(CHOICES.map(({ field, values }) => [field, of(values)[0]]));
  return { ...state, ...choices };
}
