// What the parts of the shell share: the controller, redrawn when it changes, and one look of
// buttons and fields. Targets are at least 24 px; the focus ring is 2 px with 2 px of air.

import { LitElement, css } from 'lit';
import type { Controller } from './controller';

export abstract class ShellElement extends LitElement {
  static override properties: Record<string, object> = { controller: { attribute: false } };
  declare controller: Controller;
  private heard: Controller | undefined;
  private readonly listen = (): void => { this.requestUpdate(); };

  protected override willUpdate(): void {
    if (this.heard === this.controller) return;
    this.heard?.removeEventListener('change', this.listen);
    this.heard = this.controller;
    this.heard.addEventListener('change', this.listen);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.heard?.removeEventListener('change', this.listen);
    this.heard = undefined;
  }

  /** hs-command to the app: a command of base/commands.ts or an action of the app. */
  protected send(id: string, args: Readonly<Record<string, unknown>> = {}): void {
    this.dispatchEvent(new CustomEvent('hs-command', { detail: { id, args }, bubbles: true, composed: true }));
  }
}

export const shellStyles = css`
  :host { font: 0.8125rem/1.4 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; font-variant-numeric: tabular-nums;
    color: var(--hs-text); }
  *, *::before, *::after { box-sizing: border-box; }
  button, select, input, textarea { font: inherit; color: inherit; margin: 0; }
  button, .field { min-height: 28px; border: 1px solid var(--hs-border); border-radius: 6px; background: var(--hs-bg); }
  button { min-width: 28px; padding: 2px 10px; cursor: pointer; white-space: nowrap; }
  button:hover:not([aria-disabled='true']) { background: var(--hs-hover); }
  button.quiet { border-color: transparent; background: none; padding: 2px 6px; }
  button.quiet:hover:not([aria-disabled='true']) { background: var(--hs-hover); }
  button.primary { background: var(--hs-accent); border-color: var(--hs-accent); color: var(--hs-bg); font-weight: 600; }
  button.primary:hover:not([aria-disabled='true']) { background: var(--hs-accent); filter: brightness(1.1); }
  button[aria-disabled='true'] { color: var(--hs-muted); cursor: not-allowed; opacity: .75; }
  button svg { display: block; width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round;
    stroke-linejoin: round; }
  :focus-visible { outline: 2px solid var(--hs-focus); outline-offset: 2px; }
  kbd { font: inherit; font-size: .6875rem; padding: 1px 5px; border: 1px solid var(--hs-hairline); border-radius: 4px; color: var(--hs-muted);
    background: var(--hs-panel); }
  .muted { color: var(--hs-muted); }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (prefers-reduced-motion: no-preference) { button { transition: background-color 100ms; } }
  @media (forced-colors: active) { button.primary { border: 2px solid ButtonText; } }
`;

export const dialogStyles = css`
  dialog { width: min(40rem, calc(100vw - 2rem)); max-height: calc(100dvh - 3rem); padding: 0; border: 1px solid var(--hs-border); border-radius: 10px;
    background: var(--hs-raised); color: var(--hs-text); box-shadow: 0 12px 40px rgb(0 0 0 / .28); overflow: hidden; }
  dialog[open] { display: flex; flex-direction: column; }
  dialog::backdrop { background: rgb(10 14 20 / .45); }
  dialog header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: 12px 16px;
    border-bottom: 1px solid var(--hs-hairline); }
  dialog h2 { font-size: 1rem; margin: 0; }
  dialog .body { padding: 14px 16px; overflow: auto; }
`;
