import { css } from 'lit';
import { viewStyles } from '../common/view_styles';

export const modelStyles = [...viewStyles, css`
  .foot { padding: 2px 8px; flex: none; }
  .strip { flex: 1 1 440px; min-width: 0; color: var(--_text); overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  .bar { padding-block: 2px; gap: 2px 10px; }
  .bar select { max-width: 128px; }
  .done { visibility: hidden; }
  .bar input { width: 44px; padding: 0 4px; }
  .bar input[aria-invalid='true'] { border-color: var(--_error); }
  .body { position: relative; display: flex; flex: 1; min-height: 0; }
  .scroller { position: relative; flex: 1; min-width: 0; overflow: auto; }
  canvas { opacity: var(--hs-picture-opacity, 1); position: sticky; left: 0; top: 0; display: block; pointer-events: none; z-index: 1; }
  .cells { position: absolute; inset: 0; }
  .cell { position: absolute; padding: 0; border: 1px solid var(--_hairline); background: none; border-radius: 2px; cursor: pointer; z-index: 2;
    min-height: 0; min-width: 0; }
  .cell:hover { border-color: var(--_text); background: none; }
  .cell[aria-selected='true'] { border: 2px solid var(--_text); }
  .cell::before { content: attr(data-glyph); position: absolute; right: 2px; top: 0; font: 600 12px/1.2 system-ui, sans-serif; color: var(--_text);
    padding: 0 1px; border-radius: 2px; background: color-mix(in srgb, var(--_bg) 78%, transparent); }
  .cell[data-glyph='']::before { display: none; }
  .cell::after { content: attr(data-name); position: absolute; top: 100%; left: -6px; right: -6px; white-space: nowrap;
    font: 11px/15px system-ui, sans-serif;
    color: var(--_muted); }
  .cell.ablated { background: linear-gradient(to top right, transparent calc(50% - 1px),
    var(--_text) calc(50% - 1px) calc(50% + 1px), transparent calc(50% + 1px)); }
  .cell:focus-visible { outline-offset: -2px; }
  .none { position: absolute; background: repeating-linear-gradient(45deg, var(--_hairline) 0 1px, transparent 1px 6px);
    border: 1px dashed var(--_hairline);
    border-radius: 2px; }
  .axis { position: absolute; z-index: 3; font-size: 11px; color: var(--_muted); background: var(--_bg); text-align: center; }
  .notice.problem { position: sticky; left: 12px; top: 12px; z-index: 3; margin: 12px; max-width: 420px; padding: 8px 12px; border-radius: 4px; }
  .tops { position: sticky; top: 0; height: 0; z-index: 3; } .sides { position: sticky; left: 0; width: 0; height: 0; z-index: 3; }
  .details { display: flex; flex: 1.2; min-width: 0; gap: 4px; overflow-x: auto; border-left: 1px solid var(--_border); }
  .detail { display: flex; flex-direction: column; flex: 1; min-width: min(340px, 60cqw); }
  .detail header { display: flex; justify-content: space-between; padding: 4px 8px; font-weight: 600; }
  .detail headscope-head-view { flex: 1; min-height: 0; }
`];
