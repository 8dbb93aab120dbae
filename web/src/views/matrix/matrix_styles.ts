import { css } from 'lit';
import { viewStyles } from '../common/view_styles';

export const matrixStyles = [...viewStyles, css`
  .stage { position: relative; flex: 1; min-height: 120px; overflow: hidden; touch-action: none; cursor: crosshair; }
  .stage:focus-visible { outline-offset: -2px; }
  canvas { opacity: var(--hs-picture-opacity, 1); position: absolute; inset: 0; }
  .overlay { pointer-events: none; }
  .problem { position: absolute; inset: 12px auto auto 50%; translate: -50%; margin: 0; max-width: min(420px, 80%); padding: 8px 12px; border-radius: 4px; }
  .under { width: min(200px, 40%); flex: none; margin: 4px 8px; align-self: center; }
  .brush { position: absolute; display: none; border: 2px solid var(--_focus); background: color-mix(in srgb, var(--_focus) 12%, transparent);
    pointer-events: none; }
  .foot { min-height: 44px; align-content: center; }
  .foot span:empty { display: none; }
  .readout { color: var(--_text); flex-basis: 100%; }
`];
