// What the compare view compares with: another text, heads switched off, or a trace that is there.

import { html, nothing, type TemplateResult } from 'lit';
import type { TraceEntry } from '../../api/engine';
import type { CommandArgs, ViewState } from '../../base/state';
import { inlineCode } from '../../ui/inline_code';
import { V } from '../../base/words/views';

export type SourceKind = 'text' | 'heads' | 'trace';

/** As the state has it; "text" where nothing is chosen yet. */
export function sourceOf({ right }: Pick<ViewState, 'right'>): SourceKind {
  return right.trace !== '' ? 'trace' : right.ablations !== null ? 'heads' : 'text';
}

export function isChosen({ right }: Pick<ViewState, 'right'>): boolean {
  return right.trace !== '' || right.model !== null || right.textA !== null || right.ablations !== null;
}

export interface SourceHost {
  state: ViewState;
  trace: TraceEntry;
  traces: readonly TraceEntry[];
  kind: SourceKind;
  choose(kind: SourceKind): void;
  command(id: string, args?: CommandArgs): void;
}

export function sourceControls(h: SourceHost): TemplateResult {
  const { state, kind } = h;
  const choose = (e: Event): void => { h.choose((e.target as HTMLSelectElement).value as SourceKind); };
  return html`<div class="bar source"><label>${V.compareWith} <select data-testid="cmp-source" @change=${choose}>
      <option value="text" .selected=${kind === 'text'}>${V.sources.text}</option>
      <option value="heads" .selected=${kind === 'heads'}>${V.sources.heads}</option>
      <option value="trace" .selected=${kind === 'trace'}>${V.sources.trace}</option></select></label>
    ${kind === 'text' ? textFields(h) : kind === 'heads' ? headsOff(h) : traceMenu(h)}
    ${isChosen(state) ? html`<button data-testid="cmp-clear" @click=${() => { h.command('compare.clear'); }}>${V.clear}</button>` : nothing}</div>`;
}

function textFields({ state, trace, command }: SourceHost): TemplateResult {
  const run = (e: Event): void => {
    e.preventDefault();
    const [a, b] = [...(e.currentTarget as HTMLFormElement).querySelectorAll('input')].map((field) => field.value) as [string, string];
    command('compare.text', { a, b: b === '' ? null : b });
  };
  return html`<form class="source" @submit=${run}><input type="text" data-testid="cmp-a" aria-label=${V.rightA} placeholder=${V.rightA}
      .value=${state.right.textA ?? trace.query.text_a ?? ''}>
    <input type="text" data-testid="cmp-b" aria-label=${V.rightB} placeholder=${V.noB}
      .value=${state.right.textA === null ? trace.query.text_b ?? '' : state.right.textB ?? ''}>
    <button type="submit" data-testid="cmp-run">${V.compare}</button></form>`;
}

function headsOff({ state, command }: SourceHost): TemplateResult {
  const off = state.right.ablations?.map((a) => a.head).join(', ') ?? '';
  return html`<button data-testid="cmp-heads" @click=${() => { command('compare.heads'); }}>${V.switchOff(state.heads.join(', '))}</button>
    ${state.ablations.length > 0 ? html`<button data-testid="cmp-all-on" @click=${() => { command('compare.all-on'); }}>${V.allOn}</button>` : nothing}
    ${off ? html`<span>${V.offRight(off)}</span>` : nothing}`;
}

function traceMenu({ state, trace, traces, command }: SourceHost): TemplateResult {
  const others = traces.filter((t) => t.id !== trace.id);
  if (others.length === 0) {
    return html`<span class="muted">${inlineCode(V.noTrace)}</span>`;
  }
  const name = (t: TraceEntry): string => `${t.title || t.source}: ${t.model.name}, ${t.query.tokens.length} tokens`;
  return html`<label>${V.trace} <select data-testid="cmp-trace" @change=${(e: Event) => {
    const { value } = e.target as HTMLSelectElement;
    if (value !== '') command('compare.trace', { trace: value });
  }}><option value="">${V.choose}</option>
    ${others.map((t) => html`<option value=${t.id} .selected=${t.id === state.right.trace}>${name(t)}</option>`)}</select></label>`;
}
