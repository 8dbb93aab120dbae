// The article's six patterns, one click each, where they mean something: on the weights of
// bert-base-uncased. Elsewhere: the best head of each pattern, by the core's scores.

import { html, nothing, type TemplateResult } from 'lit';
import { ARTICLE, ARTICLE_FINGERPRINT, findToken } from '../../base/article';
import { labelInfo, type LabelInfo } from '../../base/labels';
import type { TraceInfo } from '../../base/trace_info';
import { scoreValue, summaryName, type HeadSummary } from '../common/summary';
import { score2 } from '../common/wording';

export function isArticleModel(trace: TraceInfo | undefined): boolean { return trace?.model.fingerprint === ARTICLE_FINGERPRINT; }

/** The article's six, as labels. */
const PATTERN_LABELS = ['next', 'previous', 'same-word', 'other-sentence', 'predictive', 'sep'];

export interface BestHead { info: LabelInfo; head: string; score: number; labelled: boolean }

/** The head with the highest score of each pattern; a head that bears the label comes first. */
export function bestHeads(summaries: readonly HeadSummary[] | null): BestHead[] {
  return PATTERN_LABELS.flatMap((name): BestHead[] => {
    const info = labelInfo(name);
    let best: BestHead | null = null;
    for (const s of summaries ?? []) {
      const score = scoreValue(s, info.score);
      if (score === null) continue;
      const labelled = s.labels.includes(name);
      if (!best || (labelled && !best.labelled) || (labelled === best.labelled && score > best.score)) best = { info, head: summaryName(s), score, labelled };
    }
    return best ? [best] : [];
  });
}

export interface StripOptions {
  trace: TraceInfo | undefined;
  summaries: readonly HeadSummary[] | null;
  heads: readonly string[];
  pins: readonly string[];
  show: (number: number, word: boolean) => void;
  select: (head: string) => void;
}

export function articleStrip(o: StripOptions): TemplateResult | typeof nothing {
  if (!o.trace) return nothing;
  return isArticleModel(o.trace) ? article(o, o.trace) : best(o);
}

const alone = (o: StripOptions, head: string): string => (o.heads.length === 1 && o.heads[0] === head ? 'true' : 'false');

function article(o: StripOptions, trace: TraceInfo): TemplateResult {
  return html`<div class="strip" role="group" aria-label="The article’s patterns">${ARTICLE.map((p) => {
    const token = findToken(trace, p.word, p.occurrence);
    const nth = p.occurrence > 0 ? '²' : '';
    return html`<span class="group"><button data-testid="article-${p.number}" aria-pressed=${alone(o, p.head)} title="Pattern ${p.number}: ${p.title}, ${p.head}" aria-label="Pattern ${p.number}, ${p.title}, head ${p.head}" @click=${() => { o.show(p.number, false); }}>${p.number}</button
      ><button class="word" data-testid="article-${p.number}-word" aria-disabled=${token === null ? 'true' : 'false'} aria-pressed=${token !== null && o.pins.includes(`q${token}`) && alone(o, p.head) === 'true' ? 'true' : 'false'}
        title=${token === null ? `“${p.word}” is not in this text` : `Pin ${p.occurrence > 0 ? 'the second ' : ''}“${p.word}” in ${p.head}`} aria-label="${p.word}${nth}, the word of pattern ${p.number}"
        @click=${() => { if (token !== null) o.show(p.number, true); }}>${p.word}${nth}</button></span>`;
  })}</div>`;
}

function best(o: StripOptions): TemplateResult {
  const heads = bestHeads(o.summaries);
  if (heads.length === 0 && o.summaries !== null) return html``;
  if (heads.length === 0) return html`<p class="muted small">Best head per pattern: computing…</p>`;
  return html`<div class="strip" role="group" aria-label="Best head per pattern">${heads.map((b, i) => html`<button data-testid="best-${i + 1}" class=${b.labelled ? '' : 'muted'} aria-pressed=${alone(o, b.head)}
    title="${b.info.words}: ${b.head}, ${score2(b.score)}${b.labelled ? '' : ', below the threshold'}" aria-label="Best head for ${b.info.words}: ${b.head}, ${score2(b.score)}" @click=${() => { o.select(b.head); }}><b aria-hidden="true">${b.info.glyph}</b> ${b.head}</button>`)}</div>`;
}
