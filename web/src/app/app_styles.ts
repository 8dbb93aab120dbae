import { css } from 'lit';

// The frame of ui.md §2.1. Wide: map, view, inspector side by side; below 1100 px the map opens over
// the view; below 760 px one panel at a time over the panels' switch. Low windows scroll: nothing is squeezed away.
export const appStyles = css`
  :host { container-type: inline-size; display: flex; flex-direction: column; height: 100vh; height: 100dvh; min-height: 30rem;
    background: var(--hs-bg); position: relative; overflow: hidden; }
  .skip { position: absolute; inset: 6px auto auto 6px; z-index: 20; padding: 6px 12px; border-radius: 6px; background: var(--hs-raised);
    color: var(--hs-accent); border: 1px solid var(--hs-border); }
  .skip:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; padding: 0; overflow: hidden; }
  .notices { display: flex; flex-direction: column; }
  .notice { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 0 6px 0 12px; font-size: .75rem;
    background: var(--hs-warn-bg); color: var(--hs-warn); border-bottom: 1px solid var(--hs-hairline); }
  .notice button { min-height: 26px; }
  main { display: flex; flex: 1; min-height: 0; position: relative; }
  aside { display: flex; flex-direction: column; min-height: 0; overflow: auto; background: var(--hs-panel); }
  .map { flex: none; }
  .drawer { display: flex; justify-content: flex-end; padding: 4px 6px 0; }
  .inspector { flex: none; width: 320px; border-inline-start: 1px solid var(--hs-hairline); }
  .split { flex: none; width: 7px; margin-inline: -3px; z-index: 3; cursor: col-resize; touch-action: none; position: relative; }
  .split::after { content: ''; position: absolute; inset: 0 3px; background: var(--hs-hairline); }
  .split:hover::after, .split:focus-visible::after { background: var(--hs-accent); inset: 0 2px; }
  headscope-view-panel { flex: 1; }
  .toggle { align-self: center; }
  :host([data-size='medium']) .map { position: absolute; inset: 0 auto 0 0; z-index: 8; box-shadow: 4px 0 24px rgb(0 0 0 / .22);
    border-inline-end: 1px solid var(--hs-border); max-width: calc(100% - 3rem); }
  :host([data-size='medium']) .inspector { width: 288px; }
  .page { display: contents; }
  :host([data-size='narrow']) { min-height: 0; }
  :host([data-size='narrow']) .page { display: flex; flex-direction: column; flex: 1; min-height: 0; overflow-y: auto; }
  :host([data-size='narrow']) main { flex: 1 0 auto; }
  :host([data-size='narrow']) :is(.map, .inspector) { width: 100%; border: 0; flex: 1; overflow: visible; }
  :host([data-size='narrow']) headscope-view-panel { min-height: 48rem; width: 100%; }
  .bottom { flex: none; z-index: 9; display: flex; background: var(--hs-panel); border-top: 1px solid var(--hs-hairline); }
  .bottom button { flex: 1; min-height: 44px; border: 0; border-radius: 0; background: none; color: var(--hs-muted); border-top: 3px solid transparent; }
  .bottom button[aria-pressed='true'] { color: var(--hs-text); font-weight: 600; border-top-color: var(--hs-accent); }
  .bottom button:focus-visible { outline-offset: -3px; }
  :host([data-drop])::after { content: attr(data-drop); position: absolute; inset: 8px; z-index: 30; display: grid; place-items: center;
    border: 2px dashed var(--hs-accent); border-radius: 10px; background: color-mix(in srgb, var(--hs-accent-bg) 88%, transparent);
    color: var(--hs-accent); font-size: 1.125rem; font-weight: 600; pointer-events: none; }
  [hidden] { display: none !important; }
  @media (max-height: 479px) { :host { min-height: 0; } .page, :host .page { display: flex; flex-direction: column; flex: 1; min-height: 0;
    overflow-y: auto; } main { flex: none; height: 26rem; } :host([data-size='narrow']) main { height: auto; } }
`;
