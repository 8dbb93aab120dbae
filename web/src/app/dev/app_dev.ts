// The app on the fake engine: `npx vite`, then /dev_app.html?delay=300&model=0. No part of the app.

import '../app';
import { FakeEngine } from './fake_engine';
import type { HeadscopeApp } from '../app';

const query = new URLSearchParams(location.search);
const app = document.createElement('headscope-app') as HeadscopeApp;
app.engine = new FakeEngine({ delay: Number(query.get('delay') ?? 5), model: query.get('model') !== '0', corpus: query.has('corpus'),
  positions: Number(query.get('positions') ?? 512), layers: Number(query.get('layers') ?? 12), heads: Number(query.get('heads') ?? 12) });
document.body.append(app);
