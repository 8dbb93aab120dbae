// <headscope-corpus-view>: one head over a corpus, out of a report of `headscope analyze`
// (ui.md §3.6, cards 1, 2, 3 and 5). Beside the inputs of every panel: `corpus` (the report's
// summaries) and `overview` (the report without its heads). The whole head is asked of the engine.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import type { CorpusAnswer, CorpusOverview } from '../../api/engine';
import { labelInfo } from '../../base/labels';
import { Latest } from '../../ui/latest';
import { PanelBase } from '../common/panel_base';
import { problem } from '../common/problem';
import { briefOf, byName, type Example, type HeadEvidence, type HeadSummary } from '../common/summary';
import { topLabel } from '../common/wording';
import { exampleCard, grammarCard, labelNames, nearestHeads, scoreCard, targetCard, type GrammarSort } from './corpus_cards';
import { corpusStyles } from './corpus_styles';
import { exampleInput } from './example_text';

const NEAREST = 8;

export class CorpusView extends PanelBase {
  static override properties = { ...PanelBase.properties, corpus: { attribute: false }, overview: { attribute: false }, score: { state: true }, label: { state: true }, grammarSort: { state: true } };
  static override styles = corpusStyles;
  declare corpus: readonly HeadSummary[] | null;
  declare overview: CorpusOverview | null;
  declare score: string;
  declare label: string;
  declare grammarSort: GrammarSort;
  private readonly whole = new Latest<CorpusAnswer>(this);
  private readonly similarity = new Latest<CorpusAnswer>(this);

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
      return;
    }
    this.whole.ask(`${this.overview?.name ?? ''} ${head}`, (signal) => engine.corpus({ question: 'head', head }, { signal, priority: 0 }));
    if (this.overview?.has_similarity) this.similarity.ask(`${this.overview.name} similarity`, (signal) => engine.corpus({ question: 'similarity' }, { signal, priority: 2 }));
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
    return html`<div class="page" data-testid="view-corpus" tabindex="0" role="region" aria-label="Head ${this.head()} over the corpus">
      <header><h2>${this.head()} over ${o?.name ?? 'the corpus'}</h2>
        <span class="muted" data-testid="status-line">${o ? `${o.segments.toLocaleString('en')} segments, ${o.model}` : ''}${this.settings.heads.length > 1 ? ` · first of ${this.settings.heads.length} selected heads` : ''}</span></header>
      ${o?.same_model === false ? html`<p class="warn">This report is of other weights than the trace shown (${o.model}, sha256 ${o.fingerprint.slice(0, 12)}…).</p>` : nothing}
      ${s ? this.cards(s) : html`<p class="muted" role="status">${this.whole.busy ? 'Loading…' : `${this.head()} is not in this report.`}</p>`}
      ${o && o.notes.length > 0 ? html`<details><summary>How to read these numbers</summary><ul>${o.notes.map((n) => html`<li>${n}</li>`)}</ul></details>` : nothing}</div>`;
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
      ${this.similar()}</div>`;
  }

  private similar(): TemplateResult | typeof nothing {
    const answer = this.similarity.value;
    if (answer?.question !== 'similarity') return nothing;
    const near = nearestHeads(answer.heads, answer.js, this.head(), NEAREST);
    const summaries = byName(this.corpus);
    return html`<section class="card wide" aria-labelledby="c6"><h3 id="c6">Heads that attend alike</h3><p class="small muted">Least mean Jensen–Shannon divergence of their rows over the corpus, nats.</p>
      <div class="row">${near.map((h) => html`<button type="button" data-testid="similar-${h.head}" @click=${() => { this.command('head.select', { head: h.head }); }}>${topLabel(summaries.get(h.head), this.causal).info.glyph} ${h.head} <span class="muted">${h.divergence.toFixed(3)}</span></button>`)}</div></section>`;
  }

  private empty(reason: string): TemplateResult {
    return html`<div class="page empty" data-testid="view-corpus"><h2>No corpus yet</h2>
      <p>A corpus shows whether a head does on many texts what it does on this one: label scores with their spread, the words it looks at, its best and worst examples and, for annotated text, which grammatical relations it follows.</p>
      <pre><code>headscope analyze FILE -o R.json
headscope serve --corpus R.json</code></pre>${reason.startsWith('There are no corpus statistics') ? nothing : html`<p class="muted small">${reason}</p>`}</div>`;
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
    return s ? `${this.head()} over ${this.overview?.segments ?? 0} segments: ${top.words}${top.score === null ? '' : `, ${top.score.toFixed(2)}`}.` : '';
  }

  timings(): Record<string, number> { return {}; }
  errors(): { code: string }[] { return this.whole.error ? [{ code: (this.whole.error as { code?: string }).code ?? 'HS-BUG-01' }] : []; }

  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while (this.whole.busy || this.similarity.busy);
  }
}
define('headscope-corpus-view', CorpusView);

const never = (): Promise<never> => Promise.reject(new Error('no question'));
