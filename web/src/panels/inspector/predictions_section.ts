// Inspector: what the model puts in the pinned place, and what ablation does to that.

import { html, nothing, type TemplateResult } from 'lit';
import type { Prediction } from '../../api/engine';
import { tokenText } from '../../ui/axes';
import { css$ } from '../../ui/css_directive';
import { inlineCode } from '../../ui/inline_code';
import { I } from '../../base/words/inspector';

export const TOP_PREDICTIONS = 5;

export interface PredictionsProps {
  /** true, or why not. */
  can: true | string;
  /** With the ablations of the run, and without them (undefined = there are none). */
  now: readonly Prediction[] | undefined;
  before: readonly Prediction[] | undefined;
  busy: boolean;
  hint: string;
}

/** "0.418", "2.1e−5" */
export function probability(p: number): string { return p >= 0.001 || p === 0 ? p.toFixed(3) : p.toExponential(1).replace('e-', 'e−'); }

export function predictionsSection(p: PredictionsProps): TemplateResult {
  if (p.can !== true) return html`<p class="muted small">${inlineCode(p.can)}</p>`;
  // An older answer is shown as stale; that there was none says nothing about this token.
  if (!p.now || (p.busy && p.now.length === 0)) return html`<p class="small ${p.busy ? 'muted' : ''}" role="status">${p.busy ? I.predicting : p.hint}</p>`;
  if (p.now.length === 0) return html`<p class="small">${p.hint}</p>`;
  return html`${p.now.map((one) => place(one, p.before?.find((b) => b.position === one.position), p.busy))}`;
}

function place(now: Prediction, before: Prediction | undefined, stale: boolean): TemplateResult {
  const known = new Map(before?.predictions.map((b) => [b.id, b.probability]));
  const word = tokenText(now.token);
  return html`<table class="predictions ${stale ? 'stale' : ''}" aria-label=${I.predictionsAt(now.position)}>
    <thead><tr>${[now.next ? I.afterPlace(now.position) : I.atPlace(now.position),
      ...(before ? [I.allHeads, I.withAblation] : [I.probability])].map((name) =>
      html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${now.predictions.slice(0, TOP_PREDICTIONS).map((x) =>
      html`<tr class=${x.id === now.id ? 'own' : ''}><th scope="row"><bdi dir="auto">${tokenText(x.token)}</bdi></th>
      ${before ? html`<td>${known.has(x.id) ? probability(known.get(x.id) as number) : `< ${probability(Math.min(...known.values()))}`}</td>` : nothing}
      <td class="bar"><i ${css$({ '--w': x.probability.toFixed(4) })}></i><span>${probability(x.probability)}</span></td></tr>`)}</tbody></table>
    ${before || now.next ? nothing : now.predictions.some((x) => x.id === now.id) ? nothing
      : html`<p class="small">“<bdi>${word}</bdi>${I.itself(probability(now.probability))}</p>`}`;
}

/** "“store”: 0.418 without ablation, 0.391 with it: ln p −0.067." */
export function changeText(word: string, before: number, after: number): string {
  const nats = Math.log(after) - Math.log(before);
  return I.change(word, probability(before), probability(after), Number.isFinite(nats) ? `${nats >= 0 ? '+' : '−'}${Math.abs(nats).toFixed(3)}` : '');
}

export interface WordEffect { position: number; token: string; before: number; after: number; nats: number }

/** The words whose log-probability moves most, largest change first. */
export function wordEffects(before: readonly Prediction[], after: readonly Prediction[]): WordEffect[] {
  const then = new Map(before.map((p) => [p.position, p]));
  return after.flatMap((p): WordEffect[] => {
    const b = then.get(p.position);
    return b ? [{ position: p.position, token: p.token, before: b.probability, after: p.probability,
      nats: Math.log(p.probability) - Math.log(b.probability) }] : [];
  }).sort((a, b) => Math.abs(b.nats) - Math.abs(a.nats));
}
