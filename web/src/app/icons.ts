// The shell's few icons, drawn in place: no font and no file is fetched for them.

import { svg, html, type TemplateResult } from 'lit';

const icon = (paths: TemplateResult): TemplateResult => html`<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">${paths}</svg>`;

export const ICONS = {
  undo: icon(svg`<path d="M6 3 2.5 6.5 6 10"/><path d="M3 6.5h6a4 4 0 0 1 0 8H6.5"/>`),
  redo: icon(svg`<path d="m10 3 3.5 3.5L10 10"/><path d="M13 6.5H7a4 4 0 0 0 0 8h2.5"/>`),
  search: icon(svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`),
  system: icon(svg`<circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>`),
  light: icon(svg`<circle cx="8" cy="8" r="3"/><path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13"/>`),
  dark: icon(svg`<path d="M13.5 9.8A6 6 0 1 1 6.2 2.5a4.8 4.8 0 0 0 7.3 7.3z"/>`),
  print: icon(svg`<path d="M4.5 6V2h7v4M4.5 12H3a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-1.5"/><path d="M4.5 9.5h7V14h-7z"/>`),
  help: icon(svg`<circle cx="8" cy="8" r="6.2"/><path d="M6.2 6.2a1.9 1.9 0 1 1 2.7 1.7c-.6.3-.9.6-.9 1.3"/><path d="M8 11.6v.1"/>`),
  share: icon(svg`<path d="M6.5 9.5 9.5 6.5"/><path d="m7.5 4.5 1.2-1.2a2.8 2.8 0 0 1 4 4l-1.2 1.2M8.5 11.5l-1.2 1.2a2.8 2.8 0 0 1-4-4l1.2-1.2"/>`),
  open: icon(svg`<path d="M2 12.5v-9h4l1.5 2H13v2"/><path d="M2 12.5 4 7.5h11l-2 5z"/>`),
  export: icon(svg`<path d="M8 2v8M5 7l3 3 3-3"/><path d="M2.5 11v2a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-2"/>`),
  close: icon(svg`<path d="m4 4 8 8M12 4l-8 8"/>`),
  map: icon(svg`<path d="M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z"/>`),
  inspector: icon(svg`<path d="M2 2.5h12v11H2zM10 2.5v11"/>`),
} as const;
