// A button that puts text on the clipboard and says so.

import { html, type TemplateResult } from 'lit';
import { W } from '../../base/words/common';

export function copyButton(label: string, text: () => string, testid?: string): TemplateResult {
  return html`<button type="button" class="small copy" data-testid=${testid ?? 'copy'}
    @click=${(e: Event) => { void copy(e.currentTarget as HTMLElement, text()); }}>${label}<span class="hidden" role="status"></span></button>`;
}

async function copy(button: HTMLElement, text: string): Promise<void> {
  const status = button.querySelector('[role=status]');
  const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
  button.dataset['done'] = done ? W.copied : W.notCopied;
  if (status) status.textContent = done ? W.copiedSpoken : W.notCopiedSpoken;
  setTimeout(() => {
    delete button.dataset['done'];
    if (status) status.textContent = '';
  }, 1500);
}
