// <headscope-map>: every head's label and score, as a map or as a list, with the article's
// patterns, the filter and a strip that shows the head under the pointer (ui.md §2.1).
//
// Beside the inputs of every panel: `corpus` (summaries over a corpus, or null) and `baseline` (the
// same text's trace without ablations, or null): the list then has a column for what changed.

import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { labelWords } from '../../base/labels';
import type { HeadFilter, Scope, SortKey } from '../../base/state';
import { choice } from '../common/choice';
import type { HeadLink } from '../../api/engine';
import { chosenLink } from '../../base/pins';
import { isBlock, sideTokens, stackOf, type TraceInfo } from '../../base/trace_info';
import { tokenText } from '../../ui/axes';
import { problem } from '../common/problem';
import { sharedDivergences, type Moved } from '../common/divergence';
import { Latest } from '../../ui/latest';
import { PanelBase } from '../common/panel_base';
import { panelStyles, tintStyles } from '../common/panel_styles';
import type { HeadSummary } from '../common/summary';
import { Thumbs } from '../common/thumbs';
import { factText, score2 } from '../common/wording';
import { articleStrip } from './article_strip';
import './head_filter';
import './head_list';
import './map_grid';
import { headRows, isFiltering, labelCounts, listOrder, matches, nearest, sortRows, type HeadRow } from './head_rows';
import type { MapGrid } from './map_grid';
import { M } from '../../base/words/map';
import { E } from '../../base/words/evidence';
import { W } from '../../base/words/common';

export class MapPanel extends PanelBase {
  static override properties = { ...PanelBase.properties, corpus: { attribute: false }, baseline: { attribute: false },
    moved: { attribute: false }, hovered: { state: true } };
  declare corpus: readonly HeadSummary[] | null;
  declare baseline: TraceInfo | null;
  /** How far attention moved since the state before, nats a head, while that is looked at. */
  declare moved: ReadonlyMap<string, number> | null;
  declare hovered: string;
  private readonly thumbs = new Thumbs(() => { this.paintThumbs(); });
  private readonly links = new Latest<ReadonlyMap<string, HeadLink>>(this);
  private readonly divergence = new Latest<Moved>(this);
  private leave = 0;

  constructor() {
    super();
    this.corpus = null;
    this.baseline = null;
    this.moved = null;
    this.hovered = '';
  }

  static override styles = [panelStyles, tintStyles, css`
    :host { display: flex; flex-direction: column; gap: 3px; height: 100%; min-height: 0; padding: 4px 8px; background: var(--hs-panel, #f4f6f8);
      overflow: auto; }
    header { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
    h2 { font-size: 13px; margin: 0 auto 0 0; font-weight: 700; white-space: nowrap; }
    header .group button { font-size: 12px; }
    .caption { margin-bottom: -2px; }
    .strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(124px, 1fr)); gap: 3px; }
    .strip .group { display: flex; min-width: 0; }
    .strip .pattern { flex: 1 0 auto; padding: 1px 5px; font-size: 12px; text-align: start; white-space: nowrap; }
    .strip .score { color: var(--hs-muted, #55606e); } .strip .holds { color: var(--hs-ok, #1e6b3a); font-weight: 600; }
    .strip .group > .word { flex: 0 1 auto; min-width: 27px; padding: 1px 4px; font-size: 12px; overflow: hidden; text-overflow: ellipsis;
      white-space: nowrap; }
    .strip .none { padding: 2px 5px; align-self: center; }
    .strip > button { display: flex; align-items: center; gap: 4px; padding: 1px 4px; font-size: 12px; text-align: start; white-space: nowrap; }
    .strip .what { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; } .strip > button .score { flex: none; }
    p { margin: 0; }
    .dot { display: inline-block; width: 6px; height: 6px; border-radius: 50%; background: var(--hs-warn, #8a5a00); vertical-align: middle; }
    .body { flex: 0 1 auto; min-height: 140px; display: flex; flex-direction: column; }
    .list .body { flex: 1 1 260px; min-height: 180px; }
    headscope-map-grid { flex: 0 1 auto; min-height: 0; display: flex; }
    headscope-head-list { flex: 1; min-height: 0; }
    .under { display: grid; grid-template-columns: 44px minmax(0, 1fr); gap: 8px; align-items: start; min-height: 50px;
      border-top: 1px solid var(--hs-hairline, #d5dae1); padding-top: 5px; flex: none; }
    .under canvas { width: 44px; height: 44px; image-rendering: pixelated; border: 1px solid var(--hs-border, #7a8594); background: var(--hs-bg, #fff); }
    .under .row b { font-size: 14px; }
    .under p { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; font-size: 12px; }
    .under .row { justify-content: space-between; flex-wrap: nowrap; }
  `];

  private get scopeShown(): Scope { return this.settings.scope === 'corpus' && this.corpus ? 'corpus' : 'input'; }
  private shown(): readonly HeadSummary[] | null { return this.scopeShown === 'corpus' ? this.corpus : this.summaries; }

  private rows(): HeadRow[] {
    const { stack, settings: s } = this;
    if (!stack) return [];
    const corpus = s.scope === 'corpus' && this.corpus !== null;
    return headRows(stack, this.shown(), { causal: this.causal, filter: s.filter, other: corpus ? this.summaries : this.corpus, otherName: corpus
      ? M.thisInput : M.corpus, links: this.linkOf() });
  }

  /** The weights of the chosen link, where heads are ranked by it. */
  private linkOf(): ReadonlyMap<string, HeadLink> | undefined {
    return this.settings.ranking === 'link' ? this.links.value : undefined;
  }

  /** What tints the map in the labels' place: how far each head moved, relative to the most; or the chosen link. */
  private values(): ReadonlyMap<string, number> | null {
    if (this.moved) {
      const most = Math.max(1e-12, ...this.moved.values());
      return new Map([...this.moved].map(([name, v]) => [name, v / most]));
    }
    const links = this.linkOf();
    return links ? new Map([...links].map(([name, l]) => [name, l.weight])) : null;
  }

  private askLink(): void {
    const { engine, trace, settings: s } = this;
    const link = chosenLink(s);
    if (!engine || !trace || !link || s.ranking !== 'link' || isBlock(trace, s.stack)) {
      this.links.ask('', () => Promise.reject(new Error('no question')));
      return;
    }
    const request = { stack: stackOf(trace, s.stack).name, query: link.q, key: link.k, words: s.words };
    this.links.ask(JSON.stringify([trace.id, request]), async (signal) =>
      new Map((await engine.link(trace.id, request, { signal, priority: 0 })).map((l) => [`L${l.layer}H${l.head}`, l])));
  }

  /** What heads are ranked by, and the best of them; or how to choose two words. */
  private linkPart(): TemplateResult | typeof nothing {
    const { trace, settings: s } = this;
    if (s.ranking !== 'link' || !trace) return nothing;
    const clear = html`<button class="small" data-testid="link-clear" aria-label=${M.rankByLabels}
      @click=${() => { this.command('link.clear'); }}>✕</button>`;
    const link = chosenLink(s);
    if (!link) return html`<div class="row small" data-testid="link"><span>${M.chooseLink}</span>${clear}</div>`;
    const word = (side: 'q' | 'k', at: number): TemplateResult =>
      html`<b><bdi>“${tokenText(sideTokens(trace, s.stack, side).tokens[at] ?? '')}”</bdi></b> (${at})`;
    const best = [...this.links.value ?? []].slice(0, 5);
    return html`<div class="small" data-testid="link"><div class="row"><span>${M.headsBy}${word('q', link.q)} →
      ${word('k', link.k)}${s.words ? M.wholeWords : ''}</span>${clear}</div>
      ${this.links.error ? problem(this.links.error, () => { this.links.retry(); }) : this.links.value === undefined
        ? html`<p class="muted" role="status">${M.ranking}</p>`
        : html`<div class="row">${best.map(([name, l]) => html`<button class="small" title=${M.linkRank(String(l.rank ?? '–'), score2(l.chance))}
          @click=${() => { this.command('head.select', { head: name }); }}>${name} ${l.weight.toFixed(3)}</button>`)}</div>`}</div>`;
  }

  override render(): TemplateResult {
    const { settings: s } = this;
    const rows = this.rows();
    const filtering = isFiltering(s.filter);
    const matching = filtering ? rows.filter((r) => matches(r, s.filter)) : rows;
    const kept = filtering ? new Set(matching.map((r) => r.name)) : null;
    const ablated = this.ablated(rows);
    const list = s.map === 'list';
    return html`<header><h2>${list ? M.heads : M.map}</h2>${this.scope()}
        ${choice({ label: M.headsAs, value: s.map, choose: (value) => { this.command('map.set', { value }); },
          options: [{ value: 'map', text: M.asMap, testid: 'map-as-map' }, { value: 'list', text: M.asList, testid: 'map-as-list' }] })}</header>
      ${articleStrip({ trace: this.trace, summaries: this.shown(), evidence: this.evidence, scope: this.scopeShown, causal: this.causal,
        heads: s.heads, pins: s.pins,
        show: (number, word) => { this.command('article.show', { number, word }); }, select: (head) => { this.command('head.select', { head }); } })}
      ${this.linkPart()}
      <div class="body">${list ? this.list(s.filter.hideOthers && kept ? matching : rows, kept, ablated) : this.grid(rows, kept, ablated)}</div>
      ${this.differing(rows)}
      ${filtering && matching.length === 0 && this.shown() ? this.nothingMatches(rows) : nothing}
      <headscope-head-filter .filter=${s.filter} .counts=${labelCounts(rows)} .kept=${matching.length} .total=${rows.length} .causal=${this.causal}
        .theme=${this.theme}
        @filter=${(e: CustomEvent<Partial<HeadFilter> | null>) => { this.filter(e.detail); }}></headscope-head-filter>
      ${this.strip(rows)}`;
  }

  /** null = no filter. */
  private filter(filter: Partial<HeadFilter> | null): void {
    if (filter) this.command('filter.set', { filter });
    else this.command('filter.clear');
  }

  /** Asked for the list alone, which shows it. */
  private measureChanges(): void {
    const { engine, trace, baseline, settings } = this;
    if (!engine || !trace || !baseline || settings.map !== 'list' || isBlock(trace, settings.stack)) {
      this.divergence.ask('', () => Promise.reject(new Error('nothing to compare')));
    } else this.divergence.ask(`${trace.id} ${baseline.id} ${settings.stack}`, (signal) => sharedDivergences(engine, trace, baseline, settings.stack, signal));
  }

  private scope(): TemplateResult {
    return choice({ label: M.scope, testid: 'scope', value: this.settings.scope, choose: (value) => { this.command('scope.set', { value }); },
      options: [{ value: 'input', text: M.scopeInput[0], title: M.scopeInput[1], testid: 'scope-input' },
        { value: 'corpus', text: M.scopeCorpus[0], title: M.scopeCorpus[1], enabled: this.can('corpus'), testid: 'scope-corpus' }] });
  }

  private grid(rows: HeadRow[], kept: ReadonlySet<string> | null, ablated: ReadonlyMap<string, string>): TemplateResult {
    return html`<headscope-map-grid .rows=${rows} .heads=${this.settings.heads} .ablated=${ablated} .kept=${kept}
      .hideOthers=${this.settings.filter.hideOthers} .values=${this.values()} .theme=${this.theme} .label=${this.gridName(rows)}
      @head-hover=${this.onHover} @head-pick=${this.onPick} @head-open=${this.onOpen}></headscope-map-grid>`;
  }

  private list(rows: HeadRow[], kept: ReadonlySet<string> | null, ablated: ReadonlyMap<string, string>): TemplateResult {
    const { sort } = this.settings;
    const order = listOrder(sort, this.settings.filter, this.settings.ranking);
    const sorted = sortRows(rows, order, { changes: this.divergence.value?.js, kept });
    return html`<headscope-head-list .rows=${sorted} .causal=${this.causal} .heads=${this.settings.heads} .ablated=${ablated} .kept=${kept} .sort=${sort}
      .changes=${this.divergence.value?.js ?? null} .linked=${this.linkOf() !== undefined} .theme=${this.theme}
      @head-hover=${this.onHover} @head-pick=${this.onPick} @head-open=${this.onOpen} @thumbs=${() => { this.paintThumbs(); }}
      @sort-by=${(e: CustomEvent<SortKey[]>) => { this.command('sort.set', { sort: e.detail }); }}></headscope-head-list>`;
  }

  /** Where the two scopes give other labels, in words and as a number. */
  private differing(rows: readonly HeadRow[]): TemplateResult | typeof nothing {
    const count = rows.filter((r) => r.disagrees).length;
    if (count === 0) return nothing;
    return html`<p class="small muted" data-testid="map-differ"><span class="dot"
      aria-hidden="true"></span>${M.differ(count, rows.length, this.scopeShown === 'corpus')}</p>`;
  }

  private gridName(rows: readonly HeadRow[]): string {
    return M.gridName(this.trace?.model.name ?? '', rows.length);
  }

  private nothingMatches(rows: readonly HeadRow[]): TemplateResult {
    const near = nearest(rows, this.settings.filter);
    const { labels, minScore } = this.settings.filter;
    const none = M.noHead(labels.length === 1 && near ? near.info.words : '', minScore > 0 ? minScore.toFixed(2) : '', this.settings.scope);
    return html`<p class="small" role="status">${none}${near ? html`${M.highest(near.row.name, near.info.words, score2(near.score))}
      <button data-testid="filter-show" @click=${() => { this.command('head.select', { head: near.row.name }); }}>${M.showIt}</button>` : nothing}</p>`;
  }

  /** The head under the pointer or the keys, else the first current one: nothing hangs on hover. */
  private strip(rows: readonly HeadRow[]): TemplateResult {
    const name = this.hovered || this.settings.heads[0] || '';
    const row = rows.find((r) => r.name === name);
    if (!row) return html`<div class="under"></div>`;
    const text = row.disagrees ? `${row.disagrees}. ` : '';
    return html`<div class="under" data-testid="map-strip"><canvas data-head=${row.name} width="1" height="1" role="img"
      aria-label=${M.thumbnail(row.name)}></canvas>
      <div><div class="row"><span><b>${row.name}</b>
        ${row.summary ? html`<span aria-hidden="true">${row.info.glyph}</span> ${row.words}${row.score === null ? '' : ` ${score2(row.score)}`}`
        : this.shown() === null ? M.computing : M.noLabel}</span>
        <button class="small" data-testid="map-open" @click=${() => { this.command('head.open', { head: row.name }); }}>${M.open}</button></div>
        <p class="muted">${text}${row.summary ? factText(this.evidenceOf(row.name, this.scopeShown), this.causal) || leaning(row, this.causal)
          : ''}</p></div></div>`;
  }

  private readonly onHover = (e: CustomEvent<{ name: string }>): void => {
    clearTimeout(this.leave);
    const { name } = e.detail;
    // From cell to cell the strip must not flash back to the current head.
    if (name) this.hovered = name;
    else this.leave = window.setTimeout(() => { this.hovered = ''; }, 300);
    this.emit('hs-head-hover', { head: name || null });
  };

  private readonly onPick = (e: CustomEvent<{ name: string; add: boolean }>): void => {
    const { name, add } = e.detail;
    const held = this.settings.heads;
    const rest = held.filter((h) => h !== name);
    const heads = !add ? [name] : rest.length === held.length ? [...held, name] : rest.length > 0 ? rest : held;
    if (heads.length !== held.length || heads.some((h, i) => h !== held[i])) this.command('head.set', { heads });
  };

  private readonly onOpen = (e: CustomEvent<{ name: string }>): void => { this.command('head.open', { head: e.detail.name }); };

  private ablated(rows: readonly HeadRow[]): Map<string, string> {
    const out = new Map<string, string>();
    for (const { head, mode } of this.settings.ablations) {
      const whole = /^L(\d+)H\*$/.exec(head);
      if (!whole) out.set(head, mode);
      else for (const row of rows) if (row.layer === Number(whole[1])) out.set(row.name, mode);
    }
    return out;
  }

  /** Puts the keys on the map: the skip link, and commands that go to a head. */
  focusHead(name: string): void { void this.renderRoot.querySelector<MapGrid>('headscope-map-grid')?.focusHead(name); }

  private paintThumbs(): void {
    const list = this.renderRoot.querySelector('headscope-head-list')?.shadowRoot;
    if (!this.trace) return;
    this.thumbs.paintAll([this.renderRoot, ...(list ? [list] : [])], this.engine, this.trace, this.settings, this.theme);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.askLink();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.measureChanges();
    this.paintThumbs();
  }

  async idle(): Promise<void> {
    do {
      await this.updateComplete;
      await new Promise((r) => requestAnimationFrame(r));
    } while (this.thumbs.busy() || this.links.busy);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.leave);
    this.thumbs.dispose();
  }
}
define('headscope-map', MapPanel);

function leaning(row: HeadRow, causal: boolean): string {
  const s = row.summary;
  if (s && s.labels.length > 0) return s.entropy === null ? '' : E.spread(s.entropy.toFixed(2), s.distance?.toFixed(1) ?? '–');
  return s?.leaning[0] === undefined ? W.mixed : E.nothingLeans(labelWords(s.leaning[0], causal));
}
