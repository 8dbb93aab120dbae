import { css } from 'lit';
import { viewStyles } from '../common/view_styles';

export const headStyles = [...viewStyles, css`
  :host { font-size: 14px; }
  .panels { display: flex; flex-wrap: wrap; gap: 6px; }
  .heads { position: relative; height: 20px; flex: none; font-size: 12px; color: var(--_muted); }
  .heads span { position: absolute; top: 2px; white-space: nowrap; }
  .heads i { font-style: normal; }
  @container (max-width: 460px) { .heads i { display: none; } }
  @container (max-width: 880px) { .two i { display: none; } }
  .row { display: flex; flex: 1; min-height: 0; min-width: 0; }
  .beside { flex: 0 0 min(260px, 34%); align-self: flex-start; padding: 0 8px; }
  @container (max-width: 520px) { .row { flex-direction: column-reverse; } .beside { flex: 0 0 auto; width: min(200px, 60%); align-self: center; } }
  .stage { position: relative; flex: 1; min-width: 0; min-height: 96px; overflow: hidden; }
  canvas { opacity: var(--hs-picture-opacity, 1); position: absolute; inset: 0; pointer-events: none; }
  .stage.old canvas, .stage.old .column { opacity: .6; }
  .lines { position: absolute; top: 0; bottom: 0; touch-action: none; }
  .column { position: absolute; touch-action: pan-y; overflow-y: auto; overflow-x: hidden; scrollbar-width: none; }
  .column::-webkit-scrollbar { display: none; }
  .column.unlinked { scrollbar-width: thin; }
  .spacer { position: relative; }
  .token { position: absolute; left: 0; right: 0; white-space: nowrap; overflow: hidden;
    display: flex; align-items: center; cursor: pointer; border-radius: 3px; user-select: none; }
  .token bdi { overflow: hidden; text-overflow: ellipsis; }
  /* The outer side is kept for the menu's button, so that it covers no letter. */
  .qcol .token { justify-content: flex-end; padding: 0 6px 0 24px; }
  .kcol .token { padding: 0 24px 0 6px; }
  .dots { position: absolute; inset-block: 0; display: none; place-items: center; width: 24px; color: var(--_muted); }
  .qcol .dots { left: 0; } .kcol .dots { right: 0; }
  .token:hover .dots, .token:focus-visible .dots { display: grid; }
  .token:hover { background: var(--_hover); }
  .token[aria-selected='true'] { background: var(--_pin); font-weight: 600; }
  .token.special { color: var(--_muted); }
  .token.alone { background: repeating-linear-gradient(45deg, var(--_hairline) 0 2px, transparent 2px 7px); }
  .token:focus-visible { outline-offset: -2px; }
  .sink { position: absolute; display: flex; align-items: center; padding: 0 6px; font-size: 12px; font-style: italic; color: var(--_muted);
    white-space: nowrap; }
  .badge { position: absolute; z-index: 2; font-size: 11px; padding: 0 6px; background: var(--_raised); }
  .updating { position: absolute; top: 4px; translate: -50%; z-index: 2; font-size: 12px; color: var(--_muted); }
  canvas.minimap { pointer-events: auto; position: absolute; inset: 4px 4px auto auto; width: 64px; height: 64px; z-index: 2;
    border: 1px solid var(--_hairline); }
  .minimap:focus-visible { outline-offset: 1px; }
  .tip { position: absolute; z-index: 4; display: none; max-width: 300px; padding: 4px 8px; font-size: 12px; background: var(--_raised);
    color: var(--_text);
    border: 1px solid var(--_border); border-radius: 4px; box-shadow: 0 2px 8px rgb(0 0 0 / .18); }
  .foot .one { max-width: 100%; overflow: hidden; white-space: var(--_status-wrap, nowrap); text-overflow: ellipsis; }
`];
