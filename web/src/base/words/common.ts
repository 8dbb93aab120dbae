// Words that several panels and views say.

/** "1 head", "2 heads". */
export function counted(count: number, one: string, many: string): string { return `${count.toLocaleString('en')} ${count === 1 ? one : many}`; }

export const W = {
  loading: 'Loading…',
  updating: 'Updating…',
  retry: 'Retry',
  caution: 'Attention shows routing, not cause. Use Ablate to test an effect.',
  mixed: 'Nothing that was computed is above its threshold.',
  copied: 'Copied',
  notCopied: 'Not allowed',
  copiedSpoken: ', copied',
  notCopiedSpoken: ', the browser does not allow it',
  words: (count: number): string => counted(count, 'word', 'words'),
  heads: (count: number): string => counted(count, 'head', 'heads'),
  /** "L2H0, L2H6", "5 heads". */
  headNames: (heads: readonly string[], most = 3): string => (heads.length > most ? `${heads.length} heads` : heads.join(', ')),
  ablatedModes: { zero: 'zero', mean: 'mean', uniform: 'uniform' },
} as const;

const MODEL = 'needs the model; this file holds only a trace. Run: headscope serve -m DIR';
/** Why a capability that nobody named is missing. */
export const NOT_ABLE = {
  run: `Running a text ${MODEL}`, ablate: `Ablation ${MODEL}`, generate: `Generating ${MODEL}`, predict: `Prediction ${MODEL}`,
  corpus: 'There are no corpus statistics. Run: headscope analyze FILE -o R.json, then: headscope serve --corpus R.json',
  figure: 'Figures need the headscope server.',
} as const;
