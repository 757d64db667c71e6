/** HTML as text: escaping, elements, and tables. */

/** Text made safe inside an element or an attribute. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

/** A list, one item a line of text. */
export const bulletList = (lines: readonly string[]): string =>
  `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;

/** A cell of {@link dataTable}: text, or markup with a class or a width in columns. */
export interface Cell {
  readonly html: string;
  readonly className?: string;
  readonly span?: number;
}

/** A cell of plain text. */
export const textCell = (text: string, className?: string): Cell => ({ html: escapeHtml(text), className });

const openTag = (tag: string, { className, span }: Cell) =>
  `<${tag}${className ? ` class="${className}"` : ''}${span ? ` colspan="${span}"` : ''}>`;

/** A table that scrolls by itself where it is wider than the page. */
export function dataTable(
  headings: readonly Cell[],
  rows: readonly { readonly cells: readonly Cell[]; readonly className?: string }[],
): string {
  const head = headings.map((cell) => `${openTag('th', cell)}${cell.html}</th>`).join('');
  const body = rows.map(({ cells, className }) => {
    const inner = cells.map((cell) => `${openTag('td', cell)}${cell.html}</td>`).join('');
    return `<tr${className ? ` class="${className}"` : ''}>${inner}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** A part of the page that opens on a click. */
export const disclosure = (summary: string, html: string): string =>
  `<details><summary>${escapeHtml(summary)}</summary>${html}</details>`;

/** A figure with its caption; `html` is an SVG or an image. */
export const figure = (html: string, caption: string): string =>
  `<figure><div class="scroll">${html}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

/** A titled part of the page; empty where it has no content. */
export const section = (id: string, title: string, html: string): string =>
  html ? `<section id="${id}"><h2>${escapeHtml(title)}</h2>${html}</section>` : '';
