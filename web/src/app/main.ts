// The page of `headscope serve`: the app on the server that gave it out.

import { HttpEngine, takeToken } from '../api/http_engine';
import './app';
import type { HeadscopeApp } from './app';

const KEPT_TOKEN = 'headscope-token';

/** Of the printed address, which then loses it; kept for this tab, so that a reload still works. */
function token(): string {
  const taken = takeToken(location.hash);
  if (!taken.token) return sessionStorage.getItem(KEPT_TOKEN) ?? '';
  sessionStorage.setItem(KEPT_TOKEN, taken.token);
  history.replaceState(history.state, '', `${location.pathname}${location.search}${taken.hash}`);
  return taken.token;
}

const engine = new HttpEngine({ token: token() });
addEventListener('pagehide', () => { engine.cancelAll(); });

const app = document.createElement('headscope-app') as HeadscopeApp;
app.engine = engine;
document.body.append(app);
