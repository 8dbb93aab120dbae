// What the compare view compares with: another text, heads switched off, or a trace that is there.

import { html, nothing, type TemplateResult } from 'lit';
import type { TraceEntry } from '../../api/engine';
import type { CommandArgs, ViewState } from '../../base/state';

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
  return html`<div class="bar source"><label>Compare with <select data-testid="cmp-source" @change=${choose}>
      <option value="text" .selected=${kind === 'text'}>another text</option>
      <option value="heads" .selected=${kind === 'heads'}>heads switched off</option>
      <option value="trace" .selected=${kind === 'trace'}>another trace</option></select></label>
    ${kind === 'text' ? textFields(h) : kind === 'heads' ? headsOff(h) : traceMenu(h)}
    ${isChosen(state) ? html`<button data-testid="cmp-clear" @click=${() => { h.command('compare.clear'); }}>Clear</button>` : nothing}</div>`;
}

function textFields({ state, trace, command }: SourceHost): TemplateResult {
  const run = (e: Event): void => {
    e.preventDefault();
    const [a, b] = [...(e.currentTarget as HTMLFormElement).querySelectorAll('input')].map((field) => field.value) as [string, string];
    command('compare.text', { a, b: b === '' ? null : b });
  };
  return html`<form class="source" @submit=${run}><input type="text" data-testid="cmp-a" aria-label="Text A on the right" placeholder="Text A on the right"
      .value=${state.right.textA ?? trace.query.text_a ?? ''}>
    <input type="text" data-testid="cmp-b" aria-label="Text B on the right" placeholder="no text B"
      .value=${state.right.textA === null ? trace.query.text_b ?? '' : state.right.textB ?? ''}>
    <button type="submit" data-testid="cmp-run">Compare</button></form>`;
}

function headsOff({ state, command }: SourceHost): TemplateResult {
  const off = state.right.ablations?.map((a) => a.head).join(', ') ?? '';
  return html`<button data-testid="cmp-heads" @click=${() => { command('compare.heads'); }}>Switch off ${state.heads.join(', ')}</button>
    ${state.ablations.length > 0 ? html`<button data-testid="cmp-all-on" @click=${() => { command('compare.all-on'); }}>All heads on</button>` : nothing}
    ${off ? html`<span>On the right: ${off} off</span>` : nothing}`;
}

function traceMenu({ state, trace, traces, command }: SourceHost): TemplateResult {
  const others = traces.filter((t) => t.id !== trace.id);
  if (others.length === 0) {
    return html`<span class="muted">There is no other trace. Open one from the model menu, or start with
      <code>headscope serve --trace FILE</code>.</span>`;
  }
  const name = (t: TraceEntry): string => `${t.title || t.source}: ${t.model.name}, ${t.query.tokens.length} tokens`;
  return html`<label>Trace <select data-testid="cmp-trace" @change=${(e: Event) => {
    const { value } = e.target as HTMLSelectElement;
    if (value !== '') command('compare.trace', { trace: value });
  }}><option value="">choose…</option>
    ${others.map((t) => html`<option value=${t.id} .selected=${t.id === state.right.trace}>${name(t)}</option>`)}</select></label>`;
}
