// An error where the thing would be: code, words, Retry. Other panels keep working. What this trace
// or server cannot do is no error: it is said once, and trying again would change nothing.

import { html, type TemplateResult } from 'lit';
import { inlineCode } from '../../ui/inline_code';
import { W } from '../../base/words/common';

export function problem(error: unknown, retry: () => void): TemplateResult {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'HS-CAP-01') return html`<p class="muted small" data-testid="error-HS-CAP-01">${inlineCode(message ?? '')}</p>`;
  return html`<div class="error" role="alert" data-testid="error-${code ?? 'HS-BUG-01'}"><span class="code">${code ?? 'HS-BUG-01'}</span>
    ${inlineCode(message ?? String(error))} <button type="button" class="small" @click=${retry}>${W.retry}</button></div>`;
}
