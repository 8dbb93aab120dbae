// Dynamic styles through CSSOM: the page's CSP forbids style attributes, which Lit's styleMap would
// write on first render.

import { Directive, directive, type ElementPart, PartType, type PartInfo } from 'lit/directive.js';
import { nothing } from 'lit';

type Declarations = Record<string, string | number | null>;

class CssDirective extends Directive {
  private applied: Declarations = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('css() stands on an element');
  }

  // The parameter types the calls; the work is done in update().
  override render(...declarations: [Declarations]): unknown { return declarations.length > 0 ? nothing : undefined; }

  override update(part: ElementPart, [declarations]: [Declarations]): unknown {
    const style = (part.element as HTMLElement).style;
    for (const [name, value] of Object.entries(declarations)) {
      if (this.applied[name] === value) continue;
      if (value === null) style.removeProperty(name);
      else style.setProperty(name, String(value));
    }
    for (const name of Object.keys(this.applied)) if (!(name in declarations)) style.removeProperty(name);
    this.applied = { ...declarations };
    return nothing;
  }
}

/** `<div ${css({ width: '3px' })}>` */
export const css$ = directive(CssDirective);
