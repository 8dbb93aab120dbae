// The compare view: two traces side by side with linked hover, or their difference, beside the heads
// sorted by how far they moved (ui.md §3.5).

import { html, nothing, type TemplateResult } from 'lit';
import type { Comparison, Engine, HeadDelta, TraceEntry } from '../../api/engine';
import { alignedOf, aloneOn, type Aligned } from '../../base/alignment';
import { DEFAULT_STATE, type CommandDetail, type Quantity, type ViewState } from '../../base/state';
import { isCausal, stackOf } from '../../base/trace_info';
import { W } from '../../base/words/common';
import { V } from '../../base/words/views';
import type { Side } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { define } from '../../ui/define';
import { exact4 } from '../../ui/ink';
import { Latest } from '../../ui/latest';
import type { ViewEngine, ViewSettings } from '../../ui/types';
import { choiceSelect } from '../common/choice_select';
import type { TableData } from '../common/data_table';
import { ViewBase } from '../common/view_base';
import type { HeadView } from '../head/head_view';
import '../head/head_view';
import { isChosen, sourceControls, sourceOf, type SourceKind } from './compare_source';
import { compareStyles } from './compare_styles';
import { deltaName, deltaTable, labelChange, sideName, sortedDeltas, summary } from './compare_words';
import { DifferenceEngine } from './difference_engine';
import { rightSide } from './right_side';
import { SAME_TOKENS, differenceMap, paneCommand, paneSettings, rightMap, type TokenMap } from './token_map';

/** Heads in the list before the rest is asked for. */
const LISTED = 150;

interface Pane { name: 'left' | 'right' | 'difference'; trace: TraceEntry; map: TokenMap }

export class CompareView extends ViewBase {
  static override properties = { ...ViewBase.properties, traces: { attribute: false }, kind: { state: true }, listAll: { state: true } };
  static override styles = compareStyles;
  declare engine: Engine | undefined;
  declare trace: TraceEntry | undefined;
  declare settings: ViewState;
  /** Traces that the server holds, to choose from. */
  declare traces: readonly TraceEntry[];
  /** The kind of right side that the user looks at; null = the state's. */
  declare kind: SourceKind | null;
  declare listAll: boolean;
  private readonly rights = new Latest<TraceEntry>(this);
  private readonly comparisons = new Latest<{ left: string; right: string; answer: Comparison; queries: Aligned; keys: Aligned }>(this);
  private reported: unknown;
  private difference: { key: string; engine: DifferenceEngine } | undefined;

  constructor() {
    super();
    this.settings = DEFAULT_STATE;
    this.traces = [];
    this.kind = null;
    this.listAll = false;
  }

  // ---- data ------------------------------------------------------------------------------------

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    super.willUpdate(changed);
    const { engine, trace, settings: s } = this;
    const key = engine && trace && isChosen(s) ? JSON.stringify([trace.id, s.right]) : '';
    this.rights.ask(key, (signal) => rightSide(engine as Engine, trace as TraceEntry, s, { signal, priority: 1 }));
    const right = this.rights.value;
    const compared = right && trace && engine ? JSON.stringify([trace.id, right.id, s.stack]) : '';
    this.comparisons.ask(compared, async (signal) => {
      const [left, other] = [(trace as TraceEntry).id, (right as TraceEntry).id];
      const answer = await (engine as Engine).compare(left, { right: other, stack: stackOf(trace as TraceEntry, s.stack).name }, { signal, priority: 1 });
      return { left, right: other, answer, queries: alignedOf(answer.queries), keys: alignedOf(answer.keys) };
    });
    const error = this.error;
    if (error !== undefined && error !== this.reported) this.report(error);
    this.reported = error;
  }

  private get error(): unknown { return this.rights.error ?? this.comparisons.error; }

  override retry(): void {
    if (this.rights.error !== undefined) this.rights.retry();
    else this.comparisons.retry();
  }

  protected override pendingWork(): boolean { return this.rights.busy || this.comparisons.busy; }

  /** The answer, if it is about what stands on both sides. */
  private get known(): { answer: Comparison; queries: Aligned; keys: Aligned; right: TraceEntry } | null {
    const [right, found] = [this.rights.value, this.comparisons.value];
    return right && found && found.left === this.trace?.id && found.right === right.id ? { ...found, right } : null;
  }

  private get causal(): boolean { return this.trace ? isCausal(stackOf(this.trace, this.settings.stack)) : false; }

  /** Of this pair, with its tiles. */
  private differenceOf(right: TraceEntry, queries: Aligned, keys: Aligned): DifferenceEngine {
    const { trace, engine, settings: s } = this;
    const key = JSON.stringify([trace?.id, right.id, s.stack, shownQuantity(s.quantity)]);
    if (this.difference?.key !== key) {
      const sides = { left: trace as TraceEntry, right, stack: s.stack, queries, keys };
      this.difference = { key, engine: new DifferenceEngine(engine as Engine, sides, shownQuantity(s.quantity)) };
    }
    return this.difference.engine;
  }

  // ---- template --------------------------------------------------------------------------------

  override render(): TemplateResult {
    const { trace, settings: s, known } = this;
    if (!trace) return html``;
    const failure = this.error as { message?: string } | undefined;
    return html`<div data-testid="view-compare" class="hidden"></div>
      ${sourceControls({ state: s, trace, traces: this.traces, kind: this.kind ?? sourceOf(s), choose: (kind) => { this.kind = kind; },
        command: (id, args) => { this.kind = null; this.command(id, args); } })}
      ${failure ? html`<div class="notice" role="alert" data-testid="cmp-error">${failure.message}
        <button @click=${() => { this.retry(); }}>${W.retry}</button></div>` : nothing}
      ${!isChosen(s) ? this.empty() : known ? this.compared(known) : failure ? nothing
        : html`<p class="empty" role="status">${this.rights.busy ? V.runningRight : V.comparing}</p>`}${this.live()}`;
  }

  private empty(): TemplateResult {
    return html`<p class="empty">${V.compareEmpty}</p>`;
  }

  private compared({ answer, right, queries, keys }: NonNullable<CompareView['known']>): TemplateResult {
    const { trace, settings: s } = this;
    const left = trace as TraceEntry;
    return html`<div class="bar">${choiceSelect({ field: 'compareAs', value: s.compareAs, testid: 'cmp-as', title: V.show },
        (value) => { this.command('compareAs.set', { value }); })}
      ${choiceSelect({ field: 'metric', value: s.metric, testid: 'cmp-metric' }, (value) => { this.command('metric.set', { value }); })}
      ${this.tableButton()}
      ${s.compareAs === 'difference' ? html`<span class="key" data-testid="cmp-legend"><span><i></i>${V.moreRight}</span><span><i
        class="less"></i>${V.less}</span></span>` : nothing}</div>
      <div class="body">${this.heads(answer)}
        <div class="panes" @hs-hover=${(e: CustomEvent<{ side: Side; index: number } | null>) => { this.hovered(e); }}>${s.compareAs === 'difference'
          ? this.differencePane(left, right, queries, keys) : html`${this.pane({ name: 'left', trace: left, map: SAME_TOKENS }, sideName(left, right),
            { q: aloneOn(queries, 'left'), k: aloneOn(keys, 'left') })}
          ${this.pane({ name: 'right', trace: right, map: rightMap(queries, keys) }, sideName(right, left),
            { q: aloneOn(queries, 'right'), k: aloneOn(keys, 'right') })}`}</div>
        ${this.sheet()}</div>
      <div class="foot"><span data-testid="status-line">${summary(answer)}</span></div>`;
  }

  private differencePane(left: TraceEntry, right: TraceEntry, queries: Aligned, keys: Aligned): TemplateResult {
    const problem = DifferenceEngine.problem({ left, right, stack: this.settings.stack, queries, keys });
    if (problem !== '') return html`<p class="notice" role="status" data-testid="error-HS-CAP-01">${problem}</p>`;
    const engine = this.differenceOf(right, queries, keys);
    return this.pane({ name: 'difference', trace: engine.trace as TraceEntry, map: differenceMap(queries, keys) },
      `Right less left: ${sideName(right, left)}, less ${sideName(left, right)}`, null, engine);
  }

  private pane(pane: Pane, title: string, alone: HeadView['alone'], engine: ViewEngine = this.engine as Engine): TemplateResult {
    return html`<section class="pane" data-pane=${pane.name} aria-label=${title} @hs-command=${(e: CustomEvent<CommandDetail>) => { this.toLeft(e, pane.map); }}
      @hs-token-menu=${(e: CustomEvent<{ side: Side; token: number; x: number; y: number }>) => { this.menuToLeft(e, pane.map); }}>
      <h3 title=${title}>${title}</h3>
      <headscope-head-view controls="none" .engine=${engine} .trace=${pane.trace} .labels=${this.labels} .theme=${this.theme} .ink=${this.ink}
        .singleKeys=${this.singleKeys} .alone=${alone} .settings=${this.paneState(pane)}></headscope-head-view></section>`;
  }

  private readonly paneStates = new Map<string, { of: unknown[]; settings: ViewSettings }>();
  /** The same object as long as nothing changes: the pane then knows that nothing did. */
  private paneState({ name, trace, map }: Pane): ViewSettings {
    const of = [this.settings, trace.id];
    const held = this.paneStates.get(name);
    if (held && held.of.every((x, i) => x === of[i])) return held.settings;
    const own = paneSettings(this.settings, map);
    const settings: ViewSettings = name === 'difference' ? { ...own, quantity: 'difference', stack: '', combine: 'separate' } : own;
    this.paneStates.set(name, { of, settings });
    return settings;
  }

  private heads(answer: Comparison): TemplateResult {
    const sorted = sortedDeltas(answer.heads, this.settings.metric, this.causal);
    const shown = this.listAll ? sorted : sorted.slice(0, LISTED);
    const mean = this.settings.metric === 'mean';
    const most = Math.max(1e-12, ...sorted.map((d) => (mean ? d.mean_abs : d.js) ?? 0));
    return html`<div class="heads"><table aria-label=${V.byMove}><thead><tr><th scope="col">${V.headColumn}</th><th></th>
        <th scope="col" class="n">${mean ? V.meanColumn : V.jsColumn}</th><th scope="col">${V.labelColumn}</th></tr></thead>
      <tbody>${shown.map((d) => this.row(d, mean ? d.mean_abs : d.js, most))}</tbody></table>
      ${sorted.length > shown.length
        ? html`<button @click=${() => { this.listAll = true; }}>${V.moreHeads(sorted.length - shown.length)}</button>` : nothing}</div>`;
  }

  private row(d: HeadDelta, value: number | null, most: number): TemplateResult {
    const name = deltaName(d);
    const label = labelChange(d, this.causal);
    return html`<tr data-testid="cmp-row-${name}" aria-selected=${this.settings.heads.includes(name) ? 'true' : 'false'}>
      <td><button @click=${(e: MouseEvent) => { this.pick(name, e.ctrlKey || e.metaKey); }}>${name}</button></td>
      <td class="bar-cell"><i ${css$({ width: `${((value ?? 0) / most) * 100}%` })}></i></td>
      <td class="n" data-value=${value ?? nothing}>${value === null ? '–' : exact4(value)}</td>
      <td class=${label.changed ? 'changed' : ''}>${label.text}</td></tr>`;
  }

  // ---- gestures --------------------------------------------------------------------------------

  private pick(head: string, add: boolean): void {
    if (add) this.command('head.toggle', { head });
    else this.command('head.set', { heads: [head] });
  }

  /** A pane's commands speak of its own tokens. */
  private toLeft(event: CustomEvent<CommandDetail>, map: TokenMap): void {
    event.stopPropagation();
    const { id, args = {} } = event.detail;
    const own = paneCommand(id, args, map);
    if (own) this.command(id, own);
    else if (id !== 'place.set') this.speak('This word has no partner on the other side.');
  }

  private menuToLeft(event: CustomEvent<{ side: Side; token: number; x: number; y: number }>, map: TokenMap): void {
    if (map === SAME_TOKENS) return;
    event.stopPropagation();
    const { side, token, x, y } = event.detail;
    const own = map.toLeft(side, token);
    if (own !== null) this.emit('hs-token-menu', { side, token: own, x, y });
  }

  /** What is pointed at on one side is looked at on the other. */
  private hovered(event: CustomEvent<{ side: Side; index: number } | null>): void {
    const { known } = this;
    if (!known || this.settings.compareAs === 'difference') return;
    const from = (event.target as HTMLElement).closest<HTMLElement>('.pane')?.dataset['pane'];
    const map = rightMap(known.queries, known.keys);
    const at = event.detail;
    for (const other of this.renderRoot.querySelectorAll<HTMLElement>('.pane')) {
      if (other.dataset['pane'] === from) continue;
      const token = at && (from === 'left' ? map.toPane(at.side, at.index) : map.toLeft(at.side, at.index));
      other.querySelector<HeadView>('headscope-head-view')?.look(at && token !== null ? { side: at.side, token } : null);
    }
  }

  // ---- table and test API ----------------------------------------------------------------------

  protected override paint(): void { /* The panes draw themselves. */ }

  protected override tableData(): TableData | null {
    const { known } = this;
    return known && deltaTable(known.answer, this.settings.metric, this.causal);
  }

  private panes(): HeadView[] { return [...this.renderRoot.querySelectorAll<HeadView>('headscope-head-view')]; }

  /** Lines of all panes. */
  edges(): ReturnType<HeadView['edges']> { return this.panes().flatMap((pane) => pane.edges()); }

  override async idle(): Promise<void> {
    await super.idle();
    for (const pane of this.panes()) await pane.idle();
  }

  alt(): string { return this.known ? summary(this.known.answer) : ''; }
}
define('headscope-compare-view', CompareView);

/** What a difference can be of: numbers of a head. */
function shownQuantity(quantity: Quantity): Quantity { return quantity === 'norm' || quantity === 'score' ? quantity : 'weight'; }
