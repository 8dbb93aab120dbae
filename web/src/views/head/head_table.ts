// The readable equivalent of the lines (key T): the heaviest 100 links, or the pinned tokens'.

import { isOfLayer, QUANTITY_WORDS } from '../../base/quantities';
import { exact4 } from '../../ui/ink';
import { sideTitle } from '../../ui/side_title';
import type { TableData } from '../common/data_table';
import type { Picture } from './head_paint';
import { endName, itemName } from './head_text';

const MOST = 100;

export function edgeTable(p: Picture): TableData {
  const { quantity } = p.settings;
  const { one } = QUANTITY_WORDS[quantity];
  const chosen = p.chosen.slice().reverse().slice(0, MOST);
  const rows = chosen.map((e) => {
    const key = endName(e, p.axes.k, 'q', p.ranges) + (e.k < 0 ? '' : ` (${p.axes.k[e.k]?.first ?? ''})`);
    return [p.series[e.series]?.name ?? '', `${itemName(p.axes.q[e.q])} (${p.axes.q[e.q]?.first ?? ''})`, key, e.weight];
  });
  const what = quantity === 'weight' ? '' : `: ${one}, largest shown ${exact4(p.largest)}`;
  return { caption: `${rows.length} heaviest links drawn${what}`, rows,
           columns: [{ title: isOfLayer(quantity) ? 'Layer' : 'Head' }, { title: sideTitle(p.trace, p.settings.stack, 'q') },
             { title: sideTitle(p.trace, p.settings.stack, 'k') }, { title: one, numeric: true }] };
}
