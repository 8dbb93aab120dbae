// The colours of ui.md §6 as custom properties on the app's host, so that two apps on a page may
// differ. Contrast of every text pair is at least 4.5; scheme() tells the browser about its own parts.

import { css } from 'lit';
import type { ThemeName } from '../base/state';
import type { RampTheme } from './ramps';

export const themeStyles = css`
  :host {
    --hs-bg: #ffffff; --hs-panel: #f4f6f8; --hs-raised: #ffffff; --hs-text: #1a1f26; --hs-muted: #55606e; --hs-border: #7a8594;
    --hs-hairline: #d5dae1; --hs-accent: #0b57d0; --hs-accent-bg: #e3edfd; --hs-focus: #0b57d0; --hs-pos: #1f6fb4; --hs-neg: #b5531a;
    --hs-warn: #8a5a00; --hs-warn-bg: #fff4dc; --hs-error: #b3261e; --hs-error-bg: #fdecea; --hs-ok: #1e6b3a; --hs-hover: #e8ecf1; --hs-pin: #ffe9a8;
    color-scheme: light;
  }
  :host([data-theme='dark']) {
    --hs-bg: #14171c; --hs-panel: #1c2127; --hs-raised: #232a32; --hs-text: #e8ecf1; --hs-muted: #a7b1be; --hs-border: #7c8896;
    --hs-hairline: #343c46; --hs-accent: #8ab4f8; --hs-accent-bg: #1f3352; --hs-focus: #8ab4f8; --hs-pos: #6fb1ee; --hs-neg: #f09a5b;
    --hs-warn: #f2c14e; --hs-warn-bg: #3a2f12; --hs-error: #ff8a80; --hs-error-bg: #3f1d1b; --hs-ok: #7bd39a; --hs-hover: #2a323c; --hs-pin: #473a10;
    color-scheme: dark;
  }
  :host([data-theme='print']) { --hs-panel: #ffffff; --hs-accent-bg: #ffffff; --hs-hover: #ffffff; }
  @media (prefers-contrast: more) { :host { --hs-border: var(--hs-text); --hs-hairline: var(--hs-border); --hs-muted: var(--hs-text); } }
`;

/** The theme on screen: what was chosen, or what the system asks for. */
export function shownTheme(chosen: ThemeName, systemDark: boolean): 'light' | 'dark' | 'print' {
  return chosen === 'system' ? (systemDark ? 'dark' : 'light') : chosen;
}

/** The two sets of ramps and head colours: print draws with the light ones. */
export function rampTheme(shown: 'light' | 'dark' | 'print'): RampTheme { return shown === 'dark' ? 'dark' : 'light'; }
