import { css } from 'lit';
import { panelStyles, tintStyles } from '../common/panel_styles';

export const inspectorStyles = [panelStyles, tintStyles, css`
  :host { display: block; height: 100%; overflow: auto; padding: 8px 10px; background: var(--hs-panel, #f4f6f8); scrollbar-width: thin; }
  section { padding: 6px 0 8px; border-bottom: 1px solid var(--hs-hairline, #d5dae1); }
  section:first-of-type { padding-top: 0; }
  .title { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; justify-content: space-between; min-height: 24px; margin-bottom: 2px; }
  .title .group button { font-size: 12px; padding: 1px 6px; }
  h2, h3 { font-size: 13px; font-weight: 700; margin: 0; }
  section > h3 { margin-bottom: 4px; }
  h4 { font-size: 12px; font-weight: 600; margin: 6px 0 0; color: var(--hs-muted, #55606e); }
  p { margin: 3px 0; }
  .label { display: flex; gap: 6px; align-items: center; }
  .label b { font-weight: 600; font-size: 14px; }
  .label .value { margin-inline-start: auto; font-size: 14px; font-weight: 600; }
  .glyph { display: inline-grid; place-items: center; width: 22px; height: 22px; border-radius: 3px; font-weight: 600; flex: none; }
  .meter { position: relative; height: 6px; margin: 5px 0; background: var(--hs-hairline, #d5dae1); border-radius: 3px; }
  .meter i { position: absolute; inset: 0 auto 0 0; background: var(--hs-accent, #0b57d0); border-radius: 3px; }
  .meter span { position: absolute; top: -3px; bottom: -3px; width: 2px; margin-inline-start: -1px; background: var(--hs-text, #1a1f26);
    box-shadow: 0 0 0 1px var(--hs-panel, #f4f6f8); }
  .meter .chance { background: var(--hs-muted, #55606e); }
  .examples { display: flex; flex-wrap: wrap; gap: 3px 4px; align-items: center; margin-top: 3px; }
  .examples .muted { min-width: 62px; }
  .examples button { padding: 0 5px; }
  .numbers { display: flex; gap: 14px; margin: 6px 0 2px; font-size: 12px; }
  .numbers div, .ids { display: flex; gap: 4px; }
  dt { color: var(--hs-muted, #55606e); } dd { margin: 0; }
  .ids { display: grid; grid-template-columns: max-content 1fr; gap: 0 8px; margin: 6px 0 0; font-size: 12px; }
  .ids dd { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  ul.plain { margin: 2px 0; padding: 0; list-style: none; font-size: 12px; }
  details { font-size: 12px; } summary { cursor: pointer; min-height: 24px; line-height: 24px; }
  table { border-collapse: collapse; width: 100%; }
  th { font-weight: 400; text-align: start; } thead th { color: var(--hs-muted, #55606e); font-size: 12px; }
  td, thead th:not(:first-child) { text-align: end; }
  th, td { padding: 1px 4px; }
  caption { text-align: start; color: var(--hs-muted, #55606e); padding: 2px 4px; }
  tr.few > * { color: var(--hs-muted, #55606e); }
  .weights th { width: 88px; padding: 0; }
  .weights th button { width: 100%; border: 0; background: none; text-align: start; padding: 0 4px; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; max-width: 108px; outline-offset: -2px; }
  .weights td.muted { width: 30px; font-size: 12px; }
  td.bar { position: relative; min-width: 90px; padding-inline-end: 4px; }
  td.bar i { position: absolute; inset: 4px auto 4px 6px; width: calc(var(--w) * (100% - 64px)); background: var(--hs-accent, #0b57d0);
    opacity: .3; border-radius: 2px; }
  td.bar i.negative { background: var(--hs-neg, #b5531a); }
  td.bar span { position: relative; }
  .stale { opacity: .6; }
  .predictions tbody th { max-width: 120px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  tr.own th, tr.own td { font-weight: 700; }
  .down { color: var(--hs-neg, #b5531a); } .up { color: var(--hs-pos, #1f6fb4); }
  .code { background: var(--hs-bg, #fff); border: 1px solid var(--hs-hairline, #d5dae1); border-radius: 4px; padding: 4px 6px; margin-bottom: 4px;
    max-height: 76px; overflow: auto; }
  code { font: 11px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
  .copy { position: relative; }
  .copy[data-done]::after { content: attr(data-done); position: absolute; inset: 0; display: grid; place-items: center; border-radius: 3px;
    background: var(--hs-accent-bg, #e3edfd); }
  .error { background: var(--hs-error-bg, #fdecea); color: var(--hs-error, #b3261e); border-radius: 4px; padding: 4px 8px; font-size: 12px; }
  .error .code { all: unset; font-weight: 700; }
  section > .row { margin: 4px 0; }
  .verdict { border-inline-start: 3px solid var(--hs-border, #7a8594); padding-inline-start: 8px; margin-bottom: 6px; }
  .verdict.holds { border-color: var(--hs-ok, #1e6b3a); } .verdict.not { border-color: var(--hs-warn, #8a5a00); }
  .verdict .title { min-height: 24px; } .answer { font-weight: 600; }
  .footnote { margin: 8px 0 0; font-size: 12px; color: var(--hs-muted, #55606e); }
`];
