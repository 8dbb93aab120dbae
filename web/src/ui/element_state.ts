// State of an element that stands alone: its attributes are settings in the link's vocabulary, and its
// own commands change them. Inside the app `settings` is given as a property and the app does both.

import { LitElement, type PropertyValues } from 'lit';
import { runCommand } from '../base/commands';
import { patched } from '../base/commands/build';
import { fitTo } from '../base/fit';
import { parseLink, readSetting, toLink, withoutSetting, type LinkProblem } from '../base/link';
import {
  CommandError, DEFAULT_STATE, type CommandArgs, type CommandDetail, type Facts, type LabelFact, type ViewSettings, type ViewState,
} from '../base/state';
import { sideTokens, type TraceInfo } from '../base/trace_info';

/** Attribute → key of the link. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  heads: 'h', pin: 'p', attention: 'f', stack: 'st', special: 's', renorm: 'r', combine: 'c', quantity: 'qy', threshold: 't', topk: 'k', scale: 'sc',
  words: 'w', density: 'dn', filter: 'lb', sort: 'so', scope: 'sp',
};
const FLAGS = new Set(['renorm', 'words']);
const NO_LABELS: ReadonlyMap<string, LabelFact> = new Map();

interface Asked { signal: AbortSignal; priority: 0 }
/** What an engine may do beside giving tiles. */
interface Able {
  trace?: (id: string, options: Asked) => Promise<TraceInfo>;
  figure?: (trace: string, state: ViewState, format: 'svg', options: Asked) => Promise<{ bytes: Uint8Array }>;
}
const asked = (): Asked => ({ signal: new AbortController().signal, priority: 0 });

export abstract class ElementState extends LitElement {
  declare engine: object | undefined;
  declare trace: TraceInfo | undefined;
  declare settings: ViewSettings;

  /** The element's own state; null as long as `settings` comes from outside. */
  private own: ViewState | null = null;
  private given: ViewSettings | undefined;
  private asking: { id: string; engine: object } | null = null;

  static override get observedAttributes(): string[] { return [...super.observedAttributes, ...Object.keys(ATTRIBUTES), 'trace']; }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    const key = ATTRIBUTES[name];
    if (key === undefined || old === value) return;
    if (value === null) {
      this.amend((state) => withoutSetting(state, key));
      return;
    }
    const text = FLAGS.has(name) ? (value === 'false' || value === '0' ? '0' : '1') : value;
    const read = readSetting(key, text);
    if ('expected' in read) this.refuse(`${name}="${value}"; expected ${read.expected}.`);
    else this.amend((state) => ({ ...state, ...read, ...(read.filter ? { filter: { ...state.filter, ...read.filter } } : {}) }));
  }

  /** A link (#hs=1&…), or some settings; events say what changed. */
  setState(state: string | Partial<ViewState>): void {
    if (typeof state !== 'string') {
      this.amend((held) => patched(held, state), 'set');
      return;
    }
    const parsed = parseLink(state);
    parsed.problems.forEach((p: LinkProblem) => { this.refuse(`${p.key} ‘${p.value}’; expected ${p.expected}.`); });
    this.amend((held) => patched(held, parsed.state), 'set');
  }

  /** The picture as SVG, drawn by the core. */
  async exportFigure(): Promise<Uint8Array> {
    const draw = (this.engine as Able | undefined)?.figure;
    if (!draw || !this.trace) throw new CommandError('HS-CAP-01', 'Figures need a trace and an engine that draws them.');
    return (await draw.call(this.engine, this.trace.id, { ...DEFAULT_STATE, ...this.settings }, 'svg', asked())).bytes;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    // Settings that this element did not make itself are somebody else's: they are obeyed, never changed here.
    if (changed.has('settings') && this.settings !== this.given && this.hasUpdated) this.own = null;
    if ((changed.has('trace') || changed.has('settings')) && this.own && this.trace) this.give(fitTo(this.trace, this.own).state);
    this.askTrace();
  }

  /** The trace that the attribute names, of the engine that is there. */
  private askTrace(): void {
    const id = this.getAttribute('trace');
    const { engine } = this;
    const describe = (engine as Able | undefined)?.trace;
    if (!id || !engine || !describe || this.trace?.id === id || (this.asking?.id === id && this.asking.engine === engine)) return;
    const asking = (this.asking = { id, engine });
    describe.call(engine, id, asked()).then((trace) => {
      if (this.asking === asking) this.trace = trace;
    }, (error: unknown) => {
      if (this.asking === asking) this.tell('hs-error',
        { code: (error as { code?: string }).code ?? 'HS-BUG-01', message: String((error as Error).message) });
    });
  }

  /** Asks to be obeyed from outside first; without anybody there, the element obeys itself. */
  protected command(id: string, args: CommandArgs = {}): void {
    const event = new CustomEvent<CommandDetail>('hs-command', { detail: { id, args }, bubbles: true, composed: true, cancelable: true });
    this.dispatchEvent(event);
    const { own } = this;
    if (!own || event.defaultPrevented) return;
    try {
      const { state } = runCommand(id, own, this.facts(), args);
      this.amend(() => state, id);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.tell('hs-error', { code: error.code, message: error.message });
    }
  }

  private facts(): Facts { return { trace: this.trace ?? null, labels: NO_LABELS, can: () => 'This element shows a trace; it runs nothing.' }; }

  private amend(change: (state: ViewState) => ViewState, command = ''): void {
    const before = this.own ?? { ...DEFAULT_STATE, ...this.settings };
    const wanted = change(before);
    this.give(this.trace ? fitTo(this.trace, wanted).state : wanted);
    if (command !== '') this.announce(before, command);
  }

  private give(state: ViewState): void {
    this.own = state;
    this.given = state;
    this.settings = state;
  }

  private announce(before: ViewState, command: string): void {
    const { own } = this;
    if (!own || own === before) return;
    this.tell('hs-state', { state: toLink(own, this.trace?.id ?? ''), command });
    if (own.heads !== before.heads) this.tell('hs-select', { heads: own.heads });
    if (own.pins !== before.pins) this.tell('hs-pin', pinDetail(own, this.trace));
  }

  private refuse(what: string): void { this.tell('hs-error', { code: 'HS-LINK-01', message: what }); }

  private tell(type: string, detail: unknown): void { this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true })); }
}

export interface PinDetail { pins: readonly string[]; side: string | null; index: number | null; token: string | null }

/** Detail of hs-pin: the last pin, and all of them. */
export function pinDetail(state: ViewState, trace: TraceInfo | null | undefined): PinDetail {
  const last = state.pins[state.pins.length - 1];
  const side = last === undefined ? null : last.charAt(0);
  const index = last === undefined ? null : Number(last.slice(1));
  const token = trace && index !== null ? sideTokens(trace, state.stack, side === 'k' ? 'k' : 'q').tokens[index] ?? null : null;
  return { pins: state.pins, side, index, token };
}
