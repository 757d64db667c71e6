/** `table.tex`: the table of a study as a LaTeX tabular, to be taken in with `\input`. */
import type { StudyResults } from '../study/results.js';
import { studyTable, type TableRow, tableNotes, tiedMark } from './table.js';

const replacements: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '%': '\\%',
  '&': '\\&',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
  '–': '--',
  '“': '``',
  '”': "''",
  '≥': '$\\geq$',
  '±': '$\\pm$',
  '−': '$-$',
  '·': '$\\cdot$',
  '×': '$\\times$',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  [tiedMark]: '$\\bullet$',
};

/** Text that LaTeX sets as it stands; characters outside Latin-1 that it has no name for become `?`. */
export const escapeTex = (text: string): string =>
  Array.from(text, (character) => replacements[character] ?? (character > 'ÿ' ? '?' : character)).join('');

/**
 * The text of `table.tex`: a `tabular` with the rules of booktabs and comments that say what it shows. An interval is set
 * small behind its mean; an arm without a number has its cause across the row.
 *
 * @example \usepackage{booktabs,graphicx} … \begin{table}\resizebox{\linewidth}{!}{\input{table.tex}}\end{table}
 */
export function latexTable(results: StudyResults): string {
  const table = studyTable(results, 'full');
  const columns = table.headings.length;
  const cell = (text: string) => escapeTex(text).replace(/ (\[.*\])$/, ' {\\scriptsize$1}');
  const line = ({ names, cells, failure }: TableRow) => {
    const numbers =
      failure === undefined
        ? cells.map(cell)
        : [`\\multicolumn{${columns}}{l}{\\emph{${escapeTex(failure)}}}`];
    return `${[...names.map(escapeTex), ...numbers].join(' & ')} \\\\`;
  };
  // A heading of two lines keeps its column narrow.
  const heading = (lines: readonly string[]) =>
    lines.length > 1 ? `\\shortstack[r]{${lines.map(escapeTex).join('\\\\')}}` : escapeTex(lines[0]);
  const headings = [...table.nameHeadings.map(escapeTex), ...table.headings.map(heading)];
  return [
    `% Study ${results.study}. Needs \\usepackage{booktabs}; to fit a page, \\resizebox of \\usepackage{graphicx}.`,
    ...tableNotes(results, 'full').map((note) => `% ${note}`),
    `\\begin{tabular}{${'l'.repeat(table.nameHeadings.length)}${'r'.repeat(columns)}}`,
    '\\toprule',
    `${headings.join(' & ')} \\\\`,
    '\\midrule',
    ...table.arms.map(line),
    ...(table.controls.length > 0 ? ['\\midrule', ...table.controls.map(line)] : []),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}
