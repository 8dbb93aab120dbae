// Messages name commands between backticks, so that a terminal and a page can show the same text; a
// page shows them as code.

import { html, type TemplateResult } from 'lit';

export function inlineCode(text: string): (string | TemplateResult)[] {
  const parts = text.split('`');
  // An odd backtick is no code.
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}
