// The matrix view's elements: the bar above, the stage, the lines of numbers below.

import { html, nothing, type TemplateResult } from 'lit';
import { colourLegend } from '../../ui/colours';
import type { RampTheme } from '../../ui/ramps';
import type { ViewSettings } from '../../ui/types';
import { choiceSelect } from '../common/choice_select';
import { rampLegend } from '../common/legend';
import type { CommandArgs } from '../../base/state';
import { V } from '../../base/words/views';
import { marginalRoom } from './matrix_plan';
import { pooledText } from './matrix_words';

export interface MatrixBar {
  settings: ViewSettings;
  theme: RampTheme;
  /** Of the longer axis. */
  tokens: number;
  largest: number;
  level: number;
  brush: boolean;
  /** The view stands alone: what is else in the controls. */
  alone: boolean;
}

export interface BarActs {
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
  brush(): void;
  command(id: string, args?: CommandArgs): void;
}

export function matrixBar(b: MatrixBar, act: BarActs, buttons: TemplateResult): TemplateResult {
  const s = b.settings;
  return html`<div class="bar">
    <button aria-label=${V.zoomIn} @click=${() => { act.zoomIn(); }}>+</button>
    <button aria-label=${V.zoomOut} @click=${() => { act.zoomOut(); }}>−</button>
    <button @click=${() => { act.fit(); }}>${V.fit}</button>
    <button aria-pressed=${b.brush ? 'true' : 'false'} @click=${() => { act.brush(); }}>${V.brush}</button>
    ${choiceSelect({ field: 'colours', value: s.colours, testid: 'colours' }, (value) => { act.command('colours.set', { value }); })}
    ${b.alone ? html`<button aria-pressed=${s.pool === 'mean' ? 'true' : 'false'}
      @click=${() => { act.command('pool.next'); }}>${V.pool(s.pool)}</button>` : nothing}
    ${buttons}
    ${rampLegend(colourLegend(s, b.tokens, b.largest), b.theme)}
    <span>${pooledText(s, b.level)}</span>
    ${marginalRoom(s) > 0 ? html`<span class="muted">${V.marginals}</span>` : nothing}</div>`;
}

export function matrixFoot(status: string): TemplateResult {
  return html`<div class="foot"><span class="readout" data-testid="matrix-cursor"></span><span data-testid="matrix-sides"></span>
    <span data-testid="status-line">${status}</span></div>`;
}
