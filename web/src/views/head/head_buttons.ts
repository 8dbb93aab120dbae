// The head view's bar where it stands alone, and the buttons of its panels.

import { html, nothing, type TemplateResult } from 'lit';
import type { CommandArgs } from '../../base/state';
import { sideTokens } from '../../base/trace_info';
import { V } from '../../base/words/views';
import { shorten, tokenText } from '../../ui/axes';
import '../../ui/head_bar';
import { parsePin } from '../../ui/pins';
import type { RampTheme } from '../../ui/ramps';
import { headsOfLayer, parseHead, stackOf, type TraceInfo, type ViewSettings } from '../../ui/types';
import type { Picture } from './head_paint';
import { nearlyFits, overflows } from './layout';

export interface BarActs {
  command(id: string, args?: CommandArgs): void;
  preview(head: string | null): void;
}

export function headBar(trace: TraceInfo | undefined, settings: ViewSettings, theme: RampTheme, acts: BarActs, buttons: TemplateResult): TemplateResult {
  const layer = parseHead(settings.heads[0] ?? '')?.layer ?? 0;
  return html`<div class="bar">
    <headscope-head-bar .layer=${layer} .count=${trace ? headsOfLayer(stackOf(trace, settings.stack), layer) : 0} .heads=${settings.heads} .theme=${theme}
      @heads=${(e: CustomEvent<string[]>) => { acts.command('head.set', { heads: e.detail }); }}
      @preview=${(e: CustomEvent<string | null>) => { acts.preview(e.detail && !settings.heads.includes(e.detail) ? e.detail : null); }}></headscope-head-bar>
    ${buttons}</div>`;
}

/** All words, or beside it one word: the article's two figures. */
export function panelButtons(trace: TraceInfo | undefined, settings: ViewSettings, p: Picture | undefined, acts: Pick<BarActs, 'command'>,
  table: TemplateResult): TemplateResult {
  const pin = parsePin(settings.pins[0] ?? '');
  const word = pin && trace ? sideTokens(trace, settings.stack, pin.side).tokens[pin.token] : undefined;
  const both = settings.panels === 'both';
  const apart = p && overflows(p) && !nearlyFits(p);
  return html`<div class="panels"><button aria-pressed=${both ? 'false' : 'true'} @click=${() => { acts.command('panels.set', { value: 'one' }); }}
      >${V.allWords}</button>
    <button ?disabled=${word === undefined} aria-pressed=${both ? 'true' : 'false'}
      @click=${() => { acts.command('panels.set', { value: both ? 'one' : 'both' }); }}
      >${V.word(word === undefined ? '…' : shorten(tokenText(word), 12))}</button>
    ${apart ? html`<button aria-pressed=${settings.columns === 'unlinked' ? 'true' : 'false'}
      @click=${() => { acts.command('columns.next'); }}>${V.unlink}</button>` : nothing}
    ${table}</div>`;
}
