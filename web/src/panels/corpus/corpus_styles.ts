import { css } from 'lit';
import { panelStyles, tintStyles } from '../common/panel_styles';

export const corpusStyles = [panelStyles, tintStyles, css`
  :host { display: block; height: 100%; min-height: 0; background: var(--hs-bg, #fff); }
  .page { height: 100%; overflow: auto; padding: 10px 14px; scrollbar-width: thin; }
  .page:focus-visible { outline-offset: -2px; }
  header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin-bottom: 8px; }
  h2 { font-size: 16px; margin: 0; } h3 { font-size: 13px; margin: 0 0 4px; }
  h4 { font-size: 12px; font-weight: 600; margin: 8px 0 2px; }
  p { margin: 3px 0; }
  .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 10px; align-items: start; }
  .card { padding: 8px 10px; background: var(--hs-panel, #f4f6f8); border: 1px solid var(--hs-hairline, #d5dae1); border-radius: 6px; min-width: 0; }
  .wide { grid-column: 1 / -1; }
  .title { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; justify-content: space-between; }
  .n { color: var(--hs-muted, #55606e); font-weight: 400; } .few { color: var(--hs-muted, #55606e); font-weight: 400; font-style: italic; }
  .bars { width: 100%; max-width: 400px; height: auto; display: block; }
  .bar { fill: var(--hs-accent, #0b57d0); } rect.accent { fill: var(--hs-muted, #55606e); }
  .axis { stroke: var(--hs-border, #7a8594); fill: none; }
  .mark path { stroke: var(--hs-neg, #b5531a); stroke-width: 2; stroke-dasharray: 4 2; }
  .key { display: inline-block; width: 16px; border-top: 2px dashed var(--hs-neg, #b5531a); vertical-align: middle; }
  text { font-size: 11px; fill: var(--hs-muted, #55606e); }
  .scroll { max-height: 230px; overflow: auto; scrollbar-width: thin; margin-top: 4px; } .tall { max-height: 320px; }
  table { border-collapse: collapse; width: 100%; font-size: 12px; }
  thead th { position: sticky; top: 0; background: var(--hs-panel, #f4f6f8); color: var(--hs-muted, #55606e); z-index: 1; }
  th { font-weight: 400; text-align: start; } td, thead th:not(:first-child) { text-align: end; white-space: nowrap; }
  th, td { padding: 1px 4px; height: 24px; }
  th button { border: 0; background: none; padding: 0 4px; margin: 0 -4px; outline-offset: -2px; text-align: start; line-height: 1.25; }
  thead button { white-space: nowrap; }
  th button.on, th button[aria-pressed='true'] { font-weight: 700; box-shadow: none; background: none; border: 0; }
  td.bar { position: relative; min-width: 110px; } td.bar i { position: absolute; inset: 5px auto 5px 6px; width: calc(var(--w) * (100% - 66px));
    background: var(--hs-accent, #0b57d0); opacity: .3; border-radius: 2px; } td.bar span { position: relative; }
  tr.few > * { color: var(--hs-muted, #55606e); }
  .examples { list-style: none; margin: 2px 0 0; padding: 0; max-height: 360px; overflow: auto; scrollbar-width: thin; }
  .text { display: block; width: 100%; text-align: start; border: 0; border-bottom: 1px solid var(--hs-hairline, #d5dae1); border-radius: 0;
    background: none; padding: 4px; line-height: 1.6; outline-offset: -2px; }
  .text[aria-disabled='true'] { color: inherit; cursor: default; }
  .tok { border-radius: 3px; padding: 1px 1px; background: color-mix(in srgb, var(--hs-accent, #0b57d0) calc(var(--w) * 45%), transparent); }
  .tok.query { outline: 2px solid var(--hs-text, #1a1f26); outline-offset: 0; font-weight: 600; }
  .pair { color: var(--hs-muted, #55606e); font-size: 12px; white-space: nowrap; }
  .empty { max-width: 36rem; margin: auto; } pre { padding: 8px 10px; background: var(--hs-panel, #f4f6f8);
    border: 1px solid var(--hs-hairline, #d5dae1); border-radius: 4px; overflow: auto; }
  code { font: 12px/1.5 ui-monospace, monospace; }
  details { margin-top: 10px; font-size: 12px; } summary { cursor: pointer; min-height: 24px; line-height: 24px; }
  .error { background: var(--hs-error-bg, #fdecea); color: var(--hs-error, #b3261e); border-radius: 4px; padding: 6px 10px; margin: 10px; }
  .error .code { font-weight: 700; }
  .warn { margin-bottom: 8px; }
`];
