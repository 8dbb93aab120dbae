// A row of buttons of which one is on: a radio group with one Tab stop, arrow keys, and options
// that stay visible with the reason why they are off.

import { html, nothing, type TemplateResult } from 'lit';

export interface Option {
  value: string;
  text: string | TemplateResult;
  /** true, or why not. */
  enabled?: true | string;
  title?: string;
  testid?: string;
}

export interface ChoiceProps {
  label: string;
  testid?: string;
  value: string;
  options: readonly Option[];
  choose: (value: string) => void;
}

export function choice({ label, testid, value, options, choose }: ChoiceProps): TemplateResult {
  const stop = options.some((o) => o.value === value) ? value : options[0]?.value;
  return html`<div class="group" role="radiogroup" aria-label=${label} data-testid=${testid ?? nothing}
    @keydown=${(e: KeyboardEvent) => { arrow(e, choose); }}>${options.map((o) => {
    const off = o.enabled !== undefined && o.enabled !== true;
    return html`<button type="button" role="radio" data-value=${o.value} data-testid=${o.testid ?? nothing}
      aria-checked=${o.value === value ? 'true' : 'false'} aria-disabled=${off ? 'true' : nothing}
      tabindex=${o.value === stop ? 0 : -1} title=${off ? o.enabled : o.title ?? nothing}
        @click=${() => { if (!off) choose(o.value); }}>${o.text}${off ? html`<span class="hidden">. ${o.enabled}</span>` : nothing}</button>`;
  })}</div>`;
}

function arrow(event: KeyboardEvent, choose: (value: string) => void): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLButtonElement>('[role=radio]')];
  const at = all.indexOf((event.target as HTMLElement).closest('[role=radio]') as HTMLButtonElement);
  if (step === undefined || at < 0) return;
  const next = all[(at + step + all.length) % all.length];
  next?.focus();
  if (next && next.getAttribute('aria-disabled') !== 'true') choose(next.dataset['value'] ?? '');
  event.preventDefault();
  event.stopPropagation();
}
