// How a run's progress is told (ui.md §5, Loading).

import { S } from '../base/words/shell';
import type { Status } from './session';

/** Seconds since a run began; 0 where none runs. */
export function statusAge(status: Status, now: number): number { return status.kind === 'running' ? (now - status.since) / 1000 : 0; }

/** "Layer 7 of 12 · 0.4 s"; above 10 s also how long it may still take. */
export function progressText(status: Status, now: number): string {
  if (status.kind !== 'running') return '';
  const age = statusAge(status, now);
  if (status.reading) return S.readingModel(status.reading, status.done, status.total);
  if (status.total === 0) return S.working(age);
  const text = S.stage(status.done, status.total, age);
  const left = status.done > 0 ? (age * (status.total - status.done)) / status.done : 0;
  return age > 10 && left > 0 ? `${text} · ${S.remaining(left)}` : text;
}
