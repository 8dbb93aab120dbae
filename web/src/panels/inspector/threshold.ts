// Which of the core's numbers is a label's line. The rule itself is the core's (docs/patterns.md);
// this only finds the number to print beside the score.

import type { Scope } from '../../base/state';

const NAMES: Readonly<Record<string, string>> = { 'same-word': 'same-word.including', 'other-sentence': 'other-sentence.across' };

export function headLine(label: string, thresholds: Readonly<Record<string, number>> | null, tokens: number, scope: Scope, sentences: number): number | null {
  if (!thresholds) return null;
  const short = label === 'sep' && tokens < (thresholds['short-tokens'] ?? 0);
  const oneText = label === 'predictive' && (scope === 'input' || sentences < (thresholds['predictive.sentences'] ?? 0));
  const name = short ? 'sep.short' : oneText ? 'predictive.one-text' : NAMES[label] ?? label;
  return thresholds[name] ?? null;
}
