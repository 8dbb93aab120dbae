import { css } from 'lit';

/** Controls, chips and headings alike in all panels; colours only through --hs-* (ui.md §6). */
export const panelStyles = css`
  :host { color: var(--hs-text, #1a1f26); font: 13px/1.35 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
  *, *::before, *::after { box-sizing: border-box; }
  button, select, input { font: inherit; color: inherit; }
  button, select { min-height: 24px; background: var(--hs-bg, #fff); border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; cursor: pointer; }
  button { min-width: 24px; padding: 1px 8px; }
  select { padding: 1px 2px; max-width: 100%; }
  input[type='text'], input[type='number'] { min-height: 24px; padding: 1px 6px; background: var(--hs-bg, #fff);
    border: 1px solid var(--hs-border, #7a8594); border-radius: 4px; }
  input[type='range'] { accent-color: var(--hs-accent, #0b57d0); height: 24px; margin: 0; }
  input[type='checkbox'], input[type='radio'] { accent-color: var(--hs-accent, #0b57d0); width: 14px; height: 14px; margin: 0; flex: none; }
  button:hover:not([aria-disabled='true']) { background: var(--hs-hover, #e8ecf1); }
  button[aria-pressed='true'], button[aria-checked='true'] { background: var(--hs-accent-bg, #e3edfd); border-color: var(--hs-accent, #0b57d0);
    box-shadow: inset 0 0 0 1px var(--hs-accent, #0b57d0); }
  [aria-disabled='true'] { color: var(--hs-muted, #55606e); border-style: dashed; cursor: not-allowed; }
  :focus-visible { outline: 2px solid var(--hs-focus, #0b57d0); outline-offset: 2px; }
  label { display: inline-flex; align-items: center; gap: 5px; min-height: 24px; }
  .row { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
  .muted { color: var(--hs-muted, #55606e); }
  .small { font-size: 12px; }
  .chip { display: inline-flex; align-items: center; gap: 4px; padding: 0 2px 0 8px; border: 1px solid var(--hs-border, #7a8594);
    border-radius: 12px; background: var(--hs-bg, #fff); min-height: 24px; }
  .chip button { border: 0; background: none; border-radius: 12px; padding: 0; }
  .group { display: inline-flex; }
  .group > button { border-radius: 0; margin-inline-start: -1px; }
  .group > button:first-child { border-radius: 4px 0 0 4px; margin: 0; }
  .group > button:last-child { border-radius: 0 4px 4px 0; }
  .group > button[aria-checked='true'], .group > button[aria-pressed='true'] { z-index: 1; }
  .warn { background: var(--hs-warn-bg, #fff4dc); color: var(--hs-warn, #8a5a00); border-radius: 4px; padding: 3px 8px; }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  bdi { unicode-bidi: isolate; }
  @media (forced-colors: active) { button[aria-pressed='true'], button[aria-checked='true'] { border-width: 2px; } }
`;

/** Label tints: a family's colour, up to 22 % of it over the panel (ui.md §6); --score is 0–1. */
export const tintStyles = css`
  .tint { background: color-mix(in srgb, var(--family, transparent) calc(var(--score, 0) * var(--most, 22%)), var(--hs-panel, #f4f6f8)); }
  .positional { --family: #2f0faf; } .lexical { --family: #1ea381; } .delimiter { --family: #a3380c; } .diffuse { --family: #5c678c; }
    .valued { --family: #be63f8; }
  :host([theme='dark']) .positional { --family: #5151e7; } :host([theme='dark']) .lexical { --family: #2ebaa1; }
  :host([theme='dark']) .delimiter { --family: #e28a25; } :host([theme='dark']) .diffuse { --family: #b7e1ff; }
  .valued { --most: 60%; }
  @media (forced-colors: active) { .tint { background: Canvas; } }
`;
