import { describe, expect, it } from 'vitest';
import { tableText } from './data_table';

describe('a table on the clipboard', () => {
  it('has tabs, nine digits and no line breaks inside a cell', () => {
    expect(tableText({ caption: '', columns: [{ title: 'Key' }, { title: 'Weight', numeric: true }], rows: [['a\tb\n', Math.fround(0.1)], ['c', 1]] }))
      .toBe('Key\tWeight\na b \t0.100000001\nc\t1');
  });
});
