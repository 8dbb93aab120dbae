// <headscope-token-menu>: what can be done with a token. It stands beside the views, listens to
// their hs-token-menu {side, token, x, y} on its root, and gives the focus back when it closes.

import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { define } from '../../ui/define';
import { css$ } from '../../ui/css_directive';
import { PanelBase } from '../common/panel_base';
import { panelStyles } from '../common/panel_styles';
import { menuItems, type MenuItem, type TokenRef } from './menu_items';
import { T } from '../../base/words/menu';

export interface TokenMenuDetail extends TokenRef { x: number; y: number }

const WIDTH = 190;
const ROW = 28;

export class TokenMenu extends PanelBase {
  static override properties = { ...PanelBase.properties, at: { state: true } };
  declare at: TokenMenuDetail | null;
  private earlier: HTMLElement | null = null;
  private root: Node | undefined;
  private readonly heard = (e: Event): void => { this.open((e as CustomEvent<TokenMenuDetail>).detail); };
  private readonly outside = (e: Event): void => { if (!e.composedPath().includes(this)) this.close(false); };

  constructor() {
    super();
    this.at = null;
  }

  static override styles = [panelStyles, css`
    [role='menu'] { position: fixed; inset: auto; margin: 0; color: inherit; width: ${WIDTH}px; padding: 4px; background: var(--hs-raised, #fff);
      border: 1px solid var(--hs-border, #7a8594); border-radius: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / .22); }
    button { display: block; width: 100%; min-height: ${ROW}px; border: 0; background: none; text-align: start; padding: 2px 10px;
      border-radius: 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    button:focus-visible { outline-offset: -2px; }
    button:hover, button:focus-visible { background: var(--hs-hover, #e8ecf1); }
  `];

  override connectedCallback(): void {
    super.connectedCallback();
    this.root = this.getRootNode();
    this.root.addEventListener('hs-token-menu', this.heard);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.root?.removeEventListener('hs-token-menu', this.heard);
    this.close(false);
  }

  open(detail: TokenMenuDetail): void {
    if (this.at === null) this.earlier = deepFocus();
    this.at = detail;
    document.addEventListener('pointerdown', this.outside, true);
    window.addEventListener('blur', this.outside);
  }

  private close(giveBack: boolean): void {
    this.at = null;
    document.removeEventListener('pointerdown', this.outside, true);
    window.removeEventListener('blur', this.outside);
    if (giveBack) this.earlier?.focus();
    this.earlier = null;
  }

  private items(): MenuItem[] {
    return this.at && this.trace ? menuItems(this.trace, this.settings, this.at, { run: this.can('run'), corpus: this.can('corpus') }) : [];
  }

  override render(): TemplateResult | typeof nothing {
    const items = this.items();
    if (!this.at || items.length === 0) return nothing;
    const x = Math.max(4, Math.min(this.at.x, window.innerWidth - WIDTH - 4));
    const y = Math.max(4, Math.min(this.at.y, window.innerHeight - items.length * ROW - 14));
    return html`<div role="menu" popover="manual" aria-label=${T.menu} data-testid="token-menu" ${css$({ left: `${x}px`, top: `${y}px` })}
      @keydown=${(e: KeyboardEvent) => { this.key(e); }} @contextmenu=${(e: Event) => { e.preventDefault(); }}>
      ${items.map((item) => html`<button type="button" role="menuitem" tabindex="-1" data-testid="token-menu-${item.id}"
        aria-disabled=${item.enabled === true ? nothing : 'true'} title=${item.enabled === true ? nothing : item.enabled}
        @click=${() => { this.act(item); }}><bdi>${item.text}</bdi>${item.enabled === true ? nothing
        : html`<span class="hidden">. ${item.enabled}</span>`}</button>`)}</div>`;
  }

  private act(item: MenuItem): void {
    if (item.enabled !== true) return;
    this.close(true);
    const { action } = item;
    if ('command' in action) this.command(action.command.id, action.command.args);
    else void navigator.clipboard.writeText(action.copy);
  }

  private key(event: KeyboardEvent): void {
    const all = [...this.renderRoot.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = all.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.close(true);
    else if (/^\S$/u.test(event.key)) {
      const letter = event.key.toLowerCase();
      [...all.slice(at + 1), ...all].find((b) => b.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('at') || !this.at) return;
    // In the top layer: no ancestor of somebody else's page cuts it off or moves it.
    this.renderRoot.querySelector<HTMLElement>('[role=menu]')?.showPopover();
    this.renderRoot.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }
}
define('headscope-token-menu', TokenMenu);

/** The element that really has the focus, through shadow roots. */
function deepFocus(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element as HTMLElement | null;
}
