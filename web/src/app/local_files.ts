// Files of this machine: chosen in the browser's dialog, or dropped on the page.

import { S } from '../base/words/shell';

type Taker = (files: readonly File[]) => void;

export function chooseFiles(take: Taker): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.safetensors';
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
