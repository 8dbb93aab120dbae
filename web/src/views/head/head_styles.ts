import { css } from 'lit';

export const headStyles = css`
  :host { display: flex; flex-direction: column; min-height: 0; height: 100%; container-type: inline-size; color: var(--hs-text, #1a1f26); background: var(--hs-bg, #fff);
    font: 14px/1.3 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
  .panels { display: flex; flex-wrap: wrap; gap: 6px; }
  .bar, .foot { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 3px 8px; }
  button { font: inherit; font-size: 12px; white-space: nowrap; min-height: 24px; padding: 2px 8px; color: inherit; background: var(--hs-bg, #fff);
    border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; cursor: pointer; }
  button[aria-pressed='true'] { background: var(--hs-accent-bg, #e3edfd); border-color: var(--hs-accent, #0b57d0); }
  :focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: 2px; }
  .heads { position: relative; height: 20px; flex: none; font-size: 12px; color: var(--hs-muted, #55606e); }
  .heads span { position: absolute; top: 2px; white-space: nowrap; }
  .heads i { font-style: normal; }
  @container (max-width: 460px) { .heads i { display: none; } }
  @container (max-width: 880px) { .two i { display: none; } }
  .stage { position: relative; flex: 1; min-height: 96px; overflow: hidden; }
  canvas { opacity: var(--hs-picture-opacity, 1); position: absolute; inset: 0; pointer-events: none; }
  .lines { position: absolute; top: 0; bottom: 0; }
  .column { position: absolute; overflow-y: auto; overflow-x: hidden; scrollbar-width: none; }
  .column::-webkit-scrollbar { display: none; }
  .column.unlinked { scrollbar-width: thin; }
  .spacer { position: relative; }
  .token { position: absolute; left: 0; right: 0; box-sizing: border-box; padding: 0 6px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
    display: flex; align-items: center; cursor: pointer; border-radius: 3px; user-select: none; }
  .token bdi { overflow: hidden; text-overflow: ellipsis; }
  .qcol .token { justify-content: flex-end; }
  .dots { position: absolute; inset-block: 0; display: none; place-items: center; width: 24px; color: var(--hs-muted, #55606e); background: var(--hs-hover, #e8ecf1); border-radius: 3px; }
  .qcol .dots { inset-inline-start: 0; } .kcol .dots { inset-inline-end: 0; }
  .token:hover .dots, .token:focus-visible .dots { display: grid; }
  .token:hover { background: var(--hs-hover, #e8ecf1); }
  .token[aria-selected='true'] { background: var(--hs-pin, #ffe9a8); font-weight: 600; }
  .token.special { color: var(--hs-muted, #55606e); }
  .token:focus-visible { outline-offset: -2px; }
  .badge { position: absolute; z-index: 2; font-size: 11px; padding: 0 6px; background: var(--hs-raised, #fff); }
  .updating { position: absolute; top: 4px; translate: -50%; z-index: 2; font-size: 12px; color: var(--hs-muted, #55606e); }
  canvas.minimap { pointer-events: auto; position: absolute; inset: 4px 4px auto auto; width: 64px; height: 64px; z-index: 2; border: 1px solid var(--hs-hairline, #d5dae1); }
  .minimap:focus-visible { outline-offset: 1px; }
  .tip { position: absolute; z-index: 4; max-width: 300px; padding: 4px 8px; font-size: 12px; background: var(--hs-raised, #fff); color: var(--hs-text, #1a1f26);
    border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; box-shadow: 0 2px 8px rgb(0 0 0 / .18); }
  .foot { font-size: 12px; color: var(--hs-muted, #55606e); border-top: 1px solid var(--hs-hairline, #d5dae1); }
  .foot .one { max-width: 100%; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  .legend { display: inline-flex; gap: 10px; align-items: center; }
  .legend i { forced-color-adjust: none; display: inline-block; width: 26px; background: currentColor; margin-inline-end: 4px; vertical-align: middle; color: var(--hs-text, #1a1f26); }
  .legend i.negative { height: 0; background: none; border-top: 3px dotted var(--hs-neg, #b5531a); }
  .notice.over { position: absolute; inset: auto auto 8px 50%; translate: -50%; z-index: 3; margin: 0; max-width: min(420px, 80%); padding: 8px 12px; border-radius: 4px; }
  .notice { padding: 2px 8px; font-size: 12px; background: var(--hs-warn-bg, #fff4dc); color: var(--hs-warn, #8a5a00); }
  .alt { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .table { position: absolute; inset: 0; overflow: auto; z-index: 3; background: var(--hs-bg, #fff); padding: 8px; }
  table { border-collapse: collapse; } th, td { padding: 2px 12px; text-align: start; border-bottom: 1px solid var(--hs-hairline, #d5dae1); height: 24px; box-sizing: border-box; }
  td.n { text-align: end; }
`;
