// Files of this machine: chosen in the browser's dialog, or dropped on the page.

import { S } from '../base/words/shell';

type Taker = (files: readonly File[]) => void;

export const TRACES = '.safetensors';
export const PICTURES = '.png,.jpg,.jpeg,image/png,image/jpeg';

/** accept: kinds of files, as an input element has them. */
export function chooseFiles(accept: string, take: Taker): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.multiple = true;
  input.addEventListener('change', () => { take([...(input.files ?? [])]); });
  input.click();
}

/** While files hang over the host, its data-drop says what dropping them does. */
export function takeDropped(host: HTMLElement, take: Taker, signal: AbortSignal): void {
  const files = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const rest = (): void => { delete host.dataset['drop']; };
  host.addEventListener('dragover', (event) => {
    if (!files(event)) return;
    // Without this the browser would leave the page and show the file.
    event.preventDefault();
    host.dataset['drop'] = S.dropHere;
  }, { signal });
  host.addEventListener('dragleave', (event) => { if (event.relatedTarget === null) rest(); }, { signal });
  host.addEventListener('drop', (event) => {
    if (!files(event)) return;
    event.preventDefault();
    rest();
    take([...(event.dataTransfer?.files ?? [])]);
  }, { signal });
}
