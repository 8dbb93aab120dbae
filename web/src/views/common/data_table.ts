// The numbers of a picture as a table (key T): columns that sort, and a copy as tab-separated text with
// nine digits, enough to read the same float32 back.

import { LitElement, css, html, type TemplateResult } from 'lit';
import { V } from '../../base/words/views';
import { define } from '../../ui/define';
import { exact4, exact9 } from '../../ui/ink';
import { ownTheme } from '../../ui/own_theme';

export interface TableColumn { title: string; numeric?: boolean }
export interface TableData {
  caption: string;
  columns: readonly TableColumn[];
  /** A cell is a text, or a number that is shown with 4 digits and copied with 9. */
  rows: readonly (readonly (string | number)[])[];
}

/** Tab-separated, in the order of the rows. */
export function tableText(data: TableData): string {
  const cell = (v: string | number): string => (typeof v === 'number' ? exact9(v) : v.replace(/[\t\n\r]/g, ' '));
  return [data.columns.map((c) => c.title), ...data.rows.map((row) => row.map(cell))].map((line) => line.join('\t')).join('\n');
}

export class DataTable extends LitElement {
  static override properties = { data: { attribute: false }, theme: { reflect: true }, by: { state: true } };
  static override styles = [ownTheme, css`
    :host { display: block; color: var(--_text); font: 13px/1.35 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
    table { border-collapse: collapse; }
    caption { text-align: start; padding: 4px 0; font-weight: 600; }
    th, td { padding: 2px 12px 2px 0; text-align: start; border-bottom: 1px solid var(--_hairline); height: 24px; white-space: nowrap; }
    .n { text-align: end; }
    button { font: inherit; font-size: 12px; min-height: 24px; color: inherit; background: var(--_bg); border: 1px solid var(--_border); border-radius: 4px;
      padding: 2px 8px; cursor: pointer; }
    th button { border: 0; font-weight: 600; padding: 2px 0; }
    :focus-visible { outline: 2px solid var(--_focus); outline-offset: 2px; }
  `];
  declare data: TableData | undefined;
  declare theme: 'light' | 'dark';
  /** Column that sorts, and whether downwards; null = as given. */
  declare by: { column: number; down: boolean } | null;

  constructor() {
    super();
    this.theme = 'light';
    this.by = null;
  }

  private sorted(data: TableData): TableData['rows'] {
    const { by } = this;
    if (!by) return data.rows;
    const order = (a: string | number | undefined, b: string | number | undefined): number =>
      (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true }));
    return [...data.rows].sort((a, b) => order(a[by.column], b[by.column]) * (by.down ? -1 : 1));
  }

  private sort(column: number): void {
    const numeric = this.data?.columns[column]?.numeric ?? false;
    this.by = this.by?.column === column ? { column, down: !this.by.down } : { column, down: numeric };
  }

  private copy(data: TableData): void {
    void navigator.clipboard.writeText(tableText({ ...data, rows: this.sorted(data) }));
  }

  override render(): TemplateResult {
    const { data, by } = this;
    if (!data) return html``;
    const direction = (i: number): 'ascending' | 'descending' | 'none' => (by?.column === i ? (by.down ? 'descending' : 'ascending') : 'none');
    return html`<button @click=${() => { this.copy(data); }}>${V.copyTable}</button>
      <button data-testid="close-table" @click=${() => { this.dispatchEvent(new Event('close')); }}>${V.closeTable}</button>
      <table data-testid="table"><caption>${data.caption}</caption>
        <thead><tr>${data.columns.map((c, i) => html`<th scope="col" class=${c.numeric ? 'n' : ''} aria-sort=${direction(i)}>
          <button @click=${() => { this.sort(i); }}>${c.title}<span
            aria-hidden="true">${{ ascending: ' ↑', descending: ' ↓', none: '' }[direction(i)]}</span></button></th>`)}</tr></thead>
        <tbody>${this.sorted(data).map((row) => html`<tr>${row.map((v) => (typeof v === 'number'
          ? html`<td class="n" data-value=${exact9(v)}>${exact4(v)}</td>` : html`<td><bdi dir="auto">${v}</bdi></td>`))}</tr>`)}</tbody></table>`;
  }
}
define('headscope-data-table', DataTable);
