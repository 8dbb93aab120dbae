// How one layer turns q·k into weights, and which keys a query of it may see. Layers of a stack differ
// (Gemma alternates between windows and the whole text). Twin of include/headscope/score_rule.h.

export interface MaskInfo {
  kind: 'none' | 'causal' | 'window' | 'dense';
  /** Window: tokens before and after the query that it sees; null = no limit. */
  left: number | null;
  right: number | null;
  /** Keys at and beyond it are padding; null = none. */
  keyLength: number | null;
}

export interface RopeInfo { theta: number; dims: number; interleaved: boolean; inverse_frequencies?: readonly number[] | null }

export interface LayerRule {
  mask: MaskInfo;
  softcap: number | null;
  bias: 'none' | 'distance' | 'dense' | 'alibi';
  rope: RopeInfo | null;
  /** A learned logit that is no key takes a share of every row. */
  sinks: boolean;
}

export const SEES_ALL: MaskInfo = { kind: 'none', left: null, right: null, keyLength: null };
export const CAUSAL: MaskInfo = { ...SEES_ALL, kind: 'causal' };
export const PLAIN_RULE: LayerRule = { mask: SEES_ALL, softcap: null, bias: 'none', rope: null, sinks: false };

/** Keys [first, end) that query `row` sees of `keys`. Dense masks hide keys by numbers of their own. */
export function visibleKeys(mask: MaskInfo, row: number, keys: number): { first: number; end: number } {
  const reach = reachOf(mask);
  const end = Math.min(keys, reach.right === null ? keys : row + reach.right + 1, mask.keyLength ?? keys);
  const first = reach.left === null ? 0 : Math.min(Math.max(0, row - reach.left), end);
  return { first, end };
}

/** Tokens before and after the query; null = no limit. */
function reachOf(mask: MaskInfo): { left: number | null; right: number | null } {
  if (mask.kind === 'causal') return { left: null, right: 0 };
  return mask.kind === 'window' ? { left: mask.left, right: mask.right } : { left: null, right: null };
}

/** Whether some query does not see some key, as far as numbers of tokens tell. */
export function hidesKeys(mask: MaskInfo): boolean {
  const { left, right } = reachOf(mask);
  return left !== null || right !== null || mask.keyLength !== null;
}

/** What several layers hide together: what one of them sees is not hidden. */
export function widest(masks: readonly MaskInfo[]): MaskInfo {
  const most = (numbers: readonly (number | null)[]): number | null =>
    (numbers.length === 0 || numbers.includes(null) ? null : Math.max(...numbers as number[]));
  const reach = masks.map(reachOf);
  const [left, right, keyLength] = [most(reach.map((r) => r.left)), most(reach.map((r) => r.right)), most(masks.map((m) => m.keyLength))];
  if (left === null && right === null) return { ...SEES_ALL, keyLength };
  return left === null && right === 0 ? { ...CAUSAL, keyLength } : { kind: 'window', left, right, keyLength };
}

/** The first token is where causal heads rest: it counts as special there. */
export function firstKeyRests(mask: MaskInfo): boolean { return mask.kind === 'causal' || (mask.kind === 'window' && mask.right === 0); }

const count = (n: number): string => `${n.toLocaleString('en')} token${n === 1 ? '' : 's'}`;

/** "A query sees itself and the 3 tokens before it."; "" where it sees every key. */
export function maskWords(mask: MaskInfo): string {
  const { left, right } = reachOf(mask);
  if (mask.kind === 'dense') return 'A mask of the trace hides some keys.';
  if (left === null && right === null) return '';
  const before = left === null ? 'all tokens' : left === 0 ? '' : `the ${count(left)}`;
  const after = right === null ? 'all tokens after it' : right === 0 ? '' : `the ${count(right)} after it`;
  const parts = ['itself', before && `${before} before it`, after].filter(Boolean);
  return `A query sees ${parts.length === 3 ? `${parts[0]}, ${parts[1]} and ${parts[2]}` : parts.join(' and ')}.`;
}

/** What sets this layer's scores and rows apart; "" where nothing does. */
export function ruleWords(rule: LayerRule): string {
  const bias = { none: '', distance: 'Scores have a bias by distance.', dense: 'Scores have a bias.',
    alibi: 'Scores have a bias that falls with distance (ALiBi).' }[rule.bias];
  const cap = rule.softcap === null ? '' : `Scores are capped at ±${rule.softcap}.`;
  const sink = rule.sinks ? 'A sink, which is no token, takes the rest of each row.' : '';
  return [maskWords(rule.mask), bias, cap, sink].filter(Boolean).join(' ');
}
