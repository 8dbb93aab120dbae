// A control of a few values as a select, from the table of base/controls.ts.

import { html, type TemplateResult } from 'lit';
import { choiceOf, type ChoiceField } from '../../base/controls';

export function choiceSelect(of: { field: ChoiceField; value: string; testid: string; title?: string }, choose: (value: string) => void): TemplateResult {
  const { title, values } = choiceOf(of.field);
  return html`<label>${of.title ?? title} <select data-testid=${of.testid} @change=${(e: Event) => { choose((e.target as HTMLSelectElement).value); }}>
    ${values.map(([v, text]) => html`<option value=${v} .selected=${v === of.value}>${text}</option>`)}</select></label>`;
}
