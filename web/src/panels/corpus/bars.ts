// Small bar charts as SVG: quiet, in the theme's colours, with their numbers as text beside them.

import { nothing, svg, html, type TemplateResult } from 'lit';

export interface BarOptions {
  /** What the chart says, for those who do not see it. */
  label: string;
  /** Text under the first, the middle and the last bar. */
  ticks: readonly [string, string, string];
  /** Where something stands on the axis, 0–1, e.g. the current input. */
  mark?: { at: number; text: string } | null;
  /** Tooltip of a bar. */
  title: (index: number) => string;
  /** Index of a bar to set apart: the query itself at offset 0. */
  accent?: number;
}

const WIDTH = 320;
const HEIGHT = 76;
const AXIS = 16;

export function bars(values: readonly number[], o: BarOptions): TemplateResult {
  const most = Math.max(1e-12, ...values);
  const step = WIDTH / Math.max(1, values.length);
  const height = HEIGHT - AXIS;
  return html`<svg class="bars" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${o.label}>
    ${values.map((v, i) => svg`<rect class=${i === o.accent ? 'bar accent' : 'bar'} x=${(i * step + 0.75).toFixed(2)}
      width=${(step - 1.5).toFixed(2)} y=${(height - (v / most) * (height - 4)).toFixed(2)}
      height=${((v / most) * (height - 4)).toFixed(2)}><title>${o.title(i)}</title></rect>`)}
    <path class="axis" d="M0 ${height}.5H${WIDTH}" />
    ${o.mark ? svg`<g class="mark"><path d="M${(o.mark.at * WIDTH).toFixed(1)} 0V${height}" /><title>${o.mark.text}</title></g>` : nothing}
    <text x="1" y=${HEIGHT - 3}>${o.ticks[0]}</text><text x=${WIDTH / 2} y=${HEIGHT - 3}
      text-anchor="middle">${o.ticks[1]}</text><text x=${WIDTH - 1} y=${HEIGHT - 3} text-anchor="end">${o.ticks[2]}</text></svg>`;
}
