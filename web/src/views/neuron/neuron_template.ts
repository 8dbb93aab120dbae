// The neuron view's elements: the query's line of words, the titles, and a row for every key.

import { html, nothing, type TemplateResult } from 'lit';
import { ruleWords } from '../../base/layer_rule';
import { sideTokens } from '../../base/trace_info';
import { N } from '../../base/words/neuron';
import { shorten, tokenText } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { exact4, fixed } from '../../ui/ink';
import { longPress } from '../../ui/long_press';
import { rampStops, type RampTheme } from '../../ui/ramps';
import { SIDE_ROLE, sideTitle } from '../../ui/side_title';
import type { TraceInfo, ViewSettings } from '../../ui/types';
import { columnsOf, LINES, questionOf, ROW, type Columns, type NeuronPlan } from './neuron_plan';
import { scoreOf, scoreTitle, SCORE_DECIMALS, WEIGHT_DECIMALS, weightText } from './neuron_words';

/** Queries that have a button; the arrow keys reach the others. */
const QUERIES = 60;

/** What the elements ask of the view. */
export interface NeuronHost {
  readonly expanded: boolean;
  readonly clientWidth: number;
  /** Rows that have elements. */
  window(plan: NeuronPlan): { first: number; end: number };
  keyTitle(): string;
  scrolled(): void;
  showAllKeys(): void;
  chooseQuery(query: number): void;
  chooseKey(key: number): void;
  menu(side: 'q' | 'k', token: number, x: number, y: number): void;
  /** first: index of the canvas's first row; null = the query's row, which belongs to the chosen key. */
  over(event: PointerEvent, plan: NeuronPlan, first: number | null): void;
  pinNeuron(): void;
  queryKey(event: KeyboardEvent, query: number): void;
  key(event: KeyboardEvent, plan: NeuronPlan): void;
}

export function legend(plan: NeuronPlan, theme: RampTheme): TemplateResult {
  const stops = rampStops(theme, 'signed').join(', ');
  const sigmas = N.sigmas(exact4(plan.sigmaVectors), exact4(plan.sigmaProducts));
  return html`<span class="legend" data-testid="nv-legend" role="img"
    aria-label=${N.legend(sigmas)} title=${N.colour(sigmas)}>−
    <i class="ramp" ${css$({ background: `linear-gradient(to right, ${stops})` })}></i>+ <span class="muted">${N.scale(sigmas)}</span></span>`;
}

/** The query as a line of words above the table: the chosen one decides every number below. */
export function queries(host: NeuronHost, trace: TraceInfo, s: ViewSettings, plan: NeuronPlan | null): TemplateResult {
  const tokens = sideTokens(trace, s.stack, 'q').tokens;
  const query = questionOf(trace, s)?.query ?? plan?.answer.query ?? 0;
  const first = Math.max(0, Math.min(tokens.length - QUERIES, query - QUERIES / 2));
  const shown = Array.from({ length: Math.min(QUERIES, tokens.length) }, (_, i) => first + i);
  const title = `${sideTitle(trace, s.stack, 'q')}: ${SIDE_ROLE.q}`;
  return html`<div class="queries" role="listbox" aria-orientation="horizontal" aria-label="${title}" data-testid="nv-query" tabindex="0"
    @keydown=${(e: KeyboardEvent) => { host.queryKey(e, query); }}><span class="title" role="presentation">${title}</span>
    ${shown.map((i) => html`<div role="option" aria-selected=${i === query ? 'true' : 'false'} data-index=${i} title=${N.position(i)}
      @click=${() => { host.chooseQuery(i); }}
      @contextmenu=${(e: MouseEvent) => { e.preventDefault(); host.menu('q', i, e.clientX, e.clientY); }}
      @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { host.menu('q', i, x, y); }); }}><bdi
        dir="auto">${shorten(tokenText(tokens[i] ?? ''), 14)}</bdi></div>`)}</div>`;
}

export function rows(host: NeuronHost, plan: NeuronPlan): TemplateResult {
  const { data, rows: { keys, restKeys, restMass } } = plan;
  const { expanded } = host;
  const c = columnsOf(host.clientWidth, data, expanded);
  const { first, end } = host.window(plan);
  const word = tokenText(plan.queries.tokens[plan.answer.query] ?? '');
  const top = `${first * ROW}px`;
  const note = ruleWords(plan.rule);
  const mark = (where: string, kind: string, left: number): TemplateResult => html`<i class="mark ${kind}" data-mark=${where} data-left=${left}></i>`;
  const marks = (where: string, left: number): TemplateResult => html`${mark(where, '', left)}${plan.rule.rope ? mark(where, 'partner', left) : nothing}`;
  return html`<div class="scroller" tabindex="0" role="group" aria-label=${N.numbersOfKeys}
    ${css$({ '--columns': c.template, '--gap': `${c.gap}px` })}
      @keydown=${(e: KeyboardEvent) => { host.key(e, plan); }} @scroll=${() => { if (keys.length > end - first) host.scrolled(); }}>
    ${titles(host, plan)}
    ${expanded ? html`<div class="line query"><span class="token"><bdi dir="auto">${shorten(word, 12)}</bdi></span>
      <canvas data-testid="nv-q" aria-hidden="true" ${css$({ left: `${c.k}px`, top: '0px' })}
        @pointermove=${(e: PointerEvent) => { host.over(e, plan, null); }} @click=${() => { host.pinNeuron(); }}></canvas>
      ${marks('q', c.k)}</div>` : nothing}
    <div class="rows" role="listbox" aria-label=${host.keyTitle()} ${css$({ height: `${keys.length * ROW}px` })}>
      ${keys.slice(first, end).map((j, i) => line(host, plan, c, j, first + i))}
      ${expanded ? html`
      <canvas data-testid="nv-k" aria-hidden="true" ${css$({ left: `${c.k}px`, top })} @pointermove=${(e: PointerEvent) => { host.over(e, plan, first); }}
        @click=${() => { host.pinNeuron(); }}></canvas>
      <canvas data-testid="nv-prod" aria-hidden="true" ${css$({ left: `${c.products}px`, top })}
        @pointermove=${(e: PointerEvent) => { host.over(e, plan, first); }} @click=${() => { host.pinNeuron(); }}></canvas>
      ${marks('k', c.k)}${marks('prod', c.products)}` : html`
      <canvas data-testid="nv-lines" aria-hidden="true" ${css$({ left: `${LINES.left}px`, top, 'pointer-events': 'none' })}></canvas>`}</div>
    ${restKeys > 0 ? html`<div class="more"><button data-testid="nv-rest"
      @click=${() => { host.showAllKeys(); }}>${N.more(restKeys, exact4(restMass))}</button></div>` : nothing}
    ${data.sink === null ? nothing : html`<div class="more" data-testid="nv-sink" data-value=${data.sink}>${N.sink(fixed(data.sink,
      WEIGHT_DECIMALS))}</div>`}
    ${note === '' ? nothing : html`<div class="more muted" data-testid="nv-rule">${note}</div>`}</div>`;
}

function titles(host: NeuronHost, plan: NeuronPlan): TemplateResult {
  const { data } = plan;
  const query = html`<bdi dir="auto">“${shorten(tokenText(plan.queries.tokens[plan.answer.query] ?? ''), 10)}”</bdi>`;
  if (!host.expanded) return html`<div class="line titles"><span class="n">${N.query} ${query}</span><span></span><span>${N.key}</span><span
    class="n">${N.weight}</span><span></span></div>`;
  return html`<div class="line titles"><span class="n">${host.keyTitle()}</span><span
    data-testid="nv-k-head">${N.vectors}</span><span>${N.products}</span>
    ${data.bias ? html`<span class="n">${N.bias}</span>` : nothing}<span class="n" data-testid="nv-score-head">${scoreTitle(data)}</span><span
      class="n">${N.softmax}</span><span></span></div>`;
}

function line(host: NeuronHost, plan: NeuronPlan, c: Columns, j: number, row: number): TemplateResult {
  const { data } = plan;
  const token = tokenText(plan.keys.tokens[j] ?? '');
  const bias = data.bias?.[j] ?? 0;
  const masked = bias === -Infinity;
  const weight = data.weights[j] ?? 0;
  const score = scoreOf(plan, j);
  const word = html`<span class="${host.expanded ? 'token' : 'after'}"><bdi dir="auto">${shorten(token, 12)}</bdi></span>`;
  return html`<div class="line" role="option" data-key=${j} aria-selected=${j === plan.key ? 'true' : 'false'} aria-posinset=${row + 1}
    aria-setsize=${plan.rows.keys.length}
    title=${`${token} · ${N.position(j)}`} ${css$({ top: `${row * ROW}px` })} @click=${() => { host.chooseKey(j); }}
    @contextmenu=${(e: MouseEvent) => { e.preventDefault(); host.menu('k', j, e.clientX, e.clientY); }}
    @pointerdown=${(e: PointerEvent) => { longPress(e, (x, y) => { host.menu('k', j, x, y); }); }}>${host.expanded
      ? html`${word}<span></span><span></span>
    ${data.bias ? html`<span class="n ${masked ? 'masked' : ''}" data-testid="nv-bias"
      data-value=${bias}>${masked ? '' : fixed(bias, SCORE_DECIMALS)}</span>` : nothing}
    <span class="n" data-testid="nv-score" data-value=${score}><span
      class="hidden">${N.score} </span>${fixed(score, SCORE_DECIMALS)}</span>` : html`<span></span><span></span>${word}`}
    <span class="n" data-testid="nv-softmax" data-value=${weight}><span class="hidden">${N.weightOf} </span>${weightText(weight)}</span>
    <i class="meter" ${css$({ width: `${Math.min(1, weight) * 100}%` })}></i>
    ${c.roomy && host.expanded ? html`<span class="after" aria-hidden="true"><bdi dir="auto">${shorten(token, 16)}</bdi></span>` : nothing}</div>`;
}
