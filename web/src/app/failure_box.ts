// An error where the thing would be: in words, with its code, its actions as buttons, details folded.

import { html, nothing, type TemplateResult } from 'lit';
import { S } from '../base/words/shell';
import { inlineCode } from '../ui/inline_code';
import type { Controller } from './controller';
import type { Failure } from './session';
import { FILE_PROBLEMS } from './uploads';
import { ICONS } from './icons';
import { css } from 'lit';

export const failureStyles = css`
  .failure { display: flex; flex-direction: column; gap: 8px; margin: 10px 12px 0; padding: 10px 12px; border: 1px solid var(--hs-error);
    border-inline-start-width: 4px; border-radius: 6px; background: var(--hs-error-bg); color: var(--hs-text); flex: none; }
  .failure p { margin: 0; max-width: 75ch; overflow-wrap: anywhere; }
  .failure .code { color: var(--hs-error); font-weight: 700; font-size: .75rem; }
  .failure .acts { display: flex; flex-wrap: wrap; gap: 6px; }
  .failure pre { margin: 4px 0 0; max-height: 10rem; overflow: auto; font-size: .75rem; white-space: pre-wrap; }
  .failure.mild { border-color: var(--hs-warn); background: var(--hs-warn-bg); }
  .failure.mild .code { color: var(--hs-warn); }
`;

function actions(failure: Failure, c: Controller): { id: string; text: string; run: () => void }[] {
  const retry = { id: 'retry', text: S.retry, run: () => { void c.retry(); } };
  const undo = { id: 'undo-change', text: S.undoChange, run: () => { c.undo(); } };
  const dismiss = { id: 'dismiss', text: S.dismiss, run: () => { c.forget(failure); } };
  const limit = c.info?.models.find((m) => m.name === c.state.model || c.state.model === '')?.max_tokens;
  if (FILE_PROBLEMS.includes(failure.code)) return [dismiss];
  switch (failure.code) {
    case 'HS-LEN-01': return limit === undefined ? [undo] : [{ id: 'run-first', text: S.runFirst(limit), run: () => { c.session.runNow(true); } }, undo];
    case 'HS-CAP-01': return [{ id: 'show-first', text: S.showFirst, run: () => { c.showFirst(); } }, ...(c.history.undoName === null ? [] : [undo])];
    case 'HS-TRACE-01': case 'HS-LINK-01': return [{ id: 'show-first', text: S.showFirst, run: () => { c.showFirst(); } },
      ...(c.history.undoName === null ? [] : [undo])];
    case 'HS-BUG-01': return [{ id: 'copy', text: S.copyDetails,
      run: () => { void navigator.clipboard.writeText(`${failure.message}\n${failure.details}`); } }, retry];
    case 'HS-STOP': return [retry, ...(c.history.undoName === null ? [] : [undo])];
    default: return c.history.undoName === null || failure.code === 'HS-NET-01' ? [retry] : [retry, undo];
  }
}

export function failureBox(failure: Failure, c: Controller, role: 'alert' | 'status' = 'alert'): TemplateResult {
  return html`<div class="failure ${role === 'alert' ? '' : 'mild'}" role=${role} data-testid="error-${failure.code}">
    <p>${inlineCode(failure.message)}</p>${c.trace && c.session.stale ? html`<p>${S.stale}</p>` : nothing}
    <div class="acts">${actions(failure, c).map((a) => html`<button data-testid=${a.id} @click=${a.run}>${a.text}</button>`)}
      ${failure.code.startsWith('HS-STOP') ? nothing : html`<span class="code">${failure.code}</span>`}</div>
    ${failure.details ? html`<details><summary>${S.details}</summary><pre>${failure.details}</pre></details>` : nothing}</div>`;
}

/** Notices: what the app did with a link or a pin; dismissible, never in the way. */
export function noticeList(c: Controller): TemplateResult | typeof nothing {
  if (c.notices.all.length === 0) return nothing;
  return html`<div class="notices" role="status">${c.notices.all.map((n) =>
    html`<div class="notice" data-testid="error-${n.code}"><span>${inlineCode(n.text)}</span>
    <button class="quiet" aria-label=${S.dismiss} title=${S.dismiss}
      @click=${() => { c.notices.dismiss(n.id); c.tell(); }}>${ICONS.close}</button></div>`)}</div>`;
}
