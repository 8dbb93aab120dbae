// Inspector: the pinned token's heaviest weights, exactly, and what they leave out.

import { html, type TemplateResult } from 'lit';
import type { RowDetail } from '../../api/engine';
import type { Tokens } from '../../base/trace_info';
import { isOfLayer, QUANTITY_WORDS } from '../../base/quantities';
import type { Quantity } from '../../base/state';
import { css$ } from '../../ui/css_directive';
import { exact4, exact9 } from '../../ui/ink';
import { tokenText } from '../../ui/axes';
import type { Pin } from '../../ui/pins';
import { copyButton } from '../common/copy';
import { I } from '../../base/words/inspector';
import { W } from '../../base/words/common';

export const TOP = 10;

export interface WeightsProps {
  pin: Pin | null;
  /** Head, or "mean of L2H0, L2H6". */
  name: string;
  detail: RowDetail | undefined;
  stale: boolean;
  own: Tokens | undefined;
  other: Tokens | undefined;
  /** "weight", or what is shown in its place. */
  quantity: Quantity;
  suggestions: readonly { index: number; text: string }[];
  choose: (pin: string) => void;
}

export function weightsSection(p: WeightsProps): TemplateResult {
  if (!p.pin) return html`<p class="small">${I.clickWord}${p.suggestions.map((s) =>
    html`<button type="button" class="small" data-testid="suggest-${s.index}"
    @click=${() => { p.choose(`q${s.index}`); }}><bdi>${s.text}</bdi></button> `)}</p>`;
  const { side, token } = p.pin;
  const other = side === 'q' ? 'k' : 'q';
  const word = tokenText(p.own?.tokens[token] ?? '');
  const title = side === 'q' ? html`<bdi>“${word}”</bdi>${I.attendsTo(token)}` : html`${I.attendTo}<bdi>“${word}”</bdi>${I.at(token)}`;
  if (!p.detail) return html`<p class="small">${title}</p><p class="muted small">${W.loading}</p>`;
  const detail = withoutZeros(p.detail, p.quantity);
  const most = Math.max(1e-12, ...detail.top.map((t) => Math.abs(t.value)));
  const scale = p.quantity === 'weight' ? Math.max(1, most) : most;
  return html`<p class="small">${title}${p.quantity === 'weight' ? ''
    : html`<br><span class="muted">${isOfLayer(p.quantity) ? '' : `${QUANTITY_WORDS[p.quantity].one}, `}${p.name}.
    ${QUANTITY_WORDS[p.quantity].rows}</span>`}</p>
    <table class="weights ${p.stale ? 'stale' : ''}" aria-label=${I.heaviest(p.quantity === 'weight', word, p.name)}>
      <thead class="hidden"><tr>${[I.token, I.position, QUANTITY_WORDS[p.quantity].one].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${detail.top.map((t) => html`<tr data-index=${t.index} data-value=${exact9(t.value)}>
        <th scope="row"><button type="button" title=${I.pinAt(t.token, t.index)}
          @click=${() => { p.choose(`${other}${t.index}`); }}><bdi dir="auto">${tokenText(t.token)}</bdi></button></th>
        <td class="muted">${t.index}</td><td class="bar"><i class=${t.value < 0 ? 'negative' : ''}
          ${css$({ '--w': (Math.abs(t.value) / scale).toFixed(4) })}></i><span>${exact4(t.value)}</span></td></tr>`)}</tbody></table>
    <div class="row small"><span data-testid="weights-rest">${restText(detail, side, p.quantity)}</span>${copyButton(I.copyTsv,
      () => weightsTsv(detail, p.other), 'copy-weights')}</div>`;
}

/** Keys that a causal mask hides have no weight: they are counted with the rest. */
export function withoutZeros(detail: RowDetail, quantity: Quantity): RowDetail {
  const top = quantity === 'weight' ? detail.top.filter((t) => t.value !== 0) : detail.top;
  const gone = detail.top.length - top.length;
  return gone === 0 ? detail : { ...detail, top, rest: { ...detail.rest, count: detail.rest.count + gone } };
}

/** "Rest: 9 keys, 0.031" */
export function restText(detail: Pick<RowDetail, 'rest'>, side: 'q' | 'k', quantity: Quantity = 'weight'): string {
  const { count, mass } = detail.rest;
  return count === 0 ? I.nothingLeft : I.rest(count, side === 'q') + (quantity === 'score' ? I.lowerScores : `, ${exact4(mass)}`);
}

/** The whole row, 9 digits: reading it back gives the same float32. */
export function weightsTsv(detail: Pick<RowDetail, 'values' | 'tokens'>, other: Pick<Tokens, 'tokens'> | undefined): string {
  const text = (range: readonly [number, number]): string => (other?.tokens ?? []).slice(range[0], range[1]).join('').replace(/[\t\n\r]/g, ' ');
  return ['index\ttoken\tvalue', ...detail.tokens.map((range, i) => [range[0], text(range), exact9(detail.values[i] ?? 0)].join('\t'))].join('\n');
}
