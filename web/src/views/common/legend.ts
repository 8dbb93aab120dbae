// The colour ramp with its ends in numbers.

import { html, nothing, type TemplateResult } from 'lit';
import { V } from '../../base/words/views';
import type { ColourLegend } from '../../ui/colours';
import { css$ } from '../../ui/css_directive';
import { rampStops, type RampTheme } from '../../ui/ramps';

export function rampLegend(l: ColourLegend, theme: RampTheme): TemplateResult {
  const stops = rampStops(theme, l.signed ? 'signed' : 'weight').join(', ');
  return html`<span class="legend" data-testid="legend" role="img"
    aria-label=${V.colours(l.title, l.from, l.to, l.note)}>${l.title} ${l.from}
    <i class="ramp" ${css$({ background: `linear-gradient(to right, ${stops})` })}></i>${l.to}${l.note ? html` <span
      class="muted">(${l.note})</span>` : nothing}</span>`;
}
