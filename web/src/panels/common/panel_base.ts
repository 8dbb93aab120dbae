// What all panels share: inputs and the one event. A panel never changes its own settings: it sends
// hs-command (a command of base/commands.ts by its id) and shows what it is given.
// `settings` is the whole ViewState; panels read fields that pictures do not have.

import { DEFAULT_STATE, type Capability, type Scope, type ViewState } from '../../base/state';
import { isCausal, stackOf, type StackInfo } from '../../base/trace_info';
import type { Engine } from '../../api/engine';
import { NOT_ABLE } from '../../base/words/common';
import { ElementState } from '../../ui/element_state';
import type { RampTheme } from '../../ui/ramps';
import { byName, evidenceKey, NO_EVIDENCE, type EvidenceMap, type HeadEvidence, type HeadSummary } from './summary';

/** true, or why not. A capability that is not named is missing. */
export type Capabilities = Readonly<Partial<Record<Capability, true | string>>>;

/** What panels ask of an engine. */
export type PanelEngine = Pick<Engine, 'tiles' | 'row' | 'predict' | 'corpus' | 'link' | 'compare'>;

export abstract class PanelBase extends ElementState {
  static override properties: Record<string, object> = {
    engine: { attribute: false }, trace: { attribute: false }, summaries: { attribute: false }, settings: { attribute: false },
    theme: { reflect: true }, capabilities: { attribute: false }, evidence: { attribute: false },
  };

  declare engine: PanelEngine | undefined;
  /** Of the current input; null while they are computed. */
  declare summaries: readonly HeadSummary[] | null;
  declare settings: ViewState;
  declare theme: RampTheme;
  declare capabilities: Capabilities;
  /** Of the heads that were asked for; the app asks for those that are selected or pointed at. */
  declare evidence: EvidenceMap;

  constructor() {
    super();
    this.summaries = null;
    this.settings = DEFAULT_STATE;
    this.theme = 'light';
    this.capabilities = {};
    this.evidence = NO_EVIDENCE;
  }

  protected get stack(): StackInfo | undefined { return this.trace ? stackOf(this.trace, this.settings.stack) : undefined; }
  protected get causal(): boolean { return this.stack ? isCausal(this.stack) : false; }

  private named: { from: unknown; map: Map<string, HeadSummary> } = { from: undefined, map: new Map() };
  /** Made once for a list of summaries, not once a drawing. */
  protected summaryOf(name: string): HeadSummary | undefined {
    if (this.named.from !== this.summaries) this.named = { from: this.summaries, map: byName(this.summaries) };
    return this.named.map.get(name);
  }

  protected evidenceOf(name: string, scope: Scope = this.settings.scope): HeadEvidence | undefined { return this.evidence.get(evidenceKey(scope, name)); }

  /** true, or the reason why a control stays visible but does nothing. */
  protected can(capability: Capability): true | string {
    return this.capabilities[capability] ?? NOT_ABLE[capability];
  }

  protected emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
