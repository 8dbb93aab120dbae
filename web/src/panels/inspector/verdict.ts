// The verdict: one of the article's six patterns, what the article says of it, and what was measured
// on the text on screen. P goes on to the next.

import { html, type TemplateResult } from 'lit';
import { ARTICLE, type ArticlePattern } from '../../base/article';
import { labelWords } from '../../base/labels';
import type { Scope } from '../../base/state';
import { scoreValue, type HeadEvidence, type HeadSummary } from '../common/summary';
import { evidenceText, score2 } from '../common/wording';
import { E } from '../../base/words/evidence';

const V = E.verdict;

export interface VerdictProps {
  pattern: ArticlePattern;
  summary: HeadSummary | undefined;
  evidence: HeadEvidence | undefined;
  scope: Scope;
  /** The text has a text B: pattern 4 lives between two. */
  pair: boolean;
  go: (command: 'article.next' | 'article.previous') => void;
}

/** "Holds on this text: 14 of 14 words look most at the next token." */
export function verdictText(p: Omit<VerdictProps, 'go'>): { holds: boolean | null; text: string } {
  const { pattern, summary, evidence } = p;
  const where = p.scope === 'corpus' ? V.onCorpus : V.onText;
  if (!summary) return { holds: null, text: V.measuring };
  const value = scoreValue(summary, pattern.score);
  if (value === null) {
    if (pattern.label === 'predictive') return { holds: null, text: V.notYet(where) };
    return { holds: null, text: pattern.label === 'other-sentence' && !p.pair && p.scope === 'input' ? V.noPair : V.noTwice(where) };
  }
  if (summary.labels.includes(pattern.label)) {
    const counts = evidenceText(pattern.label, evidence?.label_details[pattern.label], false);
    return { holds: true, text: V.holds(where, counts || V.shareOnly(score2(value))) };
  }
  const score = evidence?.scores[pattern.score];
  const chance = score && score.chance !== null ? score2(score.chance) : '';
  const few = summary.too_few.includes(pattern.label) ? V.tooFew : '';
  return { holds: false, text: V.not(labelWords(pattern.label, false), p.scope === 'corpus' ? where : V.here, score2(value), chance) + few };
}

export function verdict(p: VerdictProps): TemplateResult {
  const { pattern, evidence } = p;
  const { holds, text } = verdictText(p);
  const score = evidence?.scores[pattern.score];
  const share = holds === true && score && score.value !== null
    ? V.share(score2(score.value), score.chance === null ? '' : score2(score.chance)) : '';
  return html`<section class="verdict ${holds === null ? '' : holds ? 'holds' : 'not'}" aria-labelledby="h-verdict" data-testid="verdict">
    <div class="title"><h3 id="h-verdict">${V.title(pattern.number, ARTICLE.length, pattern.title)}</h3>
      <div class="row"><button type="button" class="small" data-testid="verdict-previous" aria-label=${V.previous} title="${V.previous} (Shift+P)"
          @click=${() => { p.go('article.previous'); }}>◂</button>
        <button type="button" class="small" data-testid="verdict-next" aria-label=${V.next} title="${V.next} (P)"
          @click=${() => { p.go('article.next'); }}>▸</button></div></div>
    <p class="small">${pattern.says}</p>
    <p class="answer" data-testid="verdict-text"><span aria-hidden="true">${holds === null ? '' : holds ? '✓ ' : '✗ '}</span>${text}${share}</p></section>`;
}
