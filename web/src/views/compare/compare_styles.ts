import { css } from 'lit';
import { viewStyles } from '../common/view_styles';

export const compareStyles = [...viewStyles, css`
  .source { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
  form.source { flex: 1 1 280px; min-width: 0; }
  .source select { max-width: min(240px, 60cqw); }
  .source input { padding: 0 6px; min-width: 60px; flex: 1 1 120px; max-width: 420px; }
  .body { position: relative; display: flex; flex: 1; min-height: 0; }
  .heads { flex: 0 0 min(330px, 34%); overflow: auto; border-inline-end: 1px solid var(--_hairline); }
  .heads table { width: 100%; border-collapse: collapse; font-size: 12px; }
  .heads th { position: sticky; top: 0; z-index: 1; background: var(--_bg); text-align: start; font-weight: 600; padding: 4px 6px; color: var(--_muted); }
  .heads td { padding: 0 6px; border-top: 1px solid var(--_hairline); height: 26px; white-space: nowrap; }
  .heads td:last-child { white-space: normal; line-height: 1.25; min-width: 8em; }
  .heads .n { text-align: end; }
  .heads tr[aria-selected='true'] td { background: var(--_pin); }
  .heads button { border: 0; background: none; font-weight: 600; padding: 2px 4px; }
  .heads .bar-cell { width: 40px; padding: 0; }
  .heads .bar-cell i { display: block; height: 8px; background: var(--_accent); }
  .changed { font-weight: 600; }
  .panes { position: relative; display: flex; flex: 1; min-width: 0; }
  .pane { display: flex; flex-direction: column; flex: 1; min-width: 0; }
  .pane + .pane { border-inline-start: 1px solid var(--_hairline); }
  .pane h3 { margin: 0; padding: 4px 8px; font-size: 12px; font-weight: 600; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; flex: none; }
  .pane headscope-head-view { flex: 1; min-height: 0; --_status-wrap: normal; }
  .key { display: inline-flex; gap: 12px; align-items: center; }
  .key i { display: inline-block; width: 26px; border-top: 3px solid var(--_pos); margin-inline-end: 4px; vertical-align: middle; }
  .key i.less { border-top-style: dashed; border-color: var(--_neg); }
  .empty { margin: auto; padding: 24px; max-width: 34rem; color: var(--_muted); }
  @container (max-width: 760px) { .body { flex-direction: column; } .heads { flex: 0 0 28%; border-inline-end: 0; border-bottom: 1px solid var(--_hairline); } }
  @container (max-width: 520px) { .panes { flex-direction: column; } .pane + .pane { border-inline-start: 0; border-top: 1px solid var(--_hairline); } }
`];
