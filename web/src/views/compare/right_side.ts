// The trace that a picture is compared with, for the view and for its figure.

import type { Engine, Opts, TraceEntry } from '../../api/engine';
import { modelRead } from '../../api/model_read';
import type { ViewState } from '../../base/state';

/** A server that still reads its model refuses runs: they wait until it has it. */
async function whenRead<T>(engine: Engine, ask: () => Promise<T>, { signal }: Opts): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if ((error as { code?: string }).code !== 'HS-CAP-01') throw error;
    let reading = false;
    await modelRead(engine, { signal, seen: ({ loading }) => { reading ||= loading !== null; } });
    if (!reading) throw error;
    return ask();
  }
}

/** One that is there, or a run of what the state names; the server answers a run that it knows without running. */
export function rightSide(engine: Engine, left: TraceEntry, { right }: Pick<ViewState, 'right'>, options: Opts): Promise<TraceEntry> {
  if (right.trace !== '') return engine.trace(right.trace, options);
  const texts = right.textA === null ? { a: left.query.text_a ?? '', b: left.query.text_b ?? null } : { a: right.textA, b: right.textB };
  const { ablations, masked, truncated, zero_segment_ids } = left.settings;
  const precision = left.computed?.precision;
  const picture = left.picture && left.source === 'run' && right.textA === null ? { pictureOf: left.id } : {};
  const asked = { ...texts, ...picture, ...(precision ? { precision } : {}),
    model: right.model ?? left.model.name, ablations: right.ablations ?? ablations, masked: right.textA === null ? masked : [],
    truncate: truncated, zero_segment_ids };
  return whenRead(engine, () => engine.run(asked, options), options);
}
