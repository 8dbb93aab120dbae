// Colours of an element that stands alone: what the page sets as --hs-NAME wins, else the element's own
// theme attribute decides. Styles use the private names (--_text), so that an element on a foreign page
// is whole without the app around it. The numbers are those of ui.md §6.

import { unsafeCSS, type CSSResult } from 'lit';

const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  bg: ['#ffffff', '#14171c'], panel: ['#f4f6f8', '#1c2127'], raised: ['#ffffff', '#232a32'], text: ['#1a1f26', '#e8ecf1'],
  muted: ['#55606e', '#a7b1be'], border: ['#7a8594', '#7c8896'], hairline: ['#d5dae1', '#343c46'], accent: ['#0b57d0', '#8ab4f8'],
  'accent-bg': ['#e3edfd', '#1f3352'], focus: ['#0b57d0', '#8ab4f8'], pos: ['#1f6fb4', '#6fb1ee'], neg: ['#b5531a', '#f09a5b'],
  warn: ['#8a5a00', '#f2c14e'], 'warn-bg': ['#fff4dc', '#3a2f12'], error: ['#b3261e', '#ff8a80'], 'error-bg': ['#fdecea', '#3f1d1b'],
  ok: ['#1e6b3a', '#7bd39a'], hover: ['#e8ecf1', '#2a323c'], pin: ['#ffe9a8', '#473a10'],
};

const rule = (selector: string, theme: 0 | 1): string =>
  `${selector} { ${Object.entries(COLOURS).map(([name, of]) =>
    `--_${name}: var(--hs-${name}, ${of[theme]});`).join(' ')} color-scheme: ${theme === 0 ? 'light' : 'dark'}; }`;

/** For elements with a reflected `theme`: light or dark. */
export const ownTheme: CSSResult = unsafeCSS(`${rule(':host', 0)} ${rule(":host([theme='dark'])", 1)}`);
