// What all views look like: the bar above the picture, the line below it, buttons, notices.

import { css } from 'lit';
import { ownTheme } from '../../ui/own_theme';

export const viewStyles = [ownTheme, css`
  :host { display: flex; flex-direction: column; width: 100%; height: 100%; min-width: 0; min-height: 0; color: var(--_text); background: var(--_bg);
    font: 13px/1.35 system-ui, sans-serif; font-variant-numeric: tabular-nums; container-type: inline-size; }
  *, *::before, *::after { box-sizing: border-box; }
  .bar, .foot { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 4px 8px; font-size: 12px; }
  .foot { color: var(--_muted); border-top: 1px solid var(--_hairline); }
  button, select, input { font: inherit; font-size: 12px; color: inherit; background: var(--_bg); border: 1px solid var(--_border); border-radius: 4px;
    min-height: 24px; }
  button { min-width: 24px; padding: 2px 8px; white-space: nowrap; cursor: pointer; }
  button:hover { background: var(--_hover); }
  button[aria-pressed='true'] { background: var(--_accent-bg); border-color: var(--_accent); }
  label { display: inline-flex; gap: 5px; align-items: center; }
  :focus-visible { outline: 2px solid var(--_focus); outline-offset: 2px; }
  .muted { color: var(--_muted); }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .notice { padding: 2px 8px; font-size: 12px; background: var(--_warn-bg); color: var(--_warn); }
  .notice.over { position: absolute; inset: auto auto 8px 50%; translate: -50%; z-index: 3; margin: 0; max-width: min(420px, 80%); padding: 8px 12px;
    border-radius: 4px; }
  .legend { display: inline-flex; gap: 5px; align-items: center; white-space: nowrap; }
  .legend .ramp { forced-color-adjust: none; display: inline-block; width: 72px; height: 12px; border: 1px solid var(--_hairline); }
  .samples { display: inline-flex; gap: 10px; align-items: center; }
  .samples i { forced-color-adjust: none; display: inline-block; width: 26px; background: currentColor; margin-inline-end: 4px; vertical-align: middle;
    color: var(--_text); }
  .samples i.negative { height: 0; background: none; border-top: 3px dotted var(--_neg); }
  .sheet { position: absolute; inset: 0; z-index: 5; overflow: auto; background: var(--_bg); padding: 8px; }
`];
