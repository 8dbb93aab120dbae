// The command that makes the picture again (docs/design: one vocabulary for link and command line).

import { ablationsText } from '../../base/link';
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
}

/** The selected heads as `headscope render` draws them, whatever the view; null where it cannot (merged words). */
export function commandLine(s: ViewState, source: CommandSource): string | null {
  if (s.words) return null;
  const parts = ['headscope', 'render', 'head'];
  const option = (name: string, value: string | number): void => { parts.push(`--${name}`, shellQuote(String(value))); };
  if (source.file) option('trace', source.file);
  else {
    parts.push(shellQuote(s.textA));
    if (s.textB !== null && source.target) option('target', s.textB);
    else if (s.textB !== null) parts.push(shellQuote(s.textB));
    if (s.generate > 0) option('generate', s.generate);
    parts.push('-m', shellQuote(source.model));
    if (s.masked.length > 0) option('masked', s.masked.join(','));
    if (s.ablations.length > 0) option('ablate', ablationsText(s.ablations));
  }
  option('heads', s.heads.join(','));
  if (s.pins.length > 0) option('pin', s.pins.join(','));
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
  differs('panels', 'panels');
  if (s.theme === 'light' || s.theme === 'dark') option('theme', s.theme);
  parts.push('-o', 'fig.svg');
  return parts.join(' ');
}
