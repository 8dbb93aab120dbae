// Attributes of <headscope-app> (ui.md §8): where its server is, which trace file it opens, its first
// state, its theme, and whether texts may be typed.

import { HttpTransport } from '../api/http_transport';
import { RpcEngine } from '../api/rpc_engine';
import type { Engine } from '../api/engine';
import { isLink, parseLink } from '../base/link';
import type { ThemeName } from '../base/state';
import type { Controller, Linked } from './controller';
import { failureOf } from './session';

export const APP_ATTRIBUTES = ['server', 'src', 'state', 'theme', 'readonly'] as const;
const THEMES: readonly string[] = ['system', 'light', 'dark', 'print'] satisfies ThemeName[];

/** Of the server that the attribute names; "" = the page's own. */
export function engineOf(app: Element): Engine { return new RpcEngine(new HttpTransport({ base: (app.getAttribute('server') ?? '').replace(/\/$/, '') })); }

/** The state that the attributes ask for; null where they say nothing. */
export function firstState(app: Element): Linked | null {
  const link = app.getAttribute('state') ?? '';
  const theme = themeOf(app);
  if (!isLink(link) && theme === null) return null;
  const linked = parseLink(isLink(link) ? link : '#hs=1');
  return { ...linked, state: { ...linked.state, theme: theme ?? linked.state.theme } };
}

function themeOf(app: Element): ThemeName | null {
  const theme = app.getAttribute('theme') ?? '';
  return THEMES.includes(theme) ? (theme as ThemeName) : null;
}

/** A later change of an attribute. */
export function attributeChanged(app: Element, controller: Controller, name: string): void {
  if (name === 'state') controller.command('set', { state: app.getAttribute('state') ?? '' });
  else if (name === 'theme') controller.command('theme.set', { value: themeOf(app) ?? 'system' });
  else if (name === 'src') void openSource(app, controller);
  else if (name === 'readonly') controller.setReadOnly(app.hasAttribute('readonly'));
}

/** The trace file that `src` names: an address, or "#id" of an element that holds one as base64. */
export async function openSource(app: Element, controller: Controller): Promise<void> {
  const src = app.getAttribute('src');
  if (!src) return;
  try {
    await controller.open([new File([await bytesOf(app, src)], nameOf(src))]);
  } catch (error) {
    controller.problem(failureOf(error));
  }
}

async function bytesOf(app: Element, src: string): Promise<ArrayBuffer> {
  if (src.startsWith('#')) {
    const text = (app.getRootNode() as Document | ShadowRoot).querySelector(src)?.textContent ?? document.querySelector(src)?.textContent;
    if (text === undefined || text === null) throw new Error(`no element ${src} on this page`);
    return Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0)).buffer;
  }
  const answer = await fetch(src);
  if (!answer.ok) throw new Error(`${src}: HTTP status ${answer.status}`);
  return answer.arrayBuffer();
}

function nameOf(src: string): string { return src.replace(/[?#].*$/, '').split('/').pop() || src.replace('#', ''); }
