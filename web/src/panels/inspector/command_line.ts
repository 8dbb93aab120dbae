// The command that makes the picture again (docs/design: one vocabulary for link and command line).

import { ablationsText, toLink } from '../../base/link';
import { DEFAULT_STATE, type ViewState } from '../../base/state';

/** One word of a POSIX shell. */
export function shellQuote(text: string): string {
  return text !== '' && /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a trace is made from: the texts and a model, or a file ("demo": the built-in one). */
export interface CommandSource {
  model: string;
  file?: string;
  /** The second text is the target of an encoder–decoder. */
  target?: boolean;
  /** File of the picture that stands in the place of the texts. */
  image?: string;
}

/** Kinds of figures; other views (corpus) are drawn as the selected heads. */
const FIGURES = ['head', 'model', 'neuron', 'matrix', 'compare'];
/** Parts of the state that a figure obeys and that have no option of their own: the link says them. */
const IN_LINK_ONLY = ['zoom', 'gridLayers', 'gridHeads', 'pool', 'thumb', 'neurons', 'keyRows', 'marked'] as const;

/** The ends of the chosen link stand for the pins of their sides. Twin of neuron_pins (src/figure/app_keys.cc). */
function neuronPins({ selection: { q, k }, pins }: ViewState): string[] {
  const others = pins.filter((pin) => (pin.startsWith('q') ? q : k) === null);
  return [...(q === null ? [] : [`q${q}`]), ...(k === null ? [] : [`k${k}`]), ...others];
}

/** Nothing is chosen to compare with. */
function isNothing({ trace, model, textA, ablations }: ViewState['right']): boolean {
  return trace === '' && model === null && textA === null && ablations === null;
}

/**
 * What `headscope render` draws as the view shows it. Twin of figure_command (src/figure/command.cc). null where the command
 * line has no name for it: a comparison with a trace that is open here.
 */
export function commandLine(s: ViewState, source: CommandSource): string | null {
  const kind = FIGURES.includes(s.view) && !(s.view === 'compare' && isNothing(s.right)) ? s.view : 'head';
  if (kind === 'compare' && s.right.trace !== '') return null;
  if (IN_LINK_ONLY.some((field) => JSON.stringify(s[field]) !== JSON.stringify(DEFAULT_STATE[field]))) {
    const file = source.file ? ['--trace', shellQuote(source.file)] : source.image ? ['--image', shellQuote(source.image)] : [];
    return ['headscope', 'render', '--state', shellQuote(toLink({ ...s, model: source.model })), ...file, '-o', 'fig.svg'].join(' ');
  }
  const parts = ['headscope', 'render', kind];
  const option = (name: string, value: string | number): void => { parts.push(`--${name}`, shellQuote(String(value))); };
  const textParts = (): void => {
    parts.push(shellQuote(s.textA));
    if (s.textB !== null && source.target) option('target', s.textB);
    else if (s.textB !== null) parts.push(shellQuote(s.textB));
  };
  if (source.file) option('trace', source.file);
  else {
    if (source.image) option('image', source.image);
    else textParts();
    if (s.generate > 0) option('generate', s.generate);
    parts.push('-m', shellQuote(source.model));
    if (s.masked.length > 0) option('masked', s.masked.join(','));
    if (s.ablations.length > 0) option('ablate', ablationsText(s.ablations));
    if (s.precision !== 'f32') option('precision', s.precision);
  }
  if (kind === 'compare') {
    const { model, textA, textB, ablations } = s.right;
    if (model !== null) option('with-model', model);
    if (textA !== null) parts.push('--with-text', ...[textA, ...(textB === null ? [] : [textB])].map(shellQuote));
    if (ablations !== null) option('with-ablate', ablationsText(ablations));
  }
  option('heads', s.heads.join(','));
  const pins = kind === 'neuron' ? neuronPins(s) : s.pins;
  if (pins.length > 0) option('pin', pins.join(','));
  const differs = <K extends keyof ViewState>(field: K, name: string): void => { if (s[field] !== DEFAULT_STATE[field]) option(name, String(s[field])); };
  differs('attention', 'attention');
  differs('stack', 'stack');
  differs('special', 'special');
  if (s.renorm) parts.push('--renorm');
  differs('combine', 'combine');
  differs('quantity', 'quantity');
  option('threshold', s.threshold);
  if (s.topk !== null) option('topk', s.topk === 0 ? 'off' : s.topk);
  differs('scale', 'scale');
  differs('colours', 'colours');
  differs('panels', 'panels');
  if (s.words) parts.push('--words');
  if (s.theme === 'light' || s.theme === 'dark') option('theme', s.theme);
  parts.push('-o', 'fig.svg');
  return parts.join(' ');
}
