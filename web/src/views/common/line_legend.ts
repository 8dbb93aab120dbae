// What lines of 0.1, 0.5 and 1 look like in the scale that is chosen, with the values that they stand for.

import { html, nothing, type TemplateResult } from 'lit';
import { isSigned, QUANTITY_WORDS } from '../../base/quantities';
import { V } from '../../base/words/views';
import { css$ } from '../../ui/css_directive';
import { exact4, strength } from '../../ui/ink';
import type { ViewSettings } from '../../ui/types';

const SAMPLES = [0.1, 0.5, 1];

export interface LineInk {
  /** CSS pixels and 0…1 of a line of strength s. */
  width: (s: number) => number;
  opacity: (s: number) => number;
}

/** largest: what ink is relative to, 1 for weights; null: each head's own largest. */
export function lineLegend({ scale, quantity }: Pick<ViewSettings, 'scale' | 'quantity'>, largest: number | null, ink: LineInk): TemplateResult {
  const one = QUANTITY_WORDS[quantity].one + (largest === null ? V.ofOwnLargest : '');
  const of = largest ?? 1;
  // Ink shows |x| / largest: the numbers beside the samples are values, the largest is printed.
  const whole = of === 1 ? '' : `, largest |x| shown ${exact4(of)}`;
  const sample = (v: number): string => (of === 1 ? String(v) : exact4(v * of));
  const signed = isSigned(quantity);
  const line = (v: number): TemplateResult => {
    const s = strength(v, scale, 1);
    return html`<span><i ${css$({ height: `${ink.width(s)}px`, opacity: ink.opacity(s) })}></i>${sample(v)}</span>`;
  };
  return html`<span class="samples" data-testid="legend" role="img"
    aria-label=${V.legend(one, SAMPLES.map(sample).join(', '), whole, scale, signed)}>
    <span>${one}</span>${SAMPLES.map(line)}${of === 1 ? nothing : html`<span>(${V.largestShown})</span>`}
    ${signed ? html`<span><i class="negative"></i>${V.negative}</span>` : nothing}</span>`;
}
