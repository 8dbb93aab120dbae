// Inspector: switching heads off, and what that does.

import { html, nothing, type TemplateResult } from 'lit';
import type { Ablation, AblationMode } from '../../base/state';
import { tokenText } from '../../ui/axes';
import { inlineCode } from '../../ui/inline_code';
import { choice } from '../common/choice';
import { probability, type WordEffect } from './predictions_section';
import { I } from '../../base/words/inspector';
import { W } from '../../base/words/common';

const MODES: readonly (AblationMode | 'off')[] = ['off', 'zero', 'mean', 'uniform'];

export interface AblateProps {
  can: true | string;
  heads: readonly string[];
  ablations: readonly Ablation[];
  set: (mode: string) => void;
  remove: (head: string) => void;
  /** Heads whose attention moved most, nats; null = no comparison (reason in `changesNote`). */
  changes: readonly (readonly [string, number])[] | null;
  /** Queries that the changes were measured on, where not on all. */
  sample: { queries: number; of: number } | null;
  changesNote: string;
  select: (head: string) => void;
  /** Of the pinned word: its probability with all heads and without these; "" = not known. */
  wordChange: string;
  effects: readonly WordEffect[] | undefined;
  measuring: boolean;
  measure: (() => void) | null;
}

/** The mode that all selected heads share; 'off' where none is ablated, '' where they differ. */
export function sharedMode(heads: readonly string[], ablations: readonly Ablation[]): string {
  const modes = new Set(heads.map((h) => ablations.find((a) => a.head === h || a.head === h.replace(/H\d+$/, 'H*'))?.mode ?? 'off'));
  return modes.size === 1 ? [...modes][0] as string : '';
}

export function ablateSection(p: AblateProps): TemplateResult {
  const off = p.can === true ? undefined : p.can;
  return html`<div class="row">${choice({ label: I.ablateHeads(p.heads.join(', ')), value: sharedMode(p.heads, p.ablations), choose: p.set,
      options: MODES.map((value) => ({ value, text: I.modes[value][0], title: I.modes[value][1], testid: `ablate-${value}`,
        ...(off ? { enabled: off } : {}) })) })}
      <span class="small muted">${W.headNames(p.heads)}</span></div>
    ${off ? html`<p class="muted small">${inlineCode(off)}</p>` : nothing}`;
}

/** Which heads are off, how far attention moved, and what it does to the words. */
export function effectSection(p: AblateProps): TemplateResult {
  return html`<div class="row" role="group" aria-label=${I.applied}>${p.ablations.map((a) =>
    html`<span class="chip small" data-testid="ablated-${a.head}">${a.head} ${W.ablatedModes[a.mode]}<button type="button"
    aria-label=${I.switchOn(a.head)} @click=${() => { p.remove(a.head); }}>✕</button></span>`)}</div>${effects(p)}`;
}

function effects(p: AblateProps): TemplateResult {
  const moved = p.changes?.filter(([, v]) => v > 1e-7).slice(0, 5) ?? [];
  return html`${p.wordChange ? html`<p class="small" data-testid="prediction-change">${p.wordChange}</p>` : nothing}
    ${p.changes ? html`<div class="small" data-testid="ablate-changes"><span class="muted">${I.movedMost(p.sample)}</span>
      ${moved.length === 0 ? I.nowhere : moved.map(([head, v]) =>
      html`<button type="button" class="small" @click=${() => { p.select(head); }}>${head}
      ${v < 0.001 ? v.toExponential(0) : v.toFixed(3)}</button> `)}</div>`
      : p.changesNote ? html`<p class="muted small">${p.changesNote}</p>` : nothing}
    ${p.effects ? html`<table class="small" data-testid="word-effects"><caption>${I.effectCaption}</caption>
      <thead><tr>${[I.word, I.allHeads, I.withAblation, I.logP].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${p.effects.slice(0, 8).map((e) => html`<tr><th scope="row"><bdi dir="auto">${tokenText(e.token)}</bdi>
        <span class="muted">${e.position}</span></th><td>${probability(e.before)}</td><td>${probability(e.after)}</td><td class=${e.nats < 0
        ? 'down' : 'up'}>${e.nats < 0 ? '−' : '+'}${Math.abs(e.nats).toFixed(3)}</td></tr>`)}</tbody></table>`
      : p.measure ? html`<button type="button" class="small" data-testid="measure-words" aria-disabled=${p.measuring ? 'true' : nothing}
        @click=${() => { if (!p.measuring) p.measure?.(); }}>${p.measuring ? I.measuring : I.measure}</button>` : nothing}`;
}
