import { css, unsafeCSS } from 'lit';
import { viewStyles } from '../common/view_styles';
import { ROW } from './neuron_plan';

const row = unsafeCSS(`${ROW}px`);

export const neuronStyles = [...viewStyles, css`
  .queries { display: flex; align-items: center; gap: 2px; padding: 2px 8px; border-bottom: 1px solid var(--_hairline); overflow-x: auto;
    scrollbar-width: thin; flex: none; }
  .queries .title { flex: none; color: var(--_muted); font-size: 12px; padding-inline-end: 6px; }
  .queries [role='option'] { flex: none; min-height: 24px; padding: 2px 6px; border-radius: 4px; cursor: pointer; white-space: nowrap; }
  .queries [role='option']:hover { background: var(--_hover); }
  .queries [aria-selected='true'] { background: var(--_pin); box-shadow: inset 0 0 0 2px var(--_text); font-weight: 600; }
  .stage { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
  .scroller { position: relative; flex: 1; overflow: auto; min-height: 0; }
  .line { display: grid; grid-template-columns: var(--columns); height: ${row}; align-items: center; column-gap: var(--gap, 12px); padding: 0 8px; }
  .titles { position: sticky; top: 0; z-index: 3; height: 36px; align-items: end; padding-bottom: 2px; font-size: 12px; line-height: 1.2;
    color: var(--_muted); background: var(--_bg); }
  .titles .n { white-space: normal; }
  .query { position: sticky; top: 36px; z-index: 3; background: var(--_bg); border-bottom: 1px solid var(--_hairline); font-weight: 600; }
  @container (max-width: 480px) { .titles { height: 58px; } .query { top: 58px; } }
  .rows { position: relative; }
  .rows .line { position: absolute; inset-inline: 0; cursor: pointer; }
  .rows .line:hover { background: var(--_hover); }
  .rows .line[aria-selected='true'] { background: var(--_pin); }
  .more { padding: 4px 8px; }
  canvas { position: absolute; opacity: var(--hs-picture-opacity, 1); }
  .stale canvas, .stale .rows, .stale .query { opacity: .6; }
  .mark { position: absolute; z-index: 2; pointer-events: none; border: 1.5px solid var(--_text); display: none; }
  .mark.partner { border-style: dashed; }
  .token { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: end; }
  .after { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .n { text-align: end; white-space: nowrap; }
  .meter { opacity: var(--hs-picture-opacity, 1); height: 8px; background: var(--_accent); }
  .masked { background: repeating-linear-gradient(45deg, var(--_border) 0 1px, transparent 1px 5px); height: 16px; }
  .check { min-height: 44px; color: var(--_text); align-content: center; }
  .check span { flex-basis: 100%; }
  .parts { flex: none; padding: 4px 8px; border-top: 1px solid var(--_hairline); overflow-x: auto; font-size: 12px; }
  .parts table { border-collapse: collapse; }
  .parts caption { text-align: start; padding-bottom: 2px; }
  .parts th { font-weight: 400; color: var(--_muted); text-align: start; padding: 1px 12px 1px 0; }
  .parts th.n, .parts td { text-align: end; padding: 1px 8px; min-width: 56px; font-variant-numeric: tabular-nums; }
  .parts td { background: color-mix(in srgb, var(--_pos) var(--share, 0%), transparent); }
  .parts td.less { background: color-mix(in srgb, var(--_neg) var(--share, 0%), transparent); }
  .parts td.total { background: none; font-weight: 600; }
  .parts p { margin: 2px 0 0; }
  .updating { margin-inline-start: auto; color: var(--_muted); }
`];
