// What the app needs of the page that it stands on. The page of `headscope serve` gives it the
// address bar, the title and every key; an element on somebody else's page has a place of its own
// and takes keys only while the focus is inside it. The app itself knows no window.

import { windowPlace, type Place } from './link_sync';

export interface Host {
  /** Where the link of the state stands; null = nowhere. */
  readonly place: Place | null;
  /** The address of a link, as Share copies it. */
  address(hash: string): string;
  title(text: string): void;
  /** How this browser likes the app; null = not kept. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  /** Whose keys are the app's. */
  keys(app: HTMLElement): EventTarget;
  /** Errors of the app's own code that nothing caught. */
  errors(report: (error: unknown) => void, signal: AbortSignal): void;
}

/** Folder of the app's own scripts: what others bring to the page is none of its business. */
const OWN = new URL(import.meta.env.DEV ? '/src/' : '.', import.meta.url).href;

/** Did this code throw it? Browsers' own notices ("ResizeObserver loop …") and extensions have other files, or none. */
export function isOwn(error: unknown, file = '', own = OWN): boolean {
  const stack = error instanceof Error ? error.stack ?? '' : '';
  return file.startsWith(own) || stack.includes(own);
}

/** The app alone on its page. */
export function pageHost(win: Window): Host {
  return {
    place: windowPlace(win),
    address: (hash) => `${win.location.origin}${win.location.pathname}${hash}`,
    title: (text) => { win.document.title = text; },
    get storage() {
      try {
        return win.localStorage;
      } catch {
        return null;
      }
    },
    keys: () => win,
    errors: (report, signal) => {
      win.addEventListener('error', (e) => { if (isOwn(e.error, e.filename)) report(e.error ?? e.message); }, { signal });
      win.addEventListener('unhandledrejection', (e) => { if (isOwn(e.reason)) report(e.reason); }, { signal });
    },
  };
}

/** The app as one of many elements: it leaves the page's address, title, storage, keys and errors alone. */
export const ELEMENT_HOST: Host = {
  place: null,
  address: (hash) => hash,
  title: () => undefined,
  storage: null,
  keys: (app) => app,
  errors: () => undefined,
};
