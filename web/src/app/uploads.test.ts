import { describe, expect, it } from 'vitest';
import type { Engine, EngineInfo, TraceEntry } from '../api/engine';
import type { Failure } from './session';
import { isPicture, PICTURE_BYTES, Uploads } from './uploads';

function world(models: { name: string; picture?: boolean }[]): { uploads: Uploads; asked: string[]; failed: Failure[] } {
  const asked: string[] = [];
  const failed: Failure[] = [];
  const entry = (id: string): Promise<TraceEntry> => Promise.resolve({ id } as TraceEntry);
  const engine = { open: (_f: Blob, name: string) => { asked.push(`open ${name}`); return entry(name); },
    runPicture: (model: string, _f: Blob, name: string) => { asked.push(`run ${name} on ${model}`); return entry(name); } } as unknown as Engine;
  const info = { models, limits: { file_bytes: 2 ** 40 } } as unknown as EngineInfo;
  return { asked, failed, uploads: new Uploads(engine, () => info,
    { changed: () => undefined, opened: () => undefined, failed: (f) => { failed.push(f); } }) };
}
const file = (name: string, size = 3, type = ''): File => ({ name, size, type }) as File;

describe('files of this machine', () => {
  it('are traces, or pictures for a model that reads them', async () => {
    const { uploads, asked } = world([{ name: 'vit', picture: true }]);
    await uploads.send([file('a.safetensors'), file('b.PNG'), file('c', 3, 'image/jpeg')]);
    expect(asked).toEqual(['open a.safetensors', 'run b.PNG on vit', 'run c on vit']);
    expect([isPicture(file('d.gif')), isPicture(file('e.jpeg'))]).toEqual([false, true]);
  });
  it('that are pictures say what the open model reads', async () => {
    const text = world([{ name: 'bert' }]);
    await text.uploads.send([file('cat.png')]);
    expect(text.asked).toEqual([]);
    expect(text.failed[0]?.message).toContain('bert, which is open, reads text');
    const none = world([]);
    await none.uploads.send([file('cat.png')]);
    expect(none.failed[0]?.message).toContain('no model is open');
  });
  it('that are too large are not sent', async () => {
    const { uploads, asked, failed } = world([{ name: 'vit', picture: true }]);
    await uploads.send([file('huge.png', PICTURE_BYTES + 1)]);
    expect([asked, failed[0]?.code]).toEqual([[], 'HS-LIMIT-01']);
  });
});
