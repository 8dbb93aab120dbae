// Defines an element once a page: a second bundle of headscope on it (two notebook widgets, say) finds
// the first one's elements and uses them, where customElements.define would throw.

export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
