// <headscope-corpus-view>: one head over a corpus, out of a report of `headscope analyze`
// (ui.md §3.6, cards 1, 2, 3 and 5, and the links of `analyze --links`). Beside the inputs of every panel: `corpus` (the report's
// summaries) and `overview` (the report without its heads). The whole head is asked of the engine.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import type { CorpusAnswer, CorpusOverview } from '../../api/engine';
import { labelInfo } from '../../base/labels';
import { Latest } from '../../ui/latest';
import { PanelBase } from '../common/panel_base';
import { problem } from '../common/problem';
import { briefOf, byName, reportName, type Example, type HeadEvidence, type HeadSummary } from '../common/summary';
import { topLabel } from '../common/wording';
import { exampleCard, grammarCard, labelNames, nearestHeads, scoreCard, targetCard, type GrammarSort } from './corpus_cards';
import { linksCard } from './links_card';
import { corpusStyles } from './corpus_styles';
import { exampleInput } from './example_text';
import { W } from '../../base/words/common';
import { R } from '../../base/words/corpus';

const NEAREST = 8;

export class CorpusView extends PanelBase {
  static override properties = { ...PanelBase.properties, corpus: { attribute: false }, overview: { attribute: false }, score: { state: true },
    label: { state: true }, grammarSort: { state: true } };
  static override styles = corpusStyles;
  declare corpus: readonly HeadSummary[] | null;
  declare overview: CorpusOverview | null;
  declare score: string;
  declare label: string;
  declare grammarSort: GrammarSort;
  private readonly whole = new Latest<CorpusAnswer>(this);
  private readonly similarity = new Latest<CorpusAnswer>(this);
  private readonly links = new Latest<CorpusAnswer>(this);

  constructor() {
    super();
    this.corpus = null;
    this.overview = null;
    this.score = '';
    this.label = '';
    this.grammarSort = 'gain';
  }

  private head(): string { return this.settings.heads[0] ?? ''; }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { engine } = this;
    const head = this.head();
    if (!engine || this.can('corpus') !== true || head === '') {
      this.whole.ask('', never);
      this.similarity.ask('', never);
      this.links.ask('', never);
      return;
    }
    const named = reportName(this.corpus, head);
    this.whole.ask(`${this.overview?.name ?? ''} ${named}`, (signal) => engine.corpus({ question: 'head', head: named }, { signal, priority: 0 }));
    if (this.overview?.has_similarity) this.similarity.ask(`${this.overview.name} similarity`,
      (signal) => engine.corpus({ question: 'similarity' }, { signal, priority: 2 }));
    this.links.ask(this.overview?.has_links ? `${this.overview.name} links` : '', (signal) => engine.corpus({ question: 'links' }, { signal, priority: 2 }));
  }

  /** The report's head, once it has come. */
  private summary(): HeadEvidence | undefined {
    const answer = this.whole.value;
    return answer?.question === 'head' ? answer.head : undefined;
  }

  override render(): TemplateResult {
    const can = this.can('corpus');
    if (can !== true) return this.empty(can);
    if (this.whole.error) return html`<div data-testid="view-corpus">${problem(this.whole.error, () => { this.whole.retry(); })}</div>`;
    const s = this.summary();
    const o = this.overview;
    return html`<div class="page" data-testid="view-corpus" tabindex="0" role="region" aria-label=${R.page(this.head())}>
      <header><h2>${R.title(this.head(), o?.name ?? R.theCorpus)}</h2>
        <span class="muted" data-testid="status-line">${o ? R.status(o.segments, o.model) : ''}${this.settings.heads.length > 1
          ? R.firstOf(this.settings.heads.length) : ''}</span></header>
      ${o?.same_model === false ? html`<p class="warn">${R.otherWeights(o.model, o.fingerprint.slice(0, 12))}</p>` : nothing}
      ${s ? this.cards(s) : html`<p class="muted" role="status">${this.whole.busy ? W.loading : R.notThere(this.head())}</p>`}
      ${o && o.notes.length > 0 ? html`<details><summary>${R.howToRead}</summary><ul>${o.notes.map((n) => html`<li>${n}</li>`)}</ul></details>`
        : nothing}</div>`;
  }

  private cards(s: HeadEvidence): TemplateResult {
    const best = topLabel(briefOf(s), this.causal).info;
    const score = s.scores[this.score] ? this.score : best.score || labelInfo(s.leaning[0] ?? '').score || Object.keys(s.scores)[0] || '';
    const names = labelNames(s);
    const label = names.includes(this.label) ? this.label : names[0] ?? '';
    const words = s.scores['self']?.queries ?? s.scores['sep']?.queries ?? 0;
    return html`<div class="cards">
      ${scoreCard({ corpus: s, input: this.evidenceOf(this.head(), 'input'), score, choose: (v) => { this.score = v; }, causal: this.causal })}
      ${targetCard(s, words)}
      ${exampleCard({ summary: s, label, choose: (v) => { this.label = v; }, can: this.can('run'), load: (e) => { this.load(e); }, causal: this.causal })}
      ${grammarCard(s.grammar, this.grammarSort, (by) => { this.grammarSort = by; })}
      ${this.linked()}${this.similar()}</div>`;
  }

  private linked(): TemplateResult | typeof nothing {
    const answer = this.links.value;
    return answer?.question !== 'links' ? nothing
      : linksCard({ links: answer.links, head: this.head(), stack: this.corpus?.[0]?.stack ?? '',
        select: (head) => { this.command('head.select', { head }); } });
  }

  private similar(): TemplateResult | typeof nothing {
    const answer = this.similarity.value;
    if (answer?.question !== 'similarity') return nothing;
    const summaries = byName(this.corpus);
    // The report compares the heads of one stack; others have no neighbours.
    const near = nearestHeads(answer.heads, answer.js, reportName(this.corpus, this.head()), NEAREST)
      .map((h) => ({ ...h, head: h.head.slice(h.head.lastIndexOf('.') + 1) }));
    if (near.length === 0) return nothing;
    return html`<section class="card wide" aria-labelledby="c6"><h3 id="c6">${R.alike}</h3><p class="small muted">${R.alikeHelp}</p>
      <div class="row">${near.map((h) => html`<button type="button" data-testid="similar-${h.head}"
        @click=${() => { this.command('head.select', { head: h.head }); }}>${topLabel(summaries.get(h.head), this.causal).info.glyph} ${h.head}
        <span class="muted">${h.divergence.toFixed(3)}</span></button>`)}</div></section>`;
  }

  private empty(reason: string): TemplateResult {
    return html`<div class="page empty" data-testid="view-corpus"><h2>${R.none}</h2>
      <p>${R.what}</p>
      <pre><code>${R.commands}</code></pre>${reason.startsWith('There are no corpus statistics') ? nothing
  : html`<p class="muted small">${reason}</p>`}</div>`;
  }

  /** The cited text with the cited word pinned; one undoable step. */
  private load(e: Example): void {
    const input = exampleInput(e);
    if (input) this.command('text.example', { ...input });
  }

  // ---- test API --------------------------------------------------------------------------------

  alt(): string {
    const s = this.summary();
    const top = topLabel(s ? briefOf(s) : undefined, this.causal);
    return s ? R.alt(this.head(), this.overview?.segments ?? 0, top.words, top.score === null ? '' : top.score.toFixed(2)) : '';
  }

  timings(): Record<string, number> { return {}; }
  errors(): { code: string }[] { return this.whole.error ? [{ code: (this.whole.error as { code?: string }).code ?? 'HS-BUG-01' }] : []; }

  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while (this.whole.busy || this.similarity.busy || this.links.busy);
  }
}
define('headscope-corpus-view', CorpusView);

const never = (): Promise<never> => Promise.reject(new Error('no question'));
