// An error where the thing would be: code, words, Retry. Other panels keep working.

import { html, type TemplateResult } from 'lit';

export function problem(error: unknown, retry: () => void): TemplateResult {
  const { code, message } = error as { code?: string; message?: string };
  return html`<div class="error" role="alert" data-testid="error-${code ?? 'HS-BUG-01'}"><span class="code">${code ?? 'HS-BUG-01'}</span> ${message ?? String(error)} <button type="button" class="small" @click=${retry}>Retry</button></div>`;
}
