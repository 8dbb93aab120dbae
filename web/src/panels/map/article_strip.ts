// The article's six patterns, one click each, where they mean something: on the weights of
// bert-base-uncased. Elsewhere: the best head of each pattern, by the core's scores. Each chip says
// the pattern's name and how much of it there is on this text.

import { html, nothing, type TemplateResult } from 'lit';
import { ARTICLE, ARTICLE_FINGERPRINT, findToken, type ArticlePattern } from '../../base/article';
import { labelInfo, labelWords, type LabelInfo } from '../../base/labels';
import type { Scope } from '../../base/state';
import type { TraceInfo } from '../../base/trace_info';
import { byName, evidenceKey, scoreValue, summaryName, type EvidenceMap, type HeadSummary } from '../common/summary';
import { score2 } from '../common/wording';
import { M } from '../../base/words/map';

export function isArticleModel(trace: TraceInfo | undefined): boolean { return trace?.model.fingerprint === ARTICLE_FINGERPRINT; }

/** The article's six, as labels; where heads rest, [CLS] may stand for [SEP]. */
const PATTERN_LABELS = ['next', 'previous', 'same-word', 'other-sentence', 'predictive', 'sep', 'cls'];
/** What heads of causal models are known for: no word looks ahead, and they rest on the first token. */
const CAUSAL_LABELS = ['previous', 'same-word', 'duplicate', 'induction', 'first-token', 'punctuation'];

export interface BestHead { info: LabelInfo; head: string; score: number; labelled: boolean }

/** The head with the highest score of each pattern; a head that bears the label comes first. */
export function bestHeads(summaries: readonly HeadSummary[] | null, causal = false): BestHead[] {
  return (causal ? CAUSAL_LABELS : PATTERN_LABELS).flatMap((name): BestHead[] => {
    const info = labelInfo(name);
    if (info.name !== name) return [];
    let best: BestHead | null = null;
    for (const s of summaries ?? []) {
      const score = scoreValue(s, info.score);
      if (score === null) continue;
      const labelled = s.labels.includes(name);
      if (!best || (labelled && !best.labelled) || (labelled === best.labelled && score > best.score)) best =
        { info, head: summaryName(s), score, labelled };
    }
    return best ? [best] : [];
  });
}

/** Times chance below which a score says nothing: the labelling rule's own (thresholds.cc, "lift"). */
const LEAST_LIFT = 2;

/** Does the best head do it at all? undefined while its evidence is on its way. */
export function aboveChance(best: BestHead, scope: Scope, evidence: EvidenceMap): boolean | undefined {
  if (best.labelled) return true;
  const found = evidence.get(evidenceKey(scope, best.head));
  if (!found) return undefined;
  const score = found.scores[best.info.score];
  // Without a chance level (predictive): 0 is what looking at fixed distances gives.
  return score ? (score.lift === null ? (score.value ?? 0) > 0 : score.lift >= LEAST_LIFT) : false;
}

export interface StripOptions {
  trace: TraceInfo | undefined;
  summaries: readonly HeadSummary[] | null;
  evidence: EvidenceMap;
  scope: Scope;
  causal: boolean;
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

/** ".99", "–": as chips have room for. */
function short(value: number | null): string { return score2(value).replace(/^(−?)0\./, '$1.'); }

function article(o: StripOptions, trace: TraceInfo): TemplateResult {
  const known = byName(o.summaries);
  return html`<p class="caption small muted">${M.article(o.scope === 'corpus')}</p>
    <div class="strip" role="group" aria-label=${M.articleGroup}>${ARTICLE.map((p) =>
      pattern(o, trace, p, scoreValue(known.get(p.head), p.score), known.get(p.head)?.labels.includes(p.label) ?? false))}</div>`;
}

function pattern(o: StripOptions, trace: TraceInfo, p: ArticlePattern, score: number | null, holds: boolean): TemplateResult {
  const token = findToken(trace, p.word, p.occurrence);
  const nth = p.occurrence > 0 ? '²' : '';
  const value = o.summaries === null ? '…' : short(score);
  const name = M.pattern(p.number, p.title, p.head, o.summaries === null ? M.beingMeasured : score === null ? M.notMeasured : score2(score));
  const pinned = token !== null && o.pins.includes(`q${token}`) && alone(o, p.head) === 'true';
  return html`<span class="group"><button class="pattern" data-testid="article-${p.number}" aria-pressed=${alone(o, p.head)} title=${name}
    @click=${() => { o.show(p.number, false); }}
      ><b>${p.number}</b> ${p.short} <span class=${holds ? 'score holds' : 'score'}>${value}</span><span class="hidden">. ${name}</span></button
    >${token === null ? nothing : html`<button class="word" data-testid="article-${p.number}-word" aria-pressed=${pinned ? 'true' : 'false'}
      title=${M.pinWord(p.word, p.occurrence > 0, p.head)} aria-label=${M.wordOf(p.word + nth, p.number)}
      @click=${() => { o.show(p.number, true); }}>${p.word}${nth}</button>`}</span>`;
}

function best(o: StripOptions): TemplateResult {
  const heads = bestHeads(o.summaries, o.causal);
  if (heads.length === 0 && o.summaries !== null) return html``;
  if (heads.length === 0) return html`<p class="muted small">${M.bestComputing}</p>`;
  return html`<p class="caption small muted">${M.best(o.scope === 'corpus')}</p>
    <div class="strip" role="group" aria-label=${M.bestGroup}>${heads.map((b, i) => {
      const above = aboveChance(b, o.scope, o.evidence);
      const words = labelWords(b.info.name, o.causal);
      const what = above === false ? M.noneAbove(words, b.head, short(b.score)) : M.bestOf(words, b.head, score2(b.score));
      if (above === false) return html`<span class="none muted small" data-testid="best-${i + 1}"
        title=${what}><b aria-hidden="true">${b.info.glyph}</b> ${M.none(words)}</span>`;
      return html`<button data-testid="best-${i + 1}" class=${b.labelled ? '' : 'muted'} aria-pressed=${alone(o, b.head)}
        title=${what + (b.labelled ? '' : M.belowThreshold)} @click=${() => { o.select(b.head); }}><b aria-hidden="true">${b.info.glyph}</b>
        <span class="what">${M.short[b.info.name] ?? words} ${b.head}</span> <span
        class=${b.labelled ? 'score holds' : 'score'}>${short(b.score)}</span><span class="hidden">. ${M.bestHeadFor(what)}</span></button>`;
    })}</div>`;
}
