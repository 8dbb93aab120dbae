// The page of `headscope serve`: the app on the server that gave it out.

import { HttpTransport, takeToken } from '../api/http_transport';
import { RpcEngine } from '../api/rpc_engine';
import './app';
import type { HeadscopeApp } from './app';
import { pageHost } from './host';

const KEPT_TOKEN = 'headscope-token';

/** Of the printed address, which then loses it; kept for this tab, so that a reload still works. */
function token(): string {
  const taken = takeToken(location.hash);
  if (!taken.token) return sessionStorage.getItem(KEPT_TOKEN) ?? '';
  sessionStorage.setItem(KEPT_TOKEN, taken.token);
  history.replaceState(history.state, '', `${location.pathname}${location.search}${taken.hash}`);
  return taken.token;
}

const engine = new RpcEngine(new HttpTransport({ token: token() }));
addEventListener('pagehide', () => { engine.cancelAll(); });

const app = document.createElement('headscope-app') as HeadscopeApp;
app.engine = engine;
app.host = pageHost(window);
document.body.append(app);
