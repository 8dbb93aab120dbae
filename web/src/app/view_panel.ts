// The middle: tabs, the controls' row, the view, and what stands where the view would be while
// there is nothing to show or something went wrong.

import { css, html, nothing, type TemplateResult } from 'lit';
import { define } from '../ui/define';
import { TABS } from '../base/commands';
import { computedBriefly, computedWords, isExact } from '../base/precision';
import type { TraceEntry } from '../api/engine';
import type { ViewName, ViewState } from '../base/state';
import { S } from '../base/words/shell';
import { css$ } from '../ui/css_directive';
import type { ViewBase } from '../views/common/view_base';
import { failureBox, failureStyles } from './failure_box';
import { ShellElement, shellStyles } from './shell';
import type { Before } from './before';
import { progressText, statusAge } from './progress';
import type { Ink } from '../ui/ink';
import type { RampTheme } from '../ui/ramps';
import '../views';

export class ViewPanel extends ShellElement {
  static override properties = { ...ShellElement.properties, theme: {}, ink: {}, singleKeys: { type: Boolean }, preview: { state: true } };
  static override styles = [shellStyles, failureStyles, css`
    :host { display: flex; flex-direction: column; min-width: 0; min-height: 0; background: var(--hs-bg); }
    .bar { display: flex; align-items: stretch; gap: 4px; padding: 0 8px; border-bottom: 1px solid var(--hs-hairline);
      background: var(--hs-panel); overflow-x: auto; scrollbar-width: none; flex: none; }
    .tabs { display: flex; gap: 2px; flex: 1; }
    [role='tab'] { border: 0; border-radius: 0; background: none; min-height: 32px; padding: 3px 12px; color: var(--hs-muted);
      border-bottom: 2px solid transparent; border-top: 2px solid transparent; }
    [role='tab'][aria-selected='true'] { color: var(--hs-text); font-weight: 600; border-bottom-color: var(--hs-accent); }
    @media (forced-colors: active) { [role='tab'] { border-color: Canvas; } [role='tab'][aria-selected='true'] { border-bottom-color: Highlight; } }
    [role='tab']:focus-visible { outline-offset: -3px; }
    @container (max-width: 420px) { .bar { padding: 0 4px; } [role='tab'] { padding: 4px 7px; } }
    headscope-controls { flex: none; }
    .panel { position: relative; display: flex; flex-direction: column; flex: 1; min-height: 0; }
    .view { display: flex; flex-direction: column; flex: 1; min-height: 0; }
    .view > * { flex: 1; min-height: 0; }
    .made { flex: none; margin: 0; padding: 2px 12px; font-size: .75rem; color: var(--hs-muted); border-top: 1px solid var(--hs-hairline); }
    .exact { display: none; align-self: center; flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
      font-size: .75rem; color: var(--hs-muted); }
    @container (min-width: 1260px) { .exact { display: block; } .of-float32 { display: none; } }
    .stale { --hs-picture-opacity: .6; }
    .progress { position: absolute; inset: 0 0 auto; height: 2px; z-index: 5; background: var(--hs-accent); transform-origin: left; }
    .progress.unknown { width: 30%; }
    .working { position: absolute; inset: 8px 12px auto auto; z-index: 5; display: flex; gap: 10px; align-items: center; padding: 4px 6px 4px 12px;
      border: 1px solid var(--hs-border); border-radius: 8px; background: var(--hs-raised); box-shadow: 0 2px 8px rgb(0 0 0 / .16); }
    .empty { margin: auto; padding: 24px; max-width: 28rem; text-align: center; color: var(--hs-muted); }
    .empty button { margin-top: 12px; }
    @media (prefers-reduced-motion: no-preference) {
      .progress.unknown { animation: slide 1.1s linear infinite; }
    }
    @keyframes slide { from { left: -30%; } to { left: 100%; } }
  `];
  declare theme: RampTheme;
  declare ink: Ink;
  declare singleKeys: boolean;
  /** A head that is only looked at: hovering a chip. */
  declare preview: string | null;
  private tick: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.theme = 'light';
    this.ink = 'screen';
    this.singleKeys = true;
    this.preview = null;
  }

  /** The picture on screen. */
  get view(): ViewBase | null { return this.renderRoot.querySelector<ViewBase>('.view > *'); }

  override render(): TemplateResult {
    const { state, session, problems, onScreen } = this.controller;
    const mild = session.failure?.code === 'HS-STOP';
    return html`<div class="bar"><slot name="start"></slot>
        <div class="tabs" role="tablist" aria-label=${S.views}
          @keydown=${(e: KeyboardEvent) => { this.tabKey(e); }}>${TABS.map((t) => this.tab(t.view, t.title, state.view))}</div>
        ${onScreen.trace && isExact(onScreen.trace) ? html`<span class="exact" data-testid="computed-short"
          title=${computedWords(onScreen.trace)}>${computedBriefly(onScreen.trace)}</span>` : nothing}
        <slot name="end"></slot></div>
      ${this.controls()}
      <div class="panel" role="tabpanel" id="panel" aria-labelledby="tab-${state.view}">
        ${this.progress()}
        ${session.failure ? failureBox(session.failure, this.controller, mild ? 'status' : 'alert') : nothing}
        ${this.hint()}
        ${problems.map((p) => failureBox(p, this.controller))}
        ${onScreen.trace ? html`<div class="view ${session.stale ? 'stale' : ''}"
          aria-busy=${session.stale ? 'true' : 'false'}>${this.picture(onScreen.state)}</div>${this.made(onScreen.trace)}` : this.empty()}
      </div>`;
  }

  /** Under the picture: in what numbers it was computed, and how far they may be off. Of float32 a wide page says it beside the tabs. */
  private made(trace: TraceEntry): TemplateResult | typeof nothing {
    const words = computedWords(trace);
    return words ? html`<p class="made ${isExact(trace) ? 'of-float32' : ''}" data-testid="computed">${words}</p>` : nothing;
  }

  private controls(): TemplateResult {
    const { controller: c } = this;
    return html`<headscope-controls .engine=${c.engine} .trace=${c.trace ?? undefined} .summaries=${c.session.summaries} .corpus=${c.session.corpus}
      .settings=${c.drawn} .theme=${this.theme} .capabilities=${c.capabilities}
      @hs-preview=${(e: CustomEvent<{ head: string | null }>) => { this.preview = e.detail.head; }}></headscope-controls>`;
  }

  private tab(view: ViewName, title: string, current: ViewName): TemplateResult {
    const selected = view === current;
    return html`<button role="tab" id="tab-${view}" data-testid="tab-${view}" aria-selected=${selected ? 'true' : 'false'}
      aria-controls="panel" tabindex=${selected ? 0 : -1} @click=${() => { this.send(`view.${view}`); }}>${title}</button>`;
  }

  private tabKey(event: KeyboardEvent): void {
    const at = TABS.findIndex((t) => t.view === this.controller.state.view);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    const tab = to === undefined ? undefined : TABS[(to + TABS.length) % TABS.length];
    if (!tab) return;
    event.preventDefault();
    this.send(`view.${tab.view}`);
    void this.updateComplete.then(() => { this.renderRoot.querySelector<HTMLElement>(`#tab-${tab.view}`)?.focus(); });
  }

  private picture(state: ViewState): TemplateResult {
    const { controller: c, theme, ink, singleKeys } = this;
    const trace = c.onScreen.trace ?? undefined;
    const settings = this.preview && !state.heads.includes(this.preview) ? { ...state, heads: [this.preview] } : state;
    switch (state.view) {
      case 'model': return html`<headscope-model-view controls="compact" .singleKeys=${singleKeys} .ink=${ink} .engine=${c.engine}
        .trace=${trace} .settings=${state} .labels=${c.labels} .theme=${theme}></headscope-model-view>`;
      case 'neuron': return html`<headscope-neuron-view controls="compact" .singleKeys=${singleKeys} .ink=${ink} .engine=${c.engine}
        .trace=${trace} .settings=${state} .labels=${c.labels} .theme=${theme}></headscope-neuron-view>`;
      case 'matrix': return html`<headscope-matrix-view controls="compact" .singleKeys=${singleKeys} .ink=${ink} .engine=${c.engine}
        .trace=${trace} .settings=${settings} .labels=${c.labels} .theme=${theme}></headscope-matrix-view>`;
      case 'compare': return html`<headscope-compare-view .singleKeys=${singleKeys} .ink=${ink} .engine=${c.engine} .trace=${trace}
        .traces=${c.info?.traces ?? []} .settings=${state} .labels=${c.labels} .theme=${theme}></headscope-compare-view>`;
      case 'corpus': return html`<headscope-corpus-view .engine=${c.engine} .trace=${trace} .summaries=${c.session.summaries}
        .corpus=${c.session.corpus} .settings=${state} .theme=${theme} .overview=${c.info?.corpus ?? null} .evidence=${c.session.evidence}
        .capabilities=${c.capabilities}></headscope-corpus-view>`;
      default: return html`<headscope-head-view controls="compact" .singleKeys=${singleKeys} .ink=${ink} .engine=${c.engine}
        .trace=${trace} .settings=${settings} .labels=${c.labels} .theme=${theme}></headscope-head-view>`;
    }
  }

  /** Why the picture is of another text than the fields, where no error says it. */
  private hint(): TemplateResult | typeof nothing {
    const { session, trace, before } = this.controller;
    if (before.held) {
      return html`<div class="failure mild hint" role="status" data-testid="hint-before"><p>${S.before} ${movedText(before)}</p></div>`;
    }
    const { kind } = session.status;
    if (!trace || !session.stale || session.failure || (kind !== 'manual' && kind !== 'empty')) return nothing;
    if (session.status.kind === 'empty' && session.status.target) {
      return html`<div class="failure mild hint" role="status" data-testid="hint-target"><p>${S.noTarget} <span>${S.stale}</span></p></div>`;
    }
    const [text, id, act, name] = kind === 'empty' ? [S.emptyText, 'use-article', 'text.article', S.useArticle] : [S.runHint, 'run-hint', 'app.run', S.run];
    return html`<div class="failure mild hint" role="status" data-testid="hint-${kind}"><p>${text} <span>${S.stale}</span></p>
      <div class="acts"><button data-testid=${id} @click=${() => { this.send(act); }}>${name}</button></div></div>`;
  }

  private empty(): TemplateResult | typeof nothing {
    const { session, info, state } = this.controller;
    if (session.failure) return nothing;
    if (!info) return html`<div class="empty" role="status">${S.starting}</div>`;
    if (session.status.kind === 'empty' && session.status.target) return html`<div class="empty" role="status">${S.noTarget}</div>`;
    if (state.textA.trim() === '' && session.status.kind !== 'running') {
      return html`<div class="empty">${S.emptyText}<br><button class="primary" data-testid="use-article"
        @click=${() => { this.send('text.article'); }}>${S.useArticle}</button></div>`;
    }
    return html`<div class="empty" role="status">${S.loading}</div>`;
  }

  /** Nothing below 200 ms, a thin bar below 1 s, then what is done with a way to stop it. */
  private progress(): TemplateResult | typeof nothing {
    const { session, uploads: { current } } = this.controller;
    const { status } = session;
    const now = performance.now();
    const age = statusAge(status, now);
    if (current) return working(S.sending(current.name, current.done, current.total), current.total > 0 ? current.done / current.total : null,
      this.stopButton());
    if (status.kind !== 'running' || age < 0.2) return nothing;
    const share = status.total > 0 ? status.done / status.total : null;
    if (session.growing) return working(S.growing(status.done, status.total, age), share, this.stopButton());
    return age < 1 ? working(S.updating, share, nothing) : working(progressText(status, now), share, this.stopButton());
  }

  private stopButton(): TemplateResult {
    return html`<button data-testid="stop" @click=${() => { this.send('app.stop'); }}>${S.stop}</button>`;
  }

  protected override updated(): void {
    const running = this.controller.session.status.kind === 'running';
    if (running) this.tick ??= setInterval(() => { this.requestUpdate(); }, 200);
    else {
      clearInterval(this.tick);
      this.tick = undefined;
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.tick);
    this.tick = undefined;
  }

  /** For the skip link: the picture itself, else the panel's first control. */
  focusView(): void {
    const figure = this.view?.shadowRoot?.querySelector<HTMLElement>('[tabindex="0"]');
    (figure ?? this.renderRoot.querySelector<HTMLElement>('[role=tab][tabindex="0"]'))?.focus();
  }
}
define('headscope-view-panel', ViewPanel);

/** share: of the work that is done; null = not known. Without a way to stop it, it is over in a moment and not read out. */
function working(text: string, share: number | null, stop: TemplateResult | typeof nothing): TemplateResult {
  return html`<div class="progress ${share === null ? 'unknown' : ''}" ${css$(share === null ? {} : { transform: `scaleX(${share})` })}></div>
    <div class="working" role=${stop === nothing ? nothing : 'status'} aria-hidden=${stop === nothing ? 'true' : nothing}>${text}${stop}</div>`;
}

/** "Attention moved by 0.031 nats on average, most in L5H3: 0.210." */
function movedText({ moved, share }: Pick<Before, 'moved' | 'share'>): string {
  if (moved === null) return S.measuring(share);
  if (typeof moved === 'string') return moved;
  const all = [...moved.js].sort((a, b) => b[1] - a[1]);
  const mean = all.reduce((sum, [, v]) => sum + v, 0) / Math.max(1, all.length);
  const { sample } = moved;
  return S.moved(mean, all[0]?.[0] ?? '', all[0]?.[1] ?? 0) + (sample ? S.sampled(sample.queries, sample.of) : '');
}
