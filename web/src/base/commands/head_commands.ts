// Commands about layers and heads, ablation and the article's patterns.

import { ARTICLE, findToken } from '../article';
import { allHeads, moveToLayer, parseRanges, resolveHeads } from '../heads';
import { type Ablation, type AblationMode, type Command, type Facts, type ViewState } from '../state';
import { headName, headsOfLayer, parseHead, stackOf, type StackInfo } from '../trace_info';
import { bad, intArg, listArg, needTrace, patched, textArg, withPins, withStack } from './build';

/** Heads beside the grid at most. */
const MAX_DETAILS = 4;

export function layerOf(state: ViewState): number { return parseHead(state.heads[0] ?? '')?.layer ?? 0; }

const names = (heads: readonly string[]): string => (heads.length > 4 ? `${heads.length} heads` : heads.join(', '));
const selected = (_before: ViewState, after: ViewState): string => `select ${names(after.heads)}`;

function existing(heads: readonly string[], stack: StackInfo): string[] {
  const found = resolveHeads(heads, stack);
  if (found.missing.length > 0) bad(`head ${found.missing.join(', ')}`, `layers ${stack.layers.join(', ')} with ${Math.max(...stack.heads)} heads`);
  return found.heads;
}

function stepLayer(by: number): Command['run'] {
  return withStack((state, stack) => {
    const at = stack.layers.indexOf(layerOf(state));
    const to = stack.layers[Math.min(stack.layers.length - 1, Math.max(0, at + by))];
    return to === undefined ? state : patched(state, { heads: moveToLayer(state.heads, layerOf(state), to, stack) });
  });
}

/** The next or previous head alone; over the ends of a layer to its neighbour. */
function stepHead(by: number): Command['run'] {
  return withStack((state, stack) => {
    const all = allHeads(stack);
    const at = all.indexOf(state.heads[0] ?? '');
    const next = all[(Math.max(0, at) + by + all.length) % all.length];
    return next === undefined ? state : patched(state, { heads: [next] });
  });
}

function headOptions(title: (name: string) => string) {
  return (_state: ViewState, facts: Facts): { title: string; args: { head: string } }[] => {
    if (!facts.trace) return [];
    return allHeads(stackOf(facts.trace, _state.stack)).map((head) => {
      const label = facts.labels.get(head);
      return { title: `${title(head)}${label ? ` — ${label.label} ${label.score.toFixed(2)}` : ''}`, args: { head } };
    });
  };
}

const MODES: readonly AblationMode[] = ['zero', 'mean', 'uniform'];

function withAblation(state: ViewState, heads: readonly string[], mode: AblationMode | 'off'): ViewState {
  const others = state.ablations.filter((a) => !heads.includes(a.head));
  const added = mode === 'off' ? [] : heads.map((head): Ablation => ({ head, mode }));
  return patched(state, { ablations: [...others, ...added], trace: '' });
}

const canAblate = (_s: ViewState, facts: Facts): true | string => facts.can('ablate');

/** Selects the pattern's head, and with `word` pins its word. The text stays the user's. */
function showArticle(state: ViewState, facts: Facts, number: number, word: boolean): ViewState {
  const pattern = ARTICLE[number - 1] ?? bad(`pattern ${number}`, '1 to 6');
  const token = word && facts.trace ? findToken(facts.trace, pattern.word, pattern.occurrence) : null;
  return withPins(state, token === null ? state.pins : [`q${token}`], { heads: [pattern.head] });
}

function articleStep(by: number): Command['run'] {
  return (state, facts) => {
    const at = ARTICLE.findIndex((p) => state.heads.length === 1 && p.head === state.heads[0]);
    return showArticle(state, facts, ((at < 0 ? (by > 0 ? -1 : 0) : at) + by + ARTICLE.length) % ARTICLE.length + 1, state.pins.length > 0);
  };
}

const articleName = (_b: ViewState, after: ViewState): string => `article pattern, ${after.heads[0] ?? ''}`;

export const headCommands: readonly Command[] = [
  { id: 'layer.previous', title: 'Previous layer', keys: '[', enabled: needTrace, name: (_b, s) => `layer ${layerOf(s)}`, run: stepLayer(-1) },
  { id: 'layer.next', title: 'Next layer', keys: ']', enabled: needTrace, name: (_b, s) => `layer ${layerOf(s)}`, run: stepLayer(1) },
  { id: 'layer.set', title: 'Layer', enabled: needTrace, name: (_b, s) => `layer ${layerOf(s)}`,
    options: (state, facts) => (facts.trace ? stackOf(facts.trace, state.stack).layers : []).map((layer) => ({ title: `Layer ${layer}`, args: { layer } })),
    run: withStack((state, stack, args) => {
      const layer = intArg(args, 'layer');
      if (headsOfLayer(stack, layer) === 0) bad(`layer ${layer}`, `one of ${stack.layers.join(', ')}`);
      return patched(state, { heads: moveToLayer(state.heads, layerOf(state), layer, stack) });
    }) },
  { id: 'head.previous', title: 'Previous head', keys: ',', enabled: needTrace, name: selected, run: stepHead(-1) },
  { id: 'head.next', title: 'Next head', keys: '.', enabled: needTrace, name: selected, run: stepHead(1) },
  { id: 'head.select', title: 'Go to head', enabled: needTrace, name: selected, options: headOptions((h) => h),
    run: withStack((state, stack, args) => patched(state, { heads: existing([textArg(args, 'head')], stack) })) },
  { id: 'head.set', title: 'Select heads', enabled: needTrace, name: selected, options: () => [],
    run: withStack((state, stack, args) => {
      const heads = existing(listArg(args, 'heads'), stack);
      return heads.length > 0 ? patched(state, { heads }) : bad('no heads', 'at least one');
    }) },
  { id: 'head.toggle', title: 'Add or remove head', enabled: needTrace, name: selected, options: headOptions((h) => `Add or remove ${h}`),
    run: withStack((state, stack, args) => {
      const [head = ''] = existing([textArg(args, 'head')], stack);
      const rest = state.heads.filter((h) => h !== head);
      return rest.length === 0 ? state : patched(state, { heads: rest.length < state.heads.length ? rest : [...state.heads, head] });
    }) },
  { id: 'head.solo', title: 'Only the first selected head', keys: 'S', enabled: needTrace, name: selected,
    run: (state) => patched(state, { heads: state.heads.slice(0, 1) }) },
  { id: 'head.all', title: 'All heads of the layer', keys: 'A', enabled: needTrace, name: (_b, s) => `all heads of layer ${layerOf(s)}`,
    run: withStack((state, stack) => patched(state,
      { heads: Array.from({ length: headsOfLayer(stack, layerOf(state)) }, (_, head) => headName({ layer: layerOf(state), head })) })) },
  { id: 'head.open', title: 'Open head in the Head view', enabled: needTrace, name: (_b, s) => `open ${s.heads[0] ?? ''}`, options: () => [],
    run: withStack((state, stack, args) => patched(state, { heads: existing([textArg(args, 'head')], stack), view: 'head' })) },
  { id: 'ablate.toggle', title: 'Ablate the selected heads, or undo it', keys: 'X', enabled: canAblate,
    name: (_b, s) => (s.ablations.length > 0 ? `ablate ${names(s.ablations.map((a) => a.head))}` : 'no ablation'),
    run: (state) => withAblation(state, state.heads, state.heads.every((h) => state.ablations.some((a) => a.head === h)) ? 'off' : 'zero') },
  { id: 'ablate.set', title: 'Ablate', enabled: canAblate,
    name: (_b, s) => (s.ablations.length > 0 ? `ablate ${names(s.ablations.map((a) => a.head))}` : 'no ablation'),
    options: () => [...MODES, 'off'].map((mode) => ({ title: `Ablate the selected heads: ${mode}`, args: { mode } })),
    run: (state, facts, args) => {
      const mode = textArg(args, 'mode');
      if (mode !== 'off' && !(MODES as readonly string[]).includes(mode)) bad(`mode '${mode}'`, 'off, zero, mean or uniform');
      const heads = args['heads'] === undefined ? state.heads : listArg(args, 'heads');
      return withAblation(state, facts.trace ? existing(heads, stackOf(facts.trace, state.stack)) : heads, mode as AblationMode | 'off');
    } },
  { id: 'ablate.remove', title: 'Remove an ablation', enabled: canAblate,
    name: (before, after) => `no ablation of ${names(before.ablations.filter((a) => !after.ablations.includes(a)).map((a) => a.head))}`,
    options: (state) => state.ablations.map(({ head }) => ({ title: `Remove the ablation of ${head}`, args: { head } })),
    run: (state, _f, args) => {
      const head = textArg(args, 'head');
      if (!state.ablations.some((a) => a.head === head)) bad(`ablation '${head}'`, state.ablations.map((a) => a.head).join(', ') || 'none is set');
      return patched(state, { ablations: state.ablations.filter((a) => a.head !== head), trace: '' });
    } },
  { id: 'ablate.clear', title: 'Remove every ablation', enabled: canAblate, name: () => 'no ablation',
    run: (state) => patched(state, { ablations: [], trace: '' }) },
  { id: 'details.toggle', title: 'Open a head beside the grid', enabled: needTrace, options: () => [],
    name: (_b, s) => (s.details.length > 0 ? `open ${names(s.details)}` : 'close the detail'),
    run: withStack((state, stack, args) => {
      const [head] = existing([textArg(args, 'head')], stack) as [string];
      const open = state.details;
      const details = open.includes(head) ? open.filter((d) => d !== head) : args['add'] === true ? [...open, head].slice(-MAX_DETAILS) : [head];
      // What is opened is the head that inspector, matrix and neuron view go on with (decision 083).
      return patched(state, args['add'] !== true && details.length > 0 ? { details, heads: [head] } : { details });
    }) },
  { id: 'details.clear', title: 'Close the heads beside the grid', name: () => 'close the details', run: (state) => patched(state, { details: [] }) },
  { id: 'grid.set', title: 'Layers and heads of the grid', coalesce: true, options: () => [], name: () => 'layers and heads of the grid',
    run: (state, _f, args) => {
      const one = (name: 'layers' | 'heads', now: string): string => {
        const value = args[name] === undefined ? now : textArg(args, name).replace(/\s/g, '');
        return parseRanges(value) ? value : bad(`${name} '${value}'`, 'numbers like 0-3,7');
      };
      return patched(state, { gridLayers: one('layers', state.gridLayers), gridHeads: one('heads', state.gridHeads) });
    } },
  { id: 'article.show', title: 'Article pattern', enabled: needTrace, name: articleName,
    options: () => ARTICLE.map((p) => ({ title: `Article pattern ${p.number}: ${p.title} (${p.head})`, args: { number: p.number } })),
    run: (state, facts, args) => showArticle(state, facts, intArg(args, 'number'), args['word'] === true) },
  { id: 'article.next', title: 'Next article pattern', keys: 'P', enabled: needTrace, name: articleName, run: articleStep(1) },
  { id: 'article.previous', title: 'Previous article pattern', keys: 'Shift+P', enabled: needTrace, name: articleName, run: articleStep(-1) },
];
