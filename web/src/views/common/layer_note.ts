import { ruleWords } from '../../base/layer_rule';
import { isBlock, parseHead, ruleOf, stackOf, type TraceInfo } from '../../base/trace_info';
import type { ViewSettings } from '../../ui/types';

/** What sets the drawn layer apart from plain attention; of heads of several layers nothing is said. */
export function layerNote(trace: TraceInfo | undefined, s: ViewSettings): string {
  const layers = new Set(s.heads.map((h) => parseHead(h)?.layer ?? -1));
  const [layer] = layers;
  if (!trace || layers.size !== 1 || layer === undefined || isBlock(trace, s.stack)) return '';
  return ruleWords(ruleOf(stackOf(trace, s.stack), layer));
}
