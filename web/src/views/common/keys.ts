/** The key that opens the menu of what has the focus. */
export function isMenuKey(event: KeyboardEvent): boolean { return event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey); }

/** A letter or digit by itself: those that can be switched off (WCAG 2.1.4). */
export function isPlainKey(event: KeyboardEvent): boolean { return !event.ctrlKey && !event.metaKey && !event.altKey; }
